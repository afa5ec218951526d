"""The Debian package in fresh systems: mail goes out at every stage of its life, and after it nothing is left."""

from __future__ import annotations

import os
import stat
import subprocess
import time
import tomllib

import pytest

from helper.version import VERSION
from tests.packages.conftest import CHECKOUT, OLD_VERSION, PASSWORD, USER
from tests.packages.system import ENVIRONMENT, System, copy_of_the_tree

MESSAGE = b"From: alice\nTo: bob@x.example\nSubject: from a package\n\nhello\n"
LAUNCHER = "/usr/libexec/gatepost/launcher"
CODE = "/usr/lib/gatepost"
CRON_S = 75


def send_through(system: System, host) -> None:
    """Send as an ordinary user, who is told nothing, and see it arrive with the password."""
    before = len(host.messages)
    done = system.send(MESSAGE, "-t")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert len(host.messages) == before + 1
    assert host.messages[-1].addresses == [b"bob@x.example"]
    assert host.messages[-1].reverse_path == b"alice@ws1.example.net"
    assert host.sessions[-1].tls and host.sessions[-1].identity


def test_a_fresh_system_sends_after_one_command(fresh_copy, package, host, answers):
    system = fresh_copy
    system.answer(answers)
    system.install(package)
    send_through(system, host)
    expected = {
        "/usr/sbin/sendmail": "root:root 755",
        LAUNCHER: "mailuser:mailuser 6755",
        "/etc/gatepost": "root:root 755",
        "/etc/gatepost/gatepost.toml": "root:mailuser 640",
        "/etc/gatepost/secrets": "root:mailuser 750",
        "/etc/gatepost/secrets/relay.password": "root:mailuser 640",
    }
    assert {path: system.stat(path) for path in expected} == expected
    for other in ("/usr/lib/sendmail", "/usr/bin/mailq", "/usr/bin/newaliases"):
        assert system.must("readlink", "-f", other).strip() == "/usr/sbin/sendmail"
    assert system.must("sendmail", "--version").startswith(f"Gatepost {VERSION}")
    checked = system.run("gatepost", "check")
    assert checked.returncode == 0, checked.stdout.decode()


def test_the_password_is_kept_in_its_file_alone(system, package, host, answers):
    system.answer(answers)
    told = system.install(package)
    assert PASSWORD not in told
    found = system.run("grep", "-rlF", PASSWORD, "/etc", "/var", "/usr/share", "/tmp", "/root").stdout.decode()
    assert found.split() == ["/etc/gatepost/secrets/relay.password"]
    for path in ("/etc/gatepost/gatepost.toml", "/etc/gatepost/secrets/relay.password", "/etc/gatepost/secrets"):
        assert system.run("cat", path, user="alice").returncode != 0


@pytest.mark.parametrize(
    ("more", "written"),
    [
        ({"user": "me@gmail.example"}, '"*" = "me@gmail.example"'),
        ({"user": "me@gmail.example", "sender": "us@gmail.example"}, '"*" = "us@gmail.example"'),
        ({"user": "ws1"}, None),
    ],
    ids=["the address that logs in", "another address", "no address"],
)
def test_who_logs_in_with_an_address_is_the_sender_of_all_mail(system, package, answers, more, written):
    system.answer(answers | more)
    system.install(package)
    text = (system.root / "etc/gatepost/gatepost.toml").read_text()
    assert (f"[rewrite]\n{written}\n" in text) if written else ("[rewrite]" not in text)
    assert "\nqualify_domain" not in text
    assert system.run("gatepost", "check").returncode == 0


def test_the_code_is_compiled_for_the_systems_python(system, package):
    system.install(package)
    sources = {path.stem for path in (system.root / CODE[1:]).rglob("*.py")}
    compiled = {path.name.split(".")[0] for path in (system.root / CODE[1:]).rglob("*.pyc")}
    assert compiled == sources
    assert list((system.root / CODE[1:] / "helper").glob("helper.*.bundle"))
    system.must("/usr/share/python3/runtime.d/gatepost.rtupdate", "rtupdate", "python3.11", "python3.12")
    assert len(list((system.root / CODE[1:]).rglob("*.pyc"))) > len(compiled)
    assert not (system.root / f"{CODE[1:]}.new").exists()


def test_an_upgrade_stops_no_mail_and_changes_no_configuration(system, old_package, package, host, answers):
    system.answer(answers)
    system.install(old_package)
    assert OLD_VERSION in system.must("sendmail", "--version")
    send_through(system, host)
    configuration = system.root / "etc/gatepost/gatepost.toml"
    configuration.write_text(configuration.read_text() + "# mine\n")
    kept = system.root / "home/alice/launcher"
    os.link(system.root / LAUNCHER[1:], kept)

    system.must("dpkg", "--unpack", system.bring(package))
    assert system.stat(LAUNCHER) == "mailuser:mailuser 6755"
    assert not stat.S_IMODE(kept.stat().st_mode) & 0o6000, "an old launcher kept by a hard link keeps its bits"
    send_through(system, host)
    system.must("dpkg", "--configure", "gatepost")
    send_through(system, host)
    assert VERSION in system.must("sendmail", "--version")
    assert system.stat(LAUNCHER) == "mailuser:mailuser 6755"
    assert system.stat("/etc/gatepost/gatepost.toml") == "root:mailuser 640"
    assert configuration.read_text().endswith("# mine\n")


def test_the_administrators_owner_and_mode_outlive_an_upgrade(system, old_package, package, host, answers):
    system.answer(answers)
    system.install(old_package)
    system.must("dpkg-statoverride", "--force-all", "--update", "--add", "root", "mailuser", "2755", LAUNCHER)
    system.install(package)
    assert system.stat(LAUNCHER) == "root:mailuser 2755"
    send_through(system, host)


def test_an_owner_and_mode_that_were_changed_by_hand_outlive_an_upgrade(system, old_package, package, host, answers):
    system.answer(answers)
    system.install(old_package)
    system.must("chown", "root:mailuser", LAUNCHER)
    system.must("chmod", "2755", LAUNCHER)
    system.install(package)
    assert system.stat(LAUNCHER) == "root:mailuser 2755"
    send_through(system, host)


def test_removed_it_can_come_back_and_purged_nothing_is_left(system, package, host, answers):
    before = everything(system)
    system.answer(answers)
    system.install(package)
    send_through(system, host)

    system.must("apt-get", "remove", "-q", "-y", "gatepost")
    assert not (system.root / "usr/sbin/sendmail").exists()
    assert not (system.root / CODE[1:]).exists()
    assert (system.root / "etc/gatepost/gatepost.toml").exists()
    system.install(package)
    send_through(system, host)

    system.must("apt-get", "purge", "-q", "-y", "gatepost")
    left = everything(system) - before
    assert [path for path in left if "gatepost" in path] == []
    assert system.run("dpkg-statoverride", "--list").stdout == b""
    accounts = system.must("getent", "passwd") + system.must("getent", "group")
    assert "mailuser" not in accounts and "mailnull" not in accounts
    assert "gatepost" not in system.must("sh", "-c", "cat /var/cache/debconf/*.dat")

    system.answer(answers)
    system.install(package)
    send_through(system, host)


def everything(system: System) -> set[str]:
    """Return every path of the system's, but for what apt and dpkg say of what there was."""
    found = system.must("find", "/", "-xdev", "-path", "/proc", "-prune", "-o", "-print")
    return {path for path in found.splitlines() if not path.startswith(("/root/", "/var/cache/apt", "/var/log"))}


def test_an_account_that_another_file_needs_outlives_the_package(system, package):
    system.install(package)
    system.must("dpkg-statoverride", "--add", "mailuser", "root", "0600", "/var/log/gatepost.log")
    system.must("apt-get", "purge", "-q", "-y", "gatepost")
    assert system.run("getent", "passwd", "mailuser").returncode == 0
    assert system.run("getent", "passwd", "mailnull").returncode != 0
    system.must("apt-get", "check")


def test_without_answers_it_installs_and_says_what_to_write(system, package):
    told = system.install(package)
    assert "now name your smart host in /etc/gatepost/gatepost.toml" in told
    assert system.stat("/etc/gatepost/gatepost.toml") == "root:mailuser 640"
    done = system.send(MESSAGE, "-t")
    assert done.returncode == 1
    assert done.stderr.startswith(b"sendmail: not sent: ")


def test_an_existing_configuration_is_not_asked_about_and_not_changed(system, package, host, answers):
    folder = system.root / "etc/gatepost"
    folder.mkdir()
    (folder / "gatepost.toml").write_text("# mine\n")
    system.answer(answers)
    system.install(package)
    assert (folder / "gatepost.toml").read_text() == "# mine\n"
    assert not (folder / "secrets/relay.password").exists()
    assert PASSWORD not in system.must("sh", "-c", "cat /var/cache/debconf/*.dat*")


CONFIGURATION = "etc/gatepost/gatepost.toml"


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({"smarthost": "a.example"}, ["a.example", 587, None]),
        ({"smarthost": "a.example:465"}, ["a.example", 465, "implicit"]),
        ({"smarthost": " a.example:submissions "}, ["a.example", 465, "implicit"]),
        ({"smarthost": "mx1.a.example:25"}, ["mx1.a.example", 25, None]),
        ({"smarthost": "a.example", "port": " 2525 "}, ["a.example", 2525, None]),
        ({"smarthost": "a.example", "port": "smtps"}, ["a.example", 465, "implicit"]),
        ({"smarthost": "2001:db8::1"}, ["[2001:db8::1]", 587, None]),
        ({"smarthost": "[2001:db8::1]:465"}, ["[2001:db8::1]", 465, "implicit"]),
        ({"smarthost": "[2001:db8::1]"}, ["[2001:db8::1]", 587, None]),
        ({"smarthost": "mx:a.example:2525"}, ["mx:a.example", 2525, None]),
        ({"smarthost": "srv:a.example"}, ["srv:a.example", None, None]),
        ({"smarthost": "a.example", "port": "58 7"}, "58 7"),
        ({"smarthost": "a.example", "port": "0"}, "port"),
        ({"smarthost": "a.example", "port": "65536"}, "65536"),
        ({"smarthost": "a.example", "port": "imaps"}, "imaps"),
        ({"smarthost": "a.example:58x7"}, "58x7"),
        ({"smarthost": "a.example:"}, "a.example:"),
        ({"smarthost": "smtps://a.example"}, "smtps://a.example"),
        ({"smarthost": "a.example b.example"}, "a.example b.example"),
        ({"smarthost": "2001:db8::1::2"}, "2001:db8::1::2"),
    ],
    ids=str,
)
def test_the_smart_host_and_its_port_are_what_was_answered_or_refused(purged, package, given, written):
    system = purged
    system.answer(given)
    told = system.install(package)
    found = tomllib.loads((system.root / CONFIGURATION).read_text())["transports"]["relay"]
    if isinstance(written, str):
        assert f"{written}" in told and "sudo dpkg-reconfigure gatepost" in told
        assert found["hosts"] == ["smtp.example.net:587"], "the example stays"
    else:
        assert [found["hosts"][0], found.get("port"), found.get("tls")] == written


@pytest.mark.parametrize(
    "text",
    [
        'a"b',
        "a\\b",
        "\\a\\\\b",
        "\\n",
        "#a # b",
        "'a'",
        "$HOME `id` $(id)",
        "na\u00efve \u20ac",
        "a  b",
        "%s%n",
        "-n",
        "*",
        "yes",
        "{a}",
    ],
)
def test_user_and_password_come_through_exactly(purged, package, text):
    system = purged
    system.answer({"smarthost": "a.example", "user": f"u{text}", "password": text})
    system.install(package)
    found = tomllib.loads((system.root / CONFIGURATION).read_text())["transports"]["relay"]
    assert found["auth"]["user"] == f"u{text}"
    assert (system.root / "etc/gatepost/secrets/relay.password").read_text() == f"{text}\n"
    assert "Name: gatepost/password" in system.must("cat", "/var/cache/debconf/passwords.dat")
    assert f"Value: {text}" not in system.must("cat", "/var/cache/debconf/passwords.dat")


def reconfigure(system: System, answers: dict[str, object]) -> str:
    """Answer again, as dpkg-reconfigure does with a frontend that takes what is there."""
    system.answer(answers)
    done = system.run("dpkg-reconfigure", "-fnoninteractive", "gatepost")
    assert done.returncode == 0, done.stderr.decode()
    return done.stderr.decode()


def test_dpkg_reconfigure_changes_what_it_asks_and_keeps_what_was_edited(purged, package):
    system = purged
    first = {"smarthost": "a.example", "port": "587", "user": "u", "password": "one", "mailname": "a.b.example"}
    system.answer(first)
    system.install(package)
    file, secret = system.root / CONFIGURATION, system.root / "etc/gatepost/secrets/relay.password"
    file.write_text(file.read_text() + "# mine\n")

    told = reconfigure(system, first | {"smarthost": "b.example:465", "user": "me@b.example", "password": "two"})
    found = tomllib.loads(file.read_text())
    assert found["transports"]["relay"]["hosts"] == ["b.example"]
    assert found["transports"]["relay"]["tls"] == "implicit"
    assert found["rewrite"] == {"*": "me@b.example"}
    assert "# mine" in file.read_text() and secret.read_text() == "two\n"
    assert "edited by hand" not in told
    assert system.stat(f"/{CONFIGURATION}") == "root:mailuser 640"

    reconfigure(system, first | {"smarthost": "b.example", "port": "2525", "password": "", "mailname": "c.example"})
    assert tomllib.loads(file.read_text())["transports"]["relay"]["port"] == 2525
    assert secret.read_text() == "two\n", "an empty answer keeps the password"
    assert (system.root / "etc/mailname").read_text() == "a.b.example\n", "what stands there is the first answer"

    edited = file.read_text().replace("port = 2525", "port = 2526")
    file.write_text(edited)
    told = reconfigure(system, first | {"smarthost": "c.example", "setgid": "true"})
    assert file.read_text() == edited
    assert "was edited by hand" in told and 'hosts = ["c.example"]' in told and f"sudo editor /{CONFIGURATION}" in told
    assert "Value: one" not in system.must("cat", "/var/cache/debconf/passwords.dat")


def test_an_ordinary_users_account_of_that_name_stops_the_package_before_it_replaces_a_sendmail(system, package):
    system.must("useradd", "--create-home", "--shell", "/bin/bash", "mailuser")
    (system.root / "usr/sbin/sendmail").write_text("another\n")
    system.answer({"smarthost": "a.example", "user": "u", "password": PASSWORD})
    done = system.run("dpkg", "-i", system.bring(package))
    assert done.returncode != 0
    assert b"the account mailuser is not Gatepost's: its id " in done.stderr
    assert (system.root / "usr/sbin/sendmail").read_text() == "another\n"
    assert not (system.root / LAUNCHER[1:]).exists()
    assert PASSWORD not in system.must("sh", "-c", "cat /var/cache/debconf/*.dat*")


def test_what_autopkgtest_would_run_passes(system, package):
    system.install(package)
    copy_of_the_tree(CHECKOUT, system.root / "root/tree")
    done = system.run("sh", "-c", "cd /root/tree && exec packaging/debian/tests/send")
    assert done.returncode == 0, done.stderr.decode()


def test_crons_mail_to_root_arrives_through_an_alias_until_nothing_is_left(
    fresh_copy, old_package, package, host, answers
):
    """The whole life of it: one command, an upgrade, purge."""
    system = fresh_copy
    before = everything(system)
    system.answer(answers)
    system.install(old_package)
    system.must("apt-get", "install", "-q", "-y", "--no-install-recommends", "cron")
    (system.root / "etc/aliases").write_text("root: admin@example.org\n")
    (system.root / "etc/cron.d/hello").write_text("* * * * * root echo hello from cron\n")
    cron_sends(system, host)
    system.install(package)
    assert VERSION in system.must("sendmail", "--version")
    cron_sends(system, host)

    system.must("apt-get", "purge", "-q", "-y", "gatepost")
    assert [path for path in everything(system) - before if "gatepost" in path] == []
    assert (system.root / "etc/aliases").exists()


def cron_sends(system: System, host) -> None:
    """Run cron until its mail arrives, which it has to within a minute and some seconds."""
    before = len(host.messages)
    with subprocess.Popen(system.words("cron", "-f", user="root"), env=ENVIRONMENT) as cron:
        end = time.monotonic() + CRON_S
        while time.monotonic() < end and len(host.messages) == before:
            time.sleep(0.1)
        cron.kill()
    host.settle()
    assert [message.addresses for message in host.messages[before:]] == [[b"admin@example.org"]]
    assert host.messages[-1].body == b"hello from cron\r\n"
    assert host.sessions[-1].tls and host.sessions[-1].identity == USER

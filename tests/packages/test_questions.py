"""The package's questions, answered on a terminal: what is asked, what is asked again, what is changed by them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.packages.conftest import PASSWORD
from tests.packages.system import HOSTS, System
from tests.packages.terminal import Terminal

CONFIGURATION, SECRET = "etc/gatepost/gatepost.toml", "etc/gatepost/secrets/relay.password"
LAUNCHER = "/usr/libexec/gatepost/launcher"
TELETYPE = {"DEBIAN_FRONTEND": "teletype"}
MAIL_NAME, HOST, PORT = "System mail name: ", "takes this machine's mail: ", "Port of the smart host: "
USER, SECRET_QUESTION, SENDER = "User name at the smart host: ", "Password at the smart host: ", "from this machine: "
SET_GROUP_ID = "set-group-id only\\? "
EDITOR = """#!/bin/sh
sed -i -e 's/^gatepost.mailname=.*/gatepost\\/mailname="ws1.example.net"/' \
    -e 's/^gatepost.smarthost=.*/gatepost\\/smarthost="a.example:submissions"/' \
    -e 's/^gatepost.user=.*/gatepost\\/user="u"/' -e 's/^gatepost.password=.*/gatepost\\/password="typed there"/' "$1"
"""


def install(system: System, package: Path, hostname: str = "ws1", **environment: str) -> Terminal:
    """Install the package on a terminal, on a machine of this name."""
    command = f"hostname {hostname}; exec dpkg -i {system.bring(package)}"
    return Terminal(system, "unshare", "--uts", "sh", "-c", command, environment=TELETYPE | environment)


def answer(terminal: Terminal, *answers: tuple[str, str]) -> str:
    """Answer these questions and no others, and return all that was written."""
    for question, text in answers:
        terminal.expect(question)
        terminal.type(text)
    assert terminal.status() == 0, terminal.written
    return terminal.written


def relay(system: System) -> dict[str, object]:
    return tomllib.loads((system.root / CONFIGURATION).read_text())["transports"]["relay"]


@pytest.fixture
def without_a_name(purged: System) -> System:
    """A system without a mail name."""
    (purged.root / "etc/mailname").unlink(missing_ok=True)
    (purged.root / "etc/hosts").write_text(HOSTS)
    return purged


@pytest.mark.parametrize("hostname", ["ws1", "localhost", "localhost.localdomain", "ws1.localdomain", "ws1.local"])
def test_a_mail_name_that_cannot_be_guessed_is_asked_for(without_a_name, package, hostname):
    (without_a_name.root / "etc/hosts").write_text(f"{HOSTS}127.0.1.1 {hostname}\n")
    answer(install(without_a_name, package, hostname), (MAIL_NAME, "ws1.example.net"), (HOST, ""))
    assert (without_a_name.root / "etc/mailname").read_text() == "ws1.example.net\n"


@pytest.mark.parametrize(("mailname", "expected"), [(None, "ws1.example.net"), ("a.example", "a.example")])
def test_a_mail_name_that_is_known_is_not_asked_for(without_a_name, package, mailname, expected):
    (without_a_name.root / "etc/hosts").write_text(f"{HOSTS}127.0.1.1 ws1.example.net ws1\n")
    if mailname:
        (without_a_name.root / "etc/mailname").write_text(f"{mailname}\n")
    assert MAIL_NAME not in answer(install(without_a_name, package), (HOST, ""))
    assert (without_a_name.root / "etc/mailname").read_text() == f"{expected}\n"


REFUSED: Sequence[tuple[str, str]] = [
    (MAIL_NAME, "ws 1"),
    (MAIL_NAME, "alice@ws1.example.net"),
    (HOST, "smtps://a.example"),
    (HOST, "a.example b.example"),
    (HOST, "a.example:58x7"),
    (HOST, "a.example:"),
    (HOST, "a.example:imaps"),
    (PORT, "58 7"),
    (PORT, "0"),
    (PORT, "65536"),
    (PORT, "imaps"),
]


def test_what_cannot_be_used_is_asked_for_again(without_a_name, package):
    accepted = {MAIL_NAME: "ws1.example.net", HOST: "a.example", PORT: "submissions", USER: "me@a.example"}
    dialogue = [pair for question, good in accepted.items() for pair in (*bad_answers(question), (question, good))]
    written = answer(install(without_a_name, package), *dialogue, (SECRET_QUESTION, PASSWORD), (SENDER, "us@a.example"))
    assert written.count("This answer cannot be used") == len(REFUSED)
    assert relay(without_a_name) == {
        "driver": "smtp",
        "hosts": ["a.example"],
        "port": 465,
        "tls": "implicit",
        "auth": {"user": "me@a.example", "password_file": "relay.password"},
    }
    assert '"*" = "us@a.example"' in (without_a_name.root / CONFIGURATION).read_text()
    assert (without_a_name.root / SECRET).read_text() == f"{PASSWORD}\n"
    assert PASSWORD not in written, "it is not shown"
    assert PASSWORD not in without_a_name.must("sh", "-c", "cat /var/cache/debconf/*.dat*")


def bad_answers(question: str) -> list[tuple[str, str]]:
    return [pair for pair in REFUSED if pair[0] == question]


@pytest.mark.parametrize(
    ("given", "port", "tls"),
    [("a.example:465", 465, "implicit"), ("a.example:SUBMISSION", 587, None), ("[2001:db8::1]:2525", 2525, None)],
)
def test_a_port_that_stands_after_the_name_is_not_asked_for(without_a_name, package, given, port, tls):
    written = answer(install(without_a_name, package), (MAIL_NAME, "ws1.example.net"), (HOST, given), (USER, ""))
    assert PORT not in written
    assert (relay(without_a_name)["port"], relay(without_a_name).get("tls")) == (port, tls)


def test_an_editor_can_answer(without_a_name, package):
    editor = without_a_name.root / "root/editor"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    answer(install(without_a_name, package, DEBIAN_FRONTEND="editor", EDITOR="/root/editor"))
    assert (without_a_name.root / "etc/mailname").read_text() == "ws1.example.net\n"
    assert (relay(without_a_name)["port"], relay(without_a_name)["tls"]) == (465, "implicit")
    assert (without_a_name.root / SECRET).read_text() == "typed there\n"


def reconfigure(system: System, *answers: tuple[str, str]) -> str:
    return answer(Terminal(system, "dpkg-reconfigure", "gatepost", environment=TELETYPE), *answers)


def test_who_is_asked_again_and_answers_as_before_changes_nothing(without_a_name, package):
    system = without_a_name
    system.answer(
        {"smarthost": "a.example", "port": "2525", "user": "u", "password": PASSWORD, "mailname": "b.example"}
    )
    system.must("dpkg", "-i", system.bring(package))
    before = (system.root / CONFIGURATION).read_text()
    first, rest = ((SET_GROUP_ID, "no"), (MAIL_NAME, "b.example")), ((USER, "u"), (SECRET_QUESTION, ""))
    assert "edited by hand" not in reconfigure(system, *first, (HOST, "a.example"), (PORT, "2525"), *rest)
    assert (system.root / CONFIGURATION).read_text() == before
    assert (system.root / SECRET).read_text() == f"{PASSWORD}\n"
    assert system.stat(LAUNCHER) == "mailuser:mailuser 6755"

    edited = before.replace("port = 2525", "port = 2526")
    (system.root / CONFIGURATION).write_text(edited)
    told = reconfigure(system, *first, (HOST, "c.example:465"), *rest)
    assert "was edited by hand" in told and 'hosts = ["c.example"]' in told
    assert (system.root / CONFIGURATION).read_text() == edited


NO_MORE = ((MAIL_NAME, ""), (HOST, ""))


@pytest.mark.parametrize(
    ("reply", "before", "after"),
    [
        ("yes", None, "root:mailuser 2755"),
        ("no", "root mailuser 2755", "mailuser:mailuser 6755"),
        ("yes", "root mailuser 2755", "root:mailuser 2755"),
        ("no", None, "mailuser:mailuser 6755"),
        ("yes", "root root 0755", "root:root 755"),
        ("no", "root mailuser 2750", "root:mailuser 2750"),
    ],
    ids=str,
)
def test_the_launchers_mode_is_what_was_answered_or_set_by_hand(without_a_name, package, reply, before, after):
    system = without_a_name
    system.must("dpkg", "-i", system.bring(package))
    if before:
        system.must("dpkg-statoverride", "--force-all", "--update", "--add", *before.split(), LAUNCHER)
    told = reconfigure(system, (SET_GROUP_ID, reply), *NO_MORE)
    assert system.stat(LAUNCHER) == after
    by_hand = before is not None and before.split()[2] not in ("2755", "6755")
    assert ("as it was set by hand. To change it: sudo dpkg-statoverride" in told) == by_hand
    assert re.fullmatch(r"\S+ \S+ \S+ \S+\n", system.must("dpkg-statoverride", "--list", LAUNCHER))


# What makes the installation fail, and when.
FAILURES = {
    "the directory is a file": "echo in the way >/etc/gatepost",
    "its record cannot be written": "mkdir -p /var/lib && echo in the way >/var/lib/gatepost",
    "no account can be made": "mv /usr/sbin/adduser /usr/sbin/adduser.away",
    "the account is another's": "useradd --create-home --shell /bin/bash mailnull",
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_an_installation_that_fails_leaves_no_password_with_debconf(system, package, failure):
    system.answer({"smarthost": "a.example", "user": "u", "password": PASSWORD})
    system.must("sh", "-c", failure)
    assert system.run("dpkg", "-i", system.bring(package)).returncode != 0
    assert PASSWORD not in system.must("sh", "-c", "cat /var/cache/debconf/*.dat*")


def test_a_package_that_is_removed_before_it_is_configured_leaves_no_password_with_debconf(purged, package):
    purged.answer({"smarthost": "a.example", "user": "u", "password": PASSWORD})
    purged.must("dpkg", "--unpack", purged.bring(package))
    purged.must("dpkg", "--remove", "gatepost")
    assert PASSWORD not in purged.must("sh", "-c", "cat /var/cache/debconf/*.dat*")

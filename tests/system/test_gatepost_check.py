"""`gatepost check`: what is wrong is found before a send finds it, and what is right makes sends faster."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.configuration import value_of
from tests.support.remedies import commands_of, type_in

SUBJECTS = (
    *("accounts", "sendmail", "launcher", "gatepost", "code", "interpreter", "library", "modules", "prctl", "devices"),
    "kernel",
    *("configuration", "compiled", "sandbox", "secrets", "secret", "log"),
)
MESSAGE = b"Subject: checked\n\nhello\n"
HAS_PRCTL = importlib.util.find_spec("prctl") is not None


def check(installation, **options) -> tuple[int, str]:
    done = subprocess.run(
        [installation.prefix / "bin/gatepost", "check"], capture_output=True, text=True, check=False, **options
    )
    assert done.stderr == ""
    # tests/unit/admin/test_prctl_missing.py is about this warning.
    output = done.stdout if HAS_PRCTL else re.sub(r"(?m)^warn   prctl: .*", "ok     prctl: replaced", done.stdout)
    return done.returncode, output


@pytest.fixture
def configured(installation, smarthost):
    """Return an installation with a smart host that wants a password, put back as it was afterwards."""
    host = smarthost(auth={"ws1": "canary-secret"}, allow_plaintext_auth=True)
    installation.configure_relay(host)
    yield installation
    installation.mode(0o6755)
    installation.sysconfdir.joinpath("gatepost.compiled").unlink(missing_ok=True)


@pytest.mark.parametrize("mode", [0o6755, 0o2755])
def test_all_is_well(configured, mode):
    configured.mode(mode)
    status, output = check(configured)
    assert status == 0, output
    lines = [line.split(":")[0] for line in output.splitlines()]
    assert lines == [f"ok     {subject}" for subject in SUBJECTS]
    assert "canary-secret" not in output


def test_programs_are_told_the_same_as_json(configured):
    spoil_secret(configured)
    done = subprocess.run([configured.prefix / "bin/gatepost", "check", "--json"], capture_output=True, check=False)
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert all(sorted(row) == ["remedy", "subject", "text", "verdict"] for row in told)
    assert [row["subject"] for row in told] == list(SUBJECTS)
    (row,) = [row for row in told if row["verdict"] == "wrong"]
    assert (row["subject"], row["remedy"]) == ("secret", f"chmod o-rwx {configured.secrets}/relay.password")
    subprocess.run(row["remedy"], shell=True, check=True)
    assert check(configured)[0] == 0


def spoil_secret(installation):
    (installation.secrets / "relay.password").chmod(0o644)


def spoil_group(installation):
    os.chown(installation.secrets / "relay.password", 0, 0)


def spoil_launcher(installation):
    installation.mode(0o4755)


def spoil_log(installation):
    os.chown(installation.log, 0, 0)
    installation.log.chmod(0o640)


def spoil_configuration(installation):
    with installation.configuration.open("a") as file:
        file.write("colour = 1\n")


def remove_secret(installation):
    (installation.secrets / "relay.password").unlink()


def open_secrets(installation):
    installation.secrets.chmod(0o755)


def close_secrets(installation):
    os.chown(installation.secrets, 0, 0)


def leave_a_copy(installation):
    (installation.secrets / "relay.password~").write_text("canary-secret")


def name_an_authority_that_users_cannot_read(installation):
    authority = installation.sysconfdir / "private-ca.pem"
    authority.write_text("")
    authority.chmod(0o600)
    change_transport(installation, f'tls_ca_file = "{authority}"')


def name_an_authority_of_a_user(installation):
    authority = installation.sysconfdir / "private-ca.pem"
    authority.write_text("")
    os.chown(authority, installation.account("alice").pw_uid, 0)
    change_transport(installation, f'tls_ca_file = "{authority}"')


def change_transport(installation, line):
    text = installation.configuration.read_text().replace('tls = "none"', 'tls = "starttls"')
    installation.configuration.write_text(f"{text}{line}\n")


def name_an_authority_that_is_no_pem(installation):
    authority = installation.sysconfdir / "no-ca.pem"
    authority.write_text("no certificate")
    authority.chmod(0o644)
    change_transport(installation, f'tls_ca_file = "{authority}"')


def name_a_program_that_is_none(installation):
    text = installation.configuration.read_text()
    path = installation.sysconfdir / "ask-for-it"
    path.write_text("#!/bin/sh\necho canary-secret\n")
    installation.configuration.write_text(
        text.replace('password_file = "relay.password"', f'password_command = ["{path}"]')
    )


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_secret, "relay.password: can be read by every user: chmod o-rwx"),
        (spoil_group, "relay.password: cannot be read by"),
        (remove_secret, "relay.password: cannot be read: No such file or directory"),
        (spoil_launcher, "6755, root:"),
        (spoil_log, "gatepost.log: cannot be written by"),
        (spoil_configuration, "transports.relay.colour"),
        (open_secrets, "secrets: every user can enter this directory: chmod 0750"),
        (close_secrets, "cannot enter this directory"),
        (leave_a_copy, "relay.password~: can be read by every user: chmod o-rwx"),
        (name_an_authority_that_users_cannot_read, "private-ca.pem: cannot be read by every user, as sends do"),
        (name_an_authority_of_a_user, "private-ca.pem: must belong to root: chown root"),
        (name_an_authority_that_is_no_pem, "no-ca.pem: contains no certificate in PEM"),
        (name_a_program_that_is_none, "ask-for-it: cannot be executed by"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(configured, spoil, told):
    spoil(configured)
    assert told in only_wrong_line(configured)


def only_wrong_line(installation, **options):
    status, output = check(installation, **options)
    assert status == 1
    wrong = [line for line in output.splitlines() if line.startswith("wrong")]
    assert len(wrong) == 1, output
    assert "canary-secret" not in output
    return wrong[0]


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("sbin/sendmail", lambda path, _: path.chmod(0o4755), "must have no set-id bit: chmod 0755"),
        ("sbin/sendmail", lambda path, _: path.chmod(0o750), "not every user can execute it"),
        ("sbin/sendmail", lambda path, uid: os.chown(path, uid, 0), "must belong to root"),
        ("sbin", lambda path, uid: path.chmod(0o777), "sbin: can be written by users other than root"),
        ("bin/gatepost", lambda path, _: path.chmod(0o775), "can be written by users other than root"),
        ("libexec/gatepost/launcher", lambda path, _: path.unlink(), "make install PREFIX=/opt/gatepost-test-"),
        ("lib/gatepost/helper/version.py", lambda path, uid: os.chown(path, uid, 0), "version.py: must belong to root"),
        (
            "lib/gatepost/helper/smtp",
            lambda path, _: path.chmod(0o775),
            "smtp: can be written by users other than root",
        ),
        ("lib/gatepost/helper/secret.py", lambda path, _: path.chmod(0o600), "not every user can read it: chmod 0644"),
        (
            "lib/gatepost/helper/status.py",
            lambda path, _: path.write_text("SENT = 0"),
            "differs from its compiled copy",
        ),
    ],
)
def test_an_installation_that_is_not_what_it_was_is_told(configured, kept, name, change, told):
    path = configured.prefix / name
    kept(path)
    change(path, configured.account("alice").pw_uid)
    line = only_wrong_line(configured)
    assert told in line
    remedy = line.rpartition(": ")[2]
    assert commands_of(remedy)[0] in ("chmod", "chown", "make")
    if not remedy.startswith("make"):
        type_in(remedy)
        assert check(configured)[0] == 0


@pytest.fixture
def kept(tmp_path):
    """Return what keeps a file or folder of the installation, to be put back with owner and mode after the test."""
    undo = []

    def keep(path):
        status = path.stat()
        copy = None if path.is_dir() else shutil.copyfile(path, tmp_path / path.name)
        undo.append((path, status, copy))

    yield keep
    for path, status, copy in undo:
        if copy is not None:
            shutil.copyfile(copy, path)
        os.chown(path, status.st_uid, status.st_gid)
        path.chmod(status.st_mode & 0o7777)


def test_a_name_that_leads_elsewhere_is_no_fault_but_told(configured):
    (configured.prefix / "bin/mailq").unlink()
    try:
        status, output = check(configured)
        type_in(output.partition("another package owns that name: ")[2].partition("\n")[0])
        mended = os.readlink(configured.prefix / "bin/mailq")
    finally:
        (configured.prefix / "bin/mailq").unlink(missing_ok=True)
        (configured.prefix / "bin/mailq").symlink_to("../sbin/sendmail")
    assert (status, output.count("warn "), mended) == (0, 1, "../sbin/sendmail")
    assert f"warn   sendmail: {configured.prefix}/bin/mailq should link to it" in output


@pytest.mark.parametrize(
    "spoil", [spoil_group, close_secrets, spoil_secret, remove_secret], ids=lambda how: how.__name__
)
def test_a_remedy_works_as_it_is_typed_in(configured, spoil):
    spoil(configured)
    done = subprocess.run([configured.prefix / "bin/gatepost", "check", "--json"], capture_output=True, check=False)
    (remedy,) = [row["remedy"] for row in json.loads(done.stdout) if row["verdict"] == "wrong"]
    subprocess.run(remedy, shell=True, check=True, input=b"canary-secret\n")
    status, output = check(configured)
    assert (status, "wrong" in output) == (0, False), output
    assert configured.send("bob@x.example", stdin=MESSAGE).status == 0


def test_a_password_that_ends_with_a_blank_is_told(configured):
    file = configured.secrets / "relay.password"
    file.write_text("canary-secret \n")
    status, output = check(configured)
    assert (status, output.count("warn ")) == (0, 1), output
    assert f"{file} ends with a blank, which counts as part of the password: sed -i " in output
    subprocess.run(output.partition("password: ")[2].partition("\n")[0], shell=True, check=True)
    assert file.read_text() == "canary-secret\n"
    assert check(configured)[0] == 0


def test_a_bundle_that_is_missing_is_no_fault_but_told(configured):
    (bundle,) = (configured.prefix / "lib/gatepost/helper").glob("helper.*.bundle")
    aside = bundle.rename(bundle.with_suffix(".aside"))
    try:
        status, output = check(configured)
    finally:
        aside.rename(bundle)
    assert (status, output.count("warn ")) == (0, 1), output
    assert f"warn   code: {bundle} is missing" in output


def test_a_launcher_without_its_bit_is_no_fault_but_told(configured):
    """Sends without privilege are a documented way; whoever did not choose it reads what to do."""
    configured.mode(0o755)
    status, output = check(configured)
    assert (status, output.count("warn ")) == (0, 1), output
    service = configured.logins["mail"]
    assert f"warn   launcher: {configured.launcher} has no set-id bit" in output
    assert f"chown {service}:{service} {configured.launcher} && chmod 6755 {configured.launcher}" in output


@pytest.mark.parametrize("kind", ["file", "link"])
def test_another_packages_sendmail_is_told_and_not_made_unfit(configured, kind):
    """Its set-id or set-gid bit is its own: `chmod 0755` would break that package."""
    ours, theirs = configured.sendmail.rename(configured.sendmail.with_suffix(".ours")), configured.root / "exim4"
    shutil.copyfile("/usr/bin/true", theirs)
    theirs.chmod(0o4755)
    if kind == "link":
        configured.sendmail.symlink_to(theirs)
    else:
        theirs.rename(configured.sendmail)
    try:
        line = only_wrong_line(configured)
        command = str(configured.prefix / "bin/gatepost")
        others = [configured.run_as("root", command, *words) for words in (["send-test", "x@x.example"], ["selftest"])]
    finally:
        ours.rename(configured.sendmail)
        theirs.unlink(missing_ok=True)
    taken = "belongs to another package, so mail does not go through Gatepost"
    assert f"{configured.sendmail}" in line
    assert taken in line
    assert line.partition("through Gatepost: ")[2].startswith(
        f"mv {configured.sendmail} {configured.sendmail}.other && make "
    )
    assert "chmod" not in line
    assert [(each.status, each.stdout.count("\n"), taken in each.stdout) for each in others] == 2 * [(1, 1, True)]


def name_command(installation, *command):
    auth = {"user": "ws1", "password_command": list(map(str, command)), "allow_plaintext": True}
    text = installation.configuration.read_text()
    installation.configuration.write_text(re.sub(r"^auth = .*$", f"auth = {value_of(auth)}", text, flags=re.MULTILINE))


def test_a_command_in_which_a_user_has_a_say_is_wrong_and_one_that_hides_it_is_told(configured):
    alice = configured.account("alice")
    script = Path(alice.pw_dir, "x.py")
    script.write_text("print('x')\n")
    os.chown(script, alice.pw_uid, alice.pw_gid)
    name_command(configured, "/usr/bin/python3", script)
    assert f"wrong  command: {script}: must belong to root or {configured.logins['mail']}" in check(configured)[1]
    name_command(configured, "/bin/sh", "-c", f"exec python3 {script}")
    status, output = check(configured)
    assert (status, output.count("warn ")) == (0, 1), output
    assert "warn   command: /bin/sh is given a command line that contains a path" in output
    script.unlink()


@pytest.mark.parametrize(
    ("option", "remedy"), [("nosuid", "mount -o remount,bind,suid "), ("noexec", "mount -o remount,bind,exec ")]
)
def test_a_file_system_on_which_the_launcher_has_no_effect_is_told(configured, option, remedy):
    place = configured.launcher.parent
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,$2 "$1" && "$3" check; ${4}"$1" && exec "$3" check'
    command = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        script,
        "sh",
        place,
        option,
        configured.prefix / "bin/gatepost",
        remedy,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wrong = [line for line in done.stdout.splitlines() if line.startswith("wrong")]
    assert len(wrong) == 1, done
    assert f"mounted {option}: {remedy}{place}" in wrong[0]
    assert done.returncode == 0  # once the remedy was typed in


ALIASES = """round: about
about: round
program: "|/bin/cat"
file: /var/mail/x
list: :include:/nowhere/list
gone: :fail: has left
moved: gone
fine: carol@example.org
"""


def test_what_cannot_be_meant_is_told_all_at_once(configured, smarthost):
    aliases = configured.sysconfdir / "aliases"
    aliases.write_text(ALIASES)
    aliases.chmod(0o644)
    routers = [
        f'[[routers]]\nname = "aliases"\ndriver = "redirect"\nfile = "{aliases}"\n',
        '[[routers]]\nname = "away"\ndriver = "accept"\ntransport = "relay"\ndomains = ["!ws1"]\n',
        f'[[policies]]\ncallers = ["alcie", "{configured.logins["alice"]}", "@nobodies", "uid4242"]\n',
    ]
    main = {"qualify_domain": "ws1", "primary_hostname": "ws1", "trusted_users": ["no-such-user"]}
    host = smarthost()
    configured.configure(configured.relay_configuration(host, main) + "\n".join(routers))
    status, output = check(configured)
    aliases.unlink()
    told = [line for line in output.splitlines() if not line.startswith("ok")]
    expected = [
        "warn   qualify_domain: qualify_domain is ws1, ",
        "warn   primary_hostname: this machine is ws1, ",
        "warn   names: trusted_users names no-such-user, ",
        "warn   names: policy 1 names alcie, ",
        "warn   names: policy 1 names nobodies, but there is no such group",
        f"wrong  aliases: {aliases}, line 1: round@ws1: ",
        f"wrong  aliases: {aliases}, line 2: about@ws1: ",
        f"warn   aliases: {aliases}, line 3: program@ws1: is redirected to a pipe",
        f"warn   aliases: {aliases}, line 4: file@ws1: is redirected to a file",
        f"wrong  aliases: {aliases}, line 5: list@ws1: cannot be routed: there is no /nowhere/list",
        "wrong  routers: root@ws1: is taken by no router: ",
    ]
    assert status == 1
    assert [line[: len(start)] for line, start in zip(told, expected, strict=True)] == expected, output


def test_an_empty_dev_is_told(configured):
    script = 'mount -t tmpfs tmpfs /dev && exec "$1" check'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", configured.prefix / "bin/gatepost"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "wrong  devices: /dev/null is not a device" in done.stdout


def test_a_member_of_the_group_is_told(configured):
    service, alice = configured.logins["mail"], configured.logins["alice"]
    subprocess.run(["gpasswd", "--add", alice, service], check=True, capture_output=True)
    try:
        line = only_wrong_line(configured)
        assert f"the group of {service} has members: {alice}" in line
        type_in(line.rpartition(": ")[2])
        assert check(configured)[0] == 0
    finally:
        subprocess.run(["gpasswd", "--delete", alice, service], check=False, capture_output=True)


def test_a_copy_that_cannot_be_compiled_is_no_fault_but_told(configured):
    (configured.sysconfdir / "gatepost.compiled.new").mkdir()
    try:
        status, output = check(configured)
    finally:
        (configured.sysconfdir / "gatepost.compiled.new").rmdir()
    assert (status, output.count("warn ")) == (0, 1)
    assert "so sends are slower: rm -r " in output


def test_an_ordinary_user_is_told_that_root_can_check_what_is_roots(configured):
    alice = configured.account("alice")
    status, output = check(configured, user=alice.pw_uid, group=alice.pw_gid, extra_groups=[])
    assert status == 0
    assert "sudo gatepost check" in output.splitlines()[-1]


def test_a_compiled_copy_is_left_with_the_mode_of_the_configuration_and_is_used(configured, tmp_path):
    check(configured)
    compiled = configured.sysconfdir / "gatepost.compiled"
    status = compiled.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, configured.account("mail").pw_gid, 0o640)
    assert not loads_tomllib(configured, tmp_path)
    with configured.configuration.open("a") as file:
        file.write("# another file\n")
    assert loads_tomllib(configured, tmp_path)


@pytest.mark.parametrize("owner", ["alice", "mail"])
def test_a_compiled_copy_that_others_than_root_can_write_is_ignored(configured, tmp_path, owner):
    check(configured)
    os.chown(configured.sysconfdir / "gatepost.compiled", configured.account(owner).pw_uid, -1)
    assert loads_tomllib(configured, tmp_path)


def loads_tomllib(installation, tmp_path) -> bool:
    """Send as root under strace, and say whether the helper opened a module of tomllib."""
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-qq", "-e", "trace=openat,open", "-o", trace, installation.sendmail, "bob@x.example"]
    subprocess.run(command, input=MESSAGE, check=True, timeout=30)
    return "tomllib" in trace.read_text()

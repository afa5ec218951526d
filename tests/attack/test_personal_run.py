"""B8, F5, I15: a configuration of the caller's choice is used with the caller's rights, and with nobody else's.

Exim read such a configuration with its own (CVE-2010-4345); sSMTP and Postfix before 2002 as well.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess

import pytest

from helper.request import wire
from tests.support.canary import assert_no_canary
from tests.support.personal import Personal

MESSAGE = b"Subject: hello\n\nhello\n"
CANARY = secrets.token_urlsafe(24)
PYTHON = "/usr/bin/python3"
WITHOUT_LOOKING_AT_RIGHTS = {
    "helper/unprivileged/refuse_rights.py": {
        "    refuse_lent_rights(os.getresuid(), os.getresgid())\n    refuse_secure_execution(auxiliary)\n": "",
        "    empty_capabilities()\n": "",
    }
}
WITHOUT_LOOKING_AT_OWNERS = {
    "helper/unprivileged/own_files.py": {"    if status.st_uid not in (0, os.getuid()):\n": "    if False:\n"}
}


@pytest.fixture
def personal(installation):
    """Return alice's own folder, beside an installation with a password that she must not know."""
    folder = Personal(installation)
    yield folder
    folder.remove()
    shutil.rmtree(folder.installation.secrets)


@pytest.fixture
def collector(smarthost):
    """Return a smart host of the attacker's, which takes any password that it is given."""
    return smarthost(tls="none", auth={"ws1": CANARY}, allow_plaintext_auth=True)


def protect(installation, smarthost):
    """Configure the installation with the canary as its password, and return its smart host and the secret's path."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    installation.configure_relay(host)
    return host, installation.secrets / "relay.password"


def password_from(path):
    """Return the options of a transport with this file as the password."""
    return {"auth": {"user": "ws1", "password_file": str(path), "allow_plaintext": True}}


def link_to(personal, target):
    """Return a symbolic link of alice's to a file."""
    link = personal.folder / "link"
    link.symlink_to(target)
    return link


@pytest.mark.parametrize(
    ("mode", "option"),
    [(0o6755, "-C"), (0o2755, "-C"), (0o755, "-C"), (0o755, None)],
    ids=["6755", "2755", "755", "755-by-itself"],
)
@pytest.mark.parametrize("by", ["path", "link", "link-in-secrets"])
def test_the_installations_password_is_out_of_reach(personal, smarthost, collector, mode, option, by):
    """The attack proper: the service user's secret, and the attacker's smart host."""
    host, secret = protect(personal.installation, smarthost)
    personal.installation.mode(mode)
    personal.configure(collector, **password_from(secret))
    path = secret
    if by == "link":
        path = link_to(personal, secret)
        personal.configure(collector, **password_from(path))
    elif by == "link-in-secrets":
        personal.configure(collector)
        path = personal.secrets / "relay.password"
        path.unlink()
        path.symlink_to(secret)
    options = [option, str(personal.configuration)] if option else []
    result = personal.send(*options, "carol@example.org", stdin=MESSAGE)
    assert result.reason == f"{path}: cannot be read: Permission denied"
    assert_no_canary(CANARY, result)
    assert (collector.connections, host.connections) == (0, 0)


def test_control_where_the_file_lets_alice_read_it_the_same_attack_succeeds(personal, smarthost, collector):
    _, secret = protect(personal.installation, smarthost)
    personal.configure(collector, **password_from(secret))
    personal.installation.secrets.chmod(0o755)
    os.chown(secret, 0, personal.account.pw_gid)
    result = personal.send("-C", str(personal.configuration), "carol@example.org", stdin=MESSAGE)
    assert result.status == 0
    assert collector.session.identity == "ws1"


@pytest.mark.parametrize("what", ["configuration", "secret"])
@pytest.mark.parametrize("options", [[], ["-bt"], ["-v"]], ids=["send", "-bt", "-v"])
def test_no_protected_file_can_be_read_as_a_configuration(personal, smarthost, what, options):
    host, secret = protect(personal.installation, smarthost)
    path = secret if what == "secret" else personal.installation.configuration
    result = personal.send("-C", str(path), *options, "carol@example.org", stdin=MESSAGE)
    assert result.status == 1
    assert "Permission denied" in result.stderr
    assert_no_canary(CANARY, result)
    assert host.connections == 0


@pytest.mark.parametrize(
    "content",
    [f"{CANARY}\n", f'password = "{CANARY}"\n', f'qualify_domain = "{CANARY}_"\n'],
    ids=["words", "a key of another file", "a wrong value"],
)
def test_what_is_no_configuration_is_not_shown(personal, content):
    """F5: an error about a file is no way to read it, not even where the attacker has made its victim run us."""
    path = personal.folder / "private"
    personal.write(path, content)
    result = personal.send("-C", str(path), "carol@example.org", stdin=MESSAGE)
    assert result.status == 1
    assert str(path) in result.stderr
    assert_no_canary(CANARY, result)


def test_the_helper_of_the_installation_that_was_started_meanwhile_does_nothing(personal, smarthost, collector):
    host, _ = protect(personal.installation, smarthost)
    personal.configure(collector)
    result = personal.send("-C", str(personal.configuration), "carol@example.org", stdin=MESSAGE)
    assert (result.status, len(collector.messages)) == (0, 1)
    assert (host.connections, personal.installation.log_lines()) == (0, [])


# Files of other users


@pytest.mark.parametrize("what", ["configuration", "secret", "aliases", "program"])
def test_a_file_of_another_users_is_refused(personal, smarthost, collector, what):
    path = made_by_bob(personal, collector, what)
    result = personal.send("-C", str(personal.configuration), "carol@example.org", stdin=MESSAGE)
    login = personal.account.pw_name
    assert result.reason == f"{path}: must belong to {login} or root: chown {login}"
    assert (collector.connections, (personal.folder / "mark").exists()) == (0, False)


def test_control_without_that_look_it_is_used(weakened, smarthost, collector):
    personal = Personal(weakened(WITHOUT_LOOKING_AT_OWNERS))
    made_by_bob(personal, collector, "program")
    personal.send("-C", str(personal.configuration), "carol@example.org", stdin=MESSAGE)
    assert (personal.folder / "mark").exists()
    personal.remove()


def made_by_bob(personal, collector, what):
    """Put a file of bob's where alice's configuration names one; return its path."""
    aliases, program = personal.folder / "aliases", personal.folder / "program"
    more = f'\n[[routers]]\nname = "mine"\ndriver = "redirect"\nfile = "{aliases}"\n'
    more += '\n[[routers]]\nname = "smarthost"\ndriver = "accept"\ntransport = "relay"\n'
    auth = {"user": "ws1", "allow_plaintext": True}
    auth |= {"password_command": [str(program)]} if what == "program" else {"password_file": "relay.password"}
    personal.configure(collector, more=more, auth=auth)
    personal.write(aliases, "nobody: nobody@example.org\n")
    personal.write(program, f"#!/bin/sh\n: > {personal.folder}/mark\necho {CANARY}\n", 0o700)
    files = {"configuration": personal.configuration, "secret": personal.secrets / "relay.password"}
    path = (files | {"aliases": aliases, "program": program})[what]
    bob = personal.installation.account("bob")
    os.chown(path, bob.pw_uid, personal.account.pw_gid if what == "secret" else bob.pw_gid)
    path.chmod({"program": 0o755, "secret": 0o640}.get(what, 0o644))
    return path


# Rights that somebody lends


def start_with_ids(personal, users, groups, interpreter=PYTHON):
    """Start the helper without privilege by hand, with these real, effective and saved ids; return what it answers."""
    library = personal.installation.prefix / "lib/gatepost"
    ours, theirs = socket.socketpair()

    def become():
        os.dup2(theirs.fileno(), 3)
        os.setgroups([])
        os.setresgid(*groups)
        os.setresuid(*users)

    command = [interpreter, "-I", "-S", "-B", f"{library}/helper/personal/__main__.py"]
    with ours, subprocess.Popen(command, preexec_fn=become, close_fds=False):
        theirs.close()
        ours.settimeout(20)
        arguments = [b"sendmail", b"-bv", b"-C", os.fsencode(personal.configuration), b"carol@example.org"]
        ours.sendall(wire.hello(wire.OTHER, arguments))
        return heard(ours)


def heard(channel):
    """Return the lines that come up to the end."""
    octets, lines = bytearray(), []
    while part := channel.recv(65536):
        octets += part
        while (answer := wire.parse_frame(octets)) is not None:
            letter, content, length = answer
            del octets[:length]
            if letter in (wire.LINE, wire.TEXT):
                lines += content.decode().splitlines()
    return lines


def lent(personal, by_user, by_group):
    """Return alice's ids with the service user's lent to them, as a set-id file would."""
    alice, service = personal.account, personal.installation.account("mail")
    users = (alice.pw_uid, service.pw_uid, service.pw_uid) if by_user else (alice.pw_uid,) * 3
    groups = (alice.pw_gid, service.pw_gid, service.pw_gid) if by_group else (alice.pw_gid,) * 3
    return users, groups


@pytest.mark.parametrize(
    ("by_user", "by_group"), [(True, True), (True, False), (False, True)], ids=["6755", "4755", "2755"]
)
def test_lent_rights_are_refused(personal, smarthost, collector, by_user, by_group):
    _, secret = protect(personal.installation, smarthost)
    personal.configure(collector, **password_from(secret))
    lines = start_with_ids(personal, *lent(personal, by_user, by_group))
    assert lines == ["sendmail: not sent: the caller's own configuration is never used with another user's rights"]


def test_control_without_that_refusal_they_read_the_password(weakened, smarthost, collector):
    """By the group, as with 2755; with the service user's uid, files of alice's would not be hers any more."""
    personal = Personal(weakened(WITHOUT_LOOKING_AT_RIGHTS))
    _, secret = protect(personal.installation, smarthost)
    personal.home.chmod(0o755)
    personal.configure(collector, **password_from(secret))
    lines = start_with_ids(personal, *lent(personal, False, True))
    personal.remove()
    assert lines == ["carol@example.org: verified"], "the secret could not be read"


def test_root_is_refused(personal, collector):
    personal.configure(collector)
    assert "root must use the installed sendmail" in start_with_ids(personal, (0, 0, 0), (0, 0, 0))[0]


@pytest.mark.parametrize("who", ["service-user", "member-of-its-group"])
def test_who_has_the_service_users_rights_anyway_cannot_send(personal, smarthost, collector, who):
    _, secret = protect(personal.installation, smarthost)
    personal.configure(collector, **password_from(secret))
    service = personal.installation.account("mail")
    user = "mail" if who == "service-user" else "alice"
    groups = () if who == "service-user" else (service.pw_gid,)
    words = ("-C", str(personal.configuration), "carol@example.org")
    result = personal.installation.send(*words, user=user, groups=groups, stdin=MESSAGE)
    assert result.reason == f"the service user {service.pw_name} and its group cannot send"
    assert collector.connections == 0


def capable(folder):
    """Return an interpreter that may read every file."""
    interpreter = folder / "python"
    shutil.copy(os.path.realpath(PYTHON), interpreter)
    subprocess.run(["/sbin/setcap", "cap_dac_read_search+ep", interpreter], check=True)
    return str(interpreter)


def test_rights_that_a_file_gives_the_interpreter_are_refused(personal, collector, playground):
    """File capabilities leave all ids as they are: the kernel's secure-execution mode tells of them."""
    personal.configure(collector)
    lines = start_with_ids(personal, *lent(personal, False, False), interpreter=capable(playground))
    assert lines == ["sendmail: not sent: the caller's own configuration is never used in secure-execution mode"]


def test_control_without_looking_at_them_they_read_the_password(weakened, smarthost, collector, playground):
    personal = Personal(weakened(WITHOUT_LOOKING_AT_RIGHTS))
    _, secret = protect(personal.installation, smarthost)
    personal.configure(collector, **password_from(secret))
    lines = start_with_ids(personal, *lent(personal, False, False), interpreter=capable(playground))
    personal.remove()
    assert lines == ["carol@example.org: verified"], "the secret could not be read"

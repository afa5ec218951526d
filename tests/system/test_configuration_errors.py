"""A configuration that is missing, unsafe or wrong: its file, line and key are told, never what stands there."""

from __future__ import annotations

import os
import secrets

import pytest

from tests.support.canary import assert_no_canary
from tests.support.installation import write
from tests.system.outcome import MESSAGE, ONE, assert_sent, configure, facts_of, shown_status

CONFIGURATION = 78
CANARY = secrets.token_urlsafe(18)

by_each_caller = pytest.mark.parametrize("user", ["alice", "root"])


def assert_refused(result, host, *parts: str, status: int = 1, logged: bool = True) -> None:
    """The send failed before any connection, and its one line has these parts; the log has it where there is one."""
    assert (result.status, result.stdout) == (status, "")
    assert all(part in result.reason for part in parts), result.reason
    assert host.connections == 0
    if logged:
        facts = facts_of(result.log_line)
        assert facts["reason"] == result.stderr.removesuffix("\n")
        assert (facts["outcome"], facts["status"], facts["to"]) == ("failed", str(status), "<carol@example.org>")


@by_each_caller
@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_the_configuration_may_be_missing(installation, smarthost, mode, user):
    host = smarthost()
    installation.mode(mode)
    installation.configuration.unlink()
    result = installation.send(*ONE, stdin=MESSAGE, user=user)
    parts = (str(installation.configuration), "No such file or directory")
    assert_refused(result, host, *parts, logged=False)


# Each with the line and the key that are to blame, as far as there are any.
MISTAKES = {
    "syntax": ('qualify_domain = "example.net"\nhosts = [\n', (), "line "),
    "syntax-with-secret": (f'qualify_domain = "example.net"\npassword = {CANARY}\n', (), "line 2"),
    "unknown-key": ('qualify_domian = "example.net"\n', ("qualify_domian",), "line 1"),
    "unknown-table": ("[transport.relay]\n", ("transport",), "line 1"),
    "wrong-type": ("qualify_domain = 3\n", ("qualify_domain",), "line 1"),
    "wrong-type-of-list": ('[transports.relay]\ndriver = "smtp"\nhosts = "h"\n', ("hosts",), "line 3"),
    "impossible-value": ('message_size_limit = "many"\n', ("message_size_limit",), "line 1"),
    "bad-choice": ('[transports.relay]\ndriver = "smtp"\nhosts = ["h"]\ntls = "maybe"\n', ("tls",), "line 4"),
    "no-transport": ('qualify_domain = "example.net"\n', ("transports",), ""),
    "no-hosts": ('[transports.relay]\ndriver = "smtp"\n', ("hosts",), ""),
    "password-in-the-file": (
        f'[transports.relay]\ndriver = "smtp"\nhosts = ["h"]\nauth = {{ user = "u", password = "{CANARY}" }}\n',
        ("password",),
        "line 4",
    ),
    "plaintext-auth": (
        '[transports.relay]\ndriver = "smtp"\nhosts = ["h"]\ntls = "none"\n'
        'auth = { user = "u", password_file = "relay.password" }\n',
        ("auth",),
        "line 5",
    ),
    "mua-wrapper-off": ("mua_wrapper = false\n", ("mua_wrapper",), "line 1"),
    "not-utf-8": ("# caf\udce9\n", (), ""),
    "a-NUL": ("# \0\n", (), ""),
    "too-large": ("#" * 70000, (), ""),
    "twice": ('qualify_domain = "a.example"\nqualify_domain = "b.example"\n', (), "line 2"),
    "deep": ("a = " + "[" * 30000 + "\n", (), ""),
}


@by_each_caller
@pytest.mark.parametrize(("text", "keys", "place"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place(installation, smarthost, text, keys, place, user):
    host = smarthost()
    installation.configure(text, {"relay.password": CANARY})
    result = installation.send(*ONE, stdin=MESSAGE, user=user)
    parts = (str(installation.configuration), place, *keys)
    assert_refused(result, host, *parts, logged=False)
    assert_no_canary(CANARY, result)


@by_each_caller
@pytest.mark.parametrize(
    ("file", "mode", "owner", "problem"),
    [
        ("configuration", 0o660, "root", "can be written by users other than root"),
        ("configuration", 0o642, "root", "can be written by users other than root"),
        ("configuration", 0o640, "alice", "must belong to root"),
        ("configuration", 0o640, "mail", "must belong to root"),
        ("secret", 0o660, "root", "can be written by users other than root"),
        ("secret", 0o642, "root", "can be written by users other than root"),
        ("secret", 0o644, "root", "can be read by every user"),
        ("secret", 0o640, "mail", "must belong to root"),
        ("secret", 0o640, "alice", "must belong to root"),
        ("secrets", 0o770, "root", "can be written by users other than root"),
        ("secrets", 0o757, "root", "can be written by users other than root"),
        ("secrets", 0o750, "mail", "must belong to root"),
        ("sysconfdir", 0o775, "root", "can be written by users other than root"),
        ("sysconfdir", 0o755, "alice", "must belong to root"),
    ],
)
def test_an_unsafe_file_or_folder_is_refused(installation, smarthost, file, mode, owner, problem, user):
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    configure(installation, host, "simple")
    path = {
        "configuration": installation.configuration,
        "secret": installation.secrets / "relay.password",
        "secrets": installation.secrets,
        "sysconfdir": installation.sysconfdir,
    }[file]
    before = path.stat()
    try:
        os.chown(path, installation.account(owner).pw_uid, -1)
        path.chmod(mode)
        result = installation.send(*ONE, stdin=MESSAGE, user=user)
    finally:
        os.chown(path, before.st_uid, before.st_gid)
        path.chmod(before.st_mode)
    assert_refused(result, host, str(path), problem, logged=file in ("secret", "secrets"))
    assert_no_canary(CANARY, result)


@by_each_caller
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file or directory"),
        ("", "is empty: a password was expected"),
        ("\n", "is empty: a password was expected"),
        (f"{CANARY}\nsecond line\n", "has more than one line, or a NUL"),
        (f"{CANARY}\0", "NUL"),
        (CANARY * 1000, "is larger than"),
    ],
    ids=["missing", "empty", "blank", "two-lines", "NUL", "too-large"],
)
@pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])
def test_a_secret_may_be_missing_or_wrong(installation, smarthost, content, problem, user, exit_codes):
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    configure(installation, host, exit_codes)
    secret = installation.secrets / "relay.password"
    secret.unlink()
    if content is not None:
        write(secret, content, 0, installation.account("mail").pw_gid)
    result = installation.send(*ONE, stdin=MESSAGE, user=user)
    status = shown_status(CONFIGURATION, exit_codes)
    assert_refused(result, host, str(secret), problem, status=status)
    assert_no_canary(CANARY, result)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@by_each_caller
def test_the_line_end_is_not_part_of_a_password(installation, smarthost, end, user):
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    configure(installation, host)
    write(installation.secrets / "relay.password", CANARY + end, 0, installation.account("mail").pw_gid)
    assert_sent(installation.send(*ONE, stdin=MESSAGE, user=user), host, ONE)


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_a_secret_that_is_no_file_is_not_waited_for(installation, smarthost, kind):
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    configure(installation, host, "simple")
    secret = installation.secrets / "relay.password"
    secret.unlink()
    {"link": lambda: secret.symlink_to(secret), "fifo": lambda: os.mkfifo(secret), "folder": secret.mkdir}[kind]()
    result = installation.send(*ONE, stdin=MESSAGE, time_limit_s=8)
    assert_refused(result, host, str(secret))


@by_each_caller
@pytest.mark.parametrize("content", [None, "no certificate\n", ""], ids=["missing", "nonsense", "empty"])
@pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])
def test_the_file_of_certificates_may_be_wrong(installation, smarthost, content, user, exit_codes):
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    configure(installation, host, exit_codes)
    ca = installation.sysconfdir / "ca.pem"
    ca.unlink()
    if content is not None:
        ca.write_text(content)
    result = installation.send(*ONE, stdin=MESSAGE, user=user)
    host.settle()
    assert result.status == shown_status(CONFIGURATION, exit_codes)
    assert str(ca) in result.reason
    assert facts_of(result.log_line)["to"] == "<carol@example.org>"
    assert host.messages == []


@pytest.mark.parametrize("name", ["missing", "folder"])
def test_a_log_that_cannot_be_opened_is_a_mistake(installation, smarthost, name):
    host = smarthost()
    path = installation.root / "log" / "none" if name == "missing" else installation.root
    installation.configure_relay(host, {"log": str(path)})
    result = installation.send(*ONE, stdin=MESSAGE)
    assert_refused(result, host, str(path), logged=False)

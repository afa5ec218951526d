"""Who the message is from is what the kernel says, in both modes of the launcher (contract, section 8)."""

from __future__ import annotations

import pytest

from tests.system.outcome import MESSAGE, ONE, assert_sent

in_both_modes = pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])


def fields_of(host) -> dict[bytes, bytes]:
    """Return the header of the message that arrived, unfolded, by names in lower case."""
    lines = host.message.header.replace(b"\r\n\t", b" ").replace(b"\r\n ", b" ").split(b"\r\n")
    return {name.lower(): body for name, _, body in (line.partition(b": ") for line in lines)}


def own_address(installation, user: str) -> bytes:
    """Return login@qualify_domain."""
    return f"{installation.account(user).pw_name}@example.net".encode()


@in_both_modes
@pytest.mark.parametrize("user", ["alice", "bob", "root"])
def test_the_reverse_path_is_the_callers_own(installation, smarthost, mode, user):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    assert_sent(installation.send(*ONE, stdin=b"Subject: x\n\nText.\n", user=user), host, ONE)
    own = own_address(installation, user)
    assert host.message.reverse_path == own
    assert fields_of(host)[b"from"].endswith(b"<" + own + b">") or fields_of(host)[b"from"] == own


@in_both_modes
@pytest.mark.parametrize("option", ["-f", "-r"])
@pytest.mark.parametrize("user", ["alice", "bob"])
def test_another_reverse_path_of_an_ordinary_caller_is_quietly_ignored(installation, smarthost, mode, option, user):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    assert_sent(installation.send(option, "boss@example.net", *ONE, stdin=MESSAGE, user=user), host, ONE)
    assert host.message.reverse_path == own_address(installation, user)


@in_both_modes
def test_root_names_any_reverse_path(installation, smarthost, mode):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    assert_sent(installation.send("-f", "boss@example.com", *ONE, stdin=MESSAGE, user="root"), host, ONE)
    assert host.message.reverse_path == b"boss@example.com"
    assert b"sender" not in fields_of(host)


@in_both_modes
@pytest.mark.parametrize("own", ["{login}", "{login}@example.net", "<{login}@example.net>", "{login}@EXAMPLE.NET"])
def test_the_callers_own_address_is_a_reverse_path(installation, smarthost, mode, own):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    assert_sent(installation.send("-f", own.format(login=installation.logins["alice"]), *ONE, stdin=MESSAGE), host, ONE)
    assert host.message.reverse_path.lower() == own_address(installation, "alice")


@in_both_modes
@pytest.mark.parametrize(
    ("main", "user", "expected"),
    [
        ({"trusted_users": ["{alice}"]}, "alice", True),
        ({"trusted_users": ["{alice}"]}, "bob", False),
        ({"trusted_groups": ["{alice}"]}, "alice", True),
        ({"trusted_groups": ["{alice}"]}, "bob", False),
        ({"untrusted_set_sender": ["boss@example.com"]}, "alice", True),
        ({"untrusted_set_sender": ["*@example.com"]}, "bob", True),
        ({"untrusted_set_sender": ["*@example.org"]}, "bob", False),
    ],
)
def test_the_administrator_says_who_may_name_a_reverse_path(installation, smarthost, mode, main, user, expected):
    host = smarthost()
    installation.mode(mode)
    filled = {key: [item.format(**installation.logins) for item in items] for key, items in main.items()}
    installation.configure_relay(host, filled)
    assert_sent(installation.send("-f", "boss@example.com", *ONE, stdin=MESSAGE, user=user), host, ONE)
    own = own_address(installation, user)
    assert host.message.reverse_path == (b"boss@example.com" if expected else own)


@in_both_modes
@pytest.mark.parametrize("user", ["alice", "root"])
def test_who_speaks_for_another_is_named(installation, smarthost, mode, user):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    message = b"From: Boss <boss@example.com>\nSender: mallory@example.com\nSubject: x\n\nText.\n"
    assert_sent(installation.send(*ONE, stdin=message, user=user), host, ONE)
    fields = fields_of(host)
    assert fields[b"from"] == b"Boss <boss@example.com>"
    if user == "root":
        assert fields[b"sender"] == b"mallory@example.com"
    else:
        assert fields[b"sender"] == b"Alice Example <" + own_address(installation, user) + b">"


def test_who_speaks_for_themselves_needs_no_sender(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host)
    own = own_address(installation, "alice")
    message = b"From: Alice <" + own + b">\nSender: mallory@example.com\nSubject: x\n\nText.\n"
    assert_sent(installation.send(*ONE, stdin=message), host, ONE)
    assert b"sender" not in fields_of(host)
    assert fields_of(host)[b"from"] == b"Alice <" + own + b">"


def test_a_sender_may_be_kept_where_from_is_not_checked(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, {"local_from_check": False, "local_sender_retain": True})
    message = b"From: Boss <boss@example.com>\nSender: secretary@example.com\nSubject: x\n\nText.\n"
    assert_sent(installation.send(*ONE, stdin=message), host, ONE)
    assert fields_of(host)[b"sender"] == b"secretary@example.com"


@pytest.mark.parametrize("variables", [{"LOGNAME": "root", "USER": "root", "HOME": "/root", "USERNAME": "root"}])
def test_the_environment_makes_nobody_somebody_else(installation, smarthost, variables):
    host = smarthost()
    installation.configure_relay(host)
    assert_sent(installation.send("-f", "boss@example.com", *ONE, stdin=MESSAGE, env=variables), host, ONE)
    assert host.message.reverse_path == own_address(installation, "alice")


@in_both_modes
@pytest.mark.parametrize("user", ["alice", "root"])
def test_a_from_that_is_just_the_login_is_completed(installation, smarthost, mode, user):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    login = installation.account(user).pw_name.encode()
    assert_sent(installation.send(*ONE, stdin=b"From: " + login + b"\n\nText.\n", user=user), host, ONE)
    assert b"<" + login + b"@example.net>" in fields_of(host)[b"from"] or fields_of(host)[b"from"].startswith(login)


def test_a_caller_without_a_password_entry_can_send(installation, smarthost):
    """A service manager runs services under ids that no file knows (DynamicUser=)."""
    host = smarthost()
    installation.configure_relay(host)
    stray = ("/usr/bin/setpriv", "--reuid", "987654", "--regid", "987654", "--clear-groups")
    result = installation.send(*ONE, stdin=MESSAGE, user="root", through=stray, etc={"subuid": ""})
    assert_sent(result, host, ONE)
    assert host.message.reverse_path == b"uid987654@example.net"
    assert "uid=987654" in result.log_line


# Root's group as the caller's own, as in many containers (docker run -u 1000)


HELLO = b"EHLO ws1\r\nMAIL FROM:<>\r\nRCPT TO:<carol@example.org>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n"


@in_both_modes
@pytest.mark.parametrize("groups", ["--clear-groups", "--groups=0"])
@pytest.mark.parametrize(("args", "stdin"), [((), MESSAGE), (("-bv",), b""), (("-bs",), HELLO)])
def test_who_has_roots_group_sends_as_anybody_else(installation, smarthost, mode, args, stdin, groups):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    alice = installation.account("alice")
    ids = ("/usr/bin/setpriv", f"--reuid={alice.pw_uid}", "--regid=0", groups, "--")
    recipients = () if args == ("-bs",) else ONE
    result = installation.send(*args, *recipients, stdin=stdin, user="root", through=ids)
    assert (result.status, result.stderr) == (0, "")
    host.settle()
    assert len(host.messages) == (0 if args == ("-bv",) else 1)
    assert all(f"caller={alice.pw_name} uid={alice.pw_uid} " in line for line in result.log_lines)


def test_who_has_roots_group_sends_by_gatepost_socket_too(installation, smarthost, second_door):
    host = smarthost()
    installation.configure_relay(host)
    second_door(installation)
    alice = installation.account("alice")
    ids = ("/usr/bin/setpriv", f"--reuid={alice.pw_uid}", "--regid=0", "--clear-groups", "--no-new-privs", "--")
    assert_sent(installation.send(*ONE, stdin=MESSAGE, user="root", through=ids), host, ONE)

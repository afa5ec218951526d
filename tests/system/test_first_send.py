"""A message goes all the way: from a real user through the set-id helper to a smart host."""

from __future__ import annotations

import secrets

import pytest

from tests.support.canary import assert_no_canary

CANARY = secrets.token_urlsafe(18)
MESSAGE = b"From: Alice <alice@example.net>\nTo: <carol@example.org>\nSubject: hello\n\nA line.\n.a dot\nlast\n"

by_any_caller = pytest.mark.parametrize("caller", ["alice", "bob", "root"])
in_both_modes = pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])


@in_both_modes
@by_any_caller
@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_the_message_arrives(installation, smarthost, tls, caller, mode):
    host = smarthost(tls=tls, auth=None if tls == "none" else {"ws1": CANARY})
    installation.mode(mode)
    installation.configure_relay(host)
    result = installation.send("-i", "carol@example.org", stdin=MESSAGE, user=caller)
    host.settle()
    assert (result.status, result.stdout, result.stderr) == (0, "", "")
    assert host.message.addresses == [b"carol@example.org"]
    assert host.message.body == b"A line.\r\n.a dot\r\nlast\r\n"
    assert b"Subject: hello" in host.message.header.split(b"\r\n")
    assert host.session.identity == (None if tls == "none" else "ws1")
    assert "outcome=accepted" in result.log_line
    assert "status=0" in result.log_line
    assert "to=<carol@example.org>" in result.log_line
    assert_no_canary(CANARY, result, host.message.octets)


@in_both_modes
@by_any_caller
def test_the_log_names_who_called(installation, smarthost, caller, mode):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    account = installation.account(caller)
    line = installation.send("carol@example.org", stdin=MESSAGE, user=caller).log_line
    assert f"caller={account.pw_name} uid={account.pw_uid} " in line


@in_both_modes
@by_any_caller
def test_a_refusal_is_told_to_the_caller_and_to_the_log(installation, smarthost, caller, mode):
    host = smarthost(refuse={"RCPT:nobody@example.org": "550 5.1.1 no such user"})
    installation.mode(mode)
    installation.configure_relay(host)
    result = installation.send("carol@example.org", "nobody@example.org", stdin=MESSAGE, user=caller)
    host.settle()
    assert result.status == 1
    assert "RCPT TO:<nobody@example.org> was refused: 550 5.1.1 no such user" in result.reason
    assert "outcome=refused" in result.log_line
    assert host.messages == []
    assert host.session.content == b""


@pytest.mark.parametrize("account", ["mail", "null"])
@in_both_modes
def test_the_accounts_of_gatepost_cannot_send(installation, smarthost, account, mode):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=MESSAGE, user=account)
    assert result.status == 1
    assert result.reason
    assert host.connections == 0


@in_both_modes
@pytest.mark.parametrize("caller", ["alice", "bob"])
def test_callers_cannot_read_the_password(installation, smarthost, caller, mode):
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    installation.mode(mode)
    installation.configure_relay(host)
    for file in (installation.secrets / "relay.password", installation.configuration):
        done = installation.run_as(caller, "cat", str(file))
        assert (done.status, done.stdout) == (1, "")
        assert "Permission denied" in done.stderr

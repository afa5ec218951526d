"""A message that cannot be sent as it is: too large, for too many, or with what no mail can carry."""

from __future__ import annotations

import pytest

from tests.system.outcome import (
    FIVE,
    MESSAGE,
    ONE,
    assert_not_sent,
    assert_sent,
    configure,
    facts_of,
    label,
    shown_status,
)

USAGE, DATA, NO_USER = 64, 65, 67

with_each_exit_codes = pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])


@with_each_exit_codes
@pytest.mark.parametrize(
    "message",
    [
        b"Subject: a\0b\n\nText.\n",
        b"Subject: x\n\nTe\0xt.\n",
        b"\0",
        MESSAGE + b"\0",
        MESSAGE + b"x" * 262143 + b"\0",
        MESSAGE + b"0123456\n" * 40000 + b"\0\n",
    ],
    ids=["header", "body", "alone", "end", "chunk-border", "far-behind"],
)
def test_a_message_may_hold_a_nul(installation, smarthost, message, exit_codes):
    host = smarthost()
    configure(installation, host, exit_codes)
    result = installation.send(*ONE, stdin=message)
    status = shown_status(DATA, exit_codes)
    assert "NUL" in result.reason
    assert_not_sent(result, result.reason, status=status, recipients=ONE, hosts=[host])
    assert host.connections == 0


@with_each_exit_codes
@pytest.mark.parametrize("over", [1, 100, 10_000_000])
def test_a_message_may_be_over_the_limit(installation, smarthost, over, exit_codes):
    host = smarthost()
    installation.configure_relay(host, {"message_size_limit": "100K", "exit_codes": exit_codes})
    message = MESSAGE + b"x" * (102400 - len(MESSAGE) + over)
    result = installation.send(*ONE, stdin=message)
    assert_not_sent(
        result,
        "the message has more than 102400 octets (message_size_limit)",
        status=shown_status(DATA, exit_codes),
        recipients=ONE,
        hosts=[host],
    )
    assert host.connections == 0


def test_a_message_may_be_as_large_as_the_limit(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, {"message_size_limit": "100K"})
    lines = b"0123456789\n" * 10000
    message = (MESSAGE + lines)[:102399] + b"\n"
    assert len(message) == 102400
    assert_sent(installation.send(*ONE, stdin=message), host, ONE)


@with_each_exit_codes
@pytest.mark.parametrize("limit", [500, 100])
def test_a_message_may_be_larger_than_the_smart_host_takes(installation, smarthost, limit, exit_codes):
    """SIZE tells before any octet of it is sent; which status that is, is the refusal's: for good."""
    host = smarthost(extensions=("PIPELINING", f"SIZE {limit}"))
    configure(installation, host, exit_codes)
    result = installation.send(*ONE, stdin=MESSAGE + b"0123456789\n" * 100)
    assert result.status == shown_status(69, exit_codes)
    assert result.reason.startswith(f"{label(host)}: the message has ")
    assert_not_sent(result, result.reason, status=result.status, recipients=ONE, hosts=[host])
    assert host.session.content == b""
    assert "MAIL" not in host.session.verbs


def test_too_many_recipients_are_refused(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, {"recipients_max": 5})
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    result = installation.send(*FIVE, *ONE, stdin=MESSAGE)
    assert result.status == 1
    assert_not_sent(result, result.reason, status=1, recipients=(*FIVE, *ONE))
    assert host.connections == 1


@with_each_exit_codes
def test_many_recipients_without_a_limit_are_all_told_of_in_one_line(installation, smarthost, exit_codes):
    """Of very many the log names the first, and how many more there are."""
    recipients = [f"user{number}@example.org" for number in range(3000)]
    host = smarthost(refuse={"MAIL": "550 5.7.1 no"})
    configure(installation, host, exit_codes)
    result = installation.send(*recipients, stdin=MESSAGE)
    facts = facts_of(result.log_line)
    assert facts["to"].startswith("<user0@example.org>,<user1@example.org>,")
    told, more = facts["to"].rsplit("+", 1)
    assert told.count("<") + int(more) == 3000

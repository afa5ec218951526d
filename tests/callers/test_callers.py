"""Programs that call sendmail, as Debian has them: what they send arrives, and a refusal is told."""

from __future__ import annotations

import email
import email.policy
from typing import cast

import pytest

from tests.callers.attempt import Machine
from tests.callers.caller import REASON, REFUSAL, Caller
from tests.callers.programs import CALLERS
from tests.support.received import Message

with_each = pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)


@with_each
def test_a_message_arrives_complete(machine: Machine, caller: Caller):
    attempt = machine.accepted(caller)
    assert "outcome=accepted" in attempt.log_line, attempt
    (message,) = attempt.messages
    assert sorted(message.addresses) == sorted(caller.recipients)
    assert b"\nBcc:" not in message.octets
    subject, text = content_of(message)
    assert subject.startswith(caller.subject)
    assert caller.body in text
    assert attempt.status == caller.ends
    assert "sendmail:" not in attempt.said


@with_each
def test_a_refusal_is_told_and_nobody_gets_the_message(machine: Machine, caller: Caller):
    attempt = machine.refused(caller)
    assert "outcome=refused" in attempt.log_line, attempt
    assert REASON in attempt.log_line
    assert attempt.messages == []
    assert attempt.status == caller.fails
    assert caller.says in attempt.said
    assert any(caller.logs in line for line in attempt.log)


@with_each
def test_calls_as_the_table_says(machine: Machine, caller: Caller):
    attempt = machine.recorded(caller)
    assert attempt.calls == [(list(caller.argv), caller.stdin)], attempt


def test_the_table_says_where_a_refusal_is_shown_nowhere():
    assert REFUSAL in REASON
    assert [caller.name for caller in CALLERS if caller.shows == "not at all"] == ["at", "sudo, wrong password"]


def content_of(message: Message) -> tuple[str, str]:
    """Return subject and text as a reader would show them, and lines as Unix has them."""
    parsed = cast(email.message.EmailMessage, email.message_from_bytes(message.octets, policy=email.policy.default))
    part = next(part for part in parsed.walk() if part.get_content_type() == "text/plain")
    text = cast(bytes, part.get_payload(decode=True)).decode()
    return str(parsed.get("Subject", "")), text.replace("\r\n", "\n")

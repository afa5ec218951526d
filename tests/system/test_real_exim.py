"""Exim says how many recipients it takes in one transaction (LIMITS, RFC 9422)."""

from __future__ import annotations

from tests.support.realservers.exim import RECIPIENTS_LIMIT, Exim
from tests.system.real import assert_nothing_taken, assert_taken, label, send


def test_as_many_recipients_as_it_takes_are_taken(installation, real):
    server = real(Exim)
    recipients = [f"carol+{number}@example.org" for number in range(RECIPIENTS_LIMIT)]
    assert_taken(send(installation, server.endpoint("starttls"), *recipients), server, ("carol",) * RECIPIENTS_LIMIT)


def test_one_recipient_more_is_refused_before_anything_is_said(installation, real):
    server = real(Exim)
    endpoint = server.endpoint("starttls")
    recipients = tuple(f"carol+{number}@example.org" for number in range(RECIPIENTS_LIMIT + 1))
    result = send(installation, endpoint, *recipients)
    assert result.reason.startswith(f"{label(endpoint)}: ")
    assert str(RECIPIENTS_LIMIT) in result.reason
    assert " was refused" not in result.reason
    assert_nothing_taken(result, server, "failed", recipients)

"""Postfix loses patience with who asks for too much: the reason told is the first refusal, not what follows."""

from __future__ import annotations

import pytest

from tests.support.realservers.postfix import Postfix
from tests.system.real import assert_nothing_taken, label, send

HARD_ERROR_LIMIT = 20  # Postfix hangs up after so many errors in a session
RECIPIENT_LIMIT = 1000  # in a transaction; the next one gets a temporary error


@pytest.mark.parametrize("count", [HARD_ERROR_LIMIT - 1, HARD_ERROR_LIMIT + 1, 5 * HARD_ERROR_LIMIT])
def test_many_unknown_recipients_are_told_as_the_first_of_them(installation, real, count):
    server = real(Postfix)
    endpoint = server.endpoint("starttls")
    recipients = tuple(f"nobody{number}@example.org" for number in range(count))
    result = send(installation, endpoint, *recipients)
    assert result.reason.startswith(f"{label(endpoint)}: RCPT TO:<nobody0@example.org> was refused: 550 5.1.1 ")
    assert_nothing_taken(result, server, "refused", recipients)


def test_as_many_recipients_as_it_takes_are_taken(installation, real):
    server = real(Postfix)
    recipients = [f"carol+{number}@example.org" for number in range(RECIPIENT_LIMIT)]
    assert send(installation, server.endpoint("starttls"), *recipients).status == 0
    delivered = [arrival.header.split(b"\r\n")[1] for arrival in server.arrivals()]
    assert sorted(delivered) == sorted(f"X-Original-To: {recipient}".encode() for recipient in recipients)


def test_one_recipient_more_stops_it_for_all(installation, real):
    server = real(Postfix)
    endpoint = server.endpoint("starttls")
    recipients = tuple(f"carol+{number}@example.org" for number in range(RECIPIENT_LIMIT + 1))
    result = send(installation, endpoint, *recipients)
    assert result.status == 1
    assert result.reason.startswith(f"{label(endpoint)}: RCPT TO:<{recipients[-1]}> was refused: 452 4.5.3 ")
    assert server.arrivals() == []

"""Postfix loses patience with who asks for too much: the reason told is the first refusal, not what follows.

And it hands mail on: what it took with SMTPUTF8 it cannot give to a next hop that does not know that.
"""

from __future__ import annotations

import email
import email.policy

import pytest

from tests.support.realservers.postfix import FAR, Postfix, PostfixBeforeAnother
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


SENDER = "carol@example.org"  # who gets what is returned
IN_UTF_8 = "From: K\u00e4the <carol@example.org>\nSubject: Gr\u00fc\u00dfe\nMIME-Version: 1.0\n".encode()
PARTS = (
    "Content-Type: multipart/mixed; boundary=b\n\n"
    "--b\nContent-Type: text/plain; name=gr\u00fc\u00dfe.txt; charset=utf-8\n\nGr\u00fc\u00dfe\n--b--\n"
).encode()


@pytest.mark.parametrize("rest", [b"\nA line.\n", PARTS], ids=["header", "part"])
def test_a_header_beyond_ascii_passes_a_next_hop_without_smtputf8(installation, real, rest):
    server = real(PostfixBeforeAnother)
    main = {"untrusted_set_sender": [SENDER]}
    result = send(
        installation, server.endpoint("starttls"), "-f", SENDER, f"carol@{FAR}", stdin=IN_UTF_8 + rest, main=main
    )
    assert (result.status, result.stderr) == (0, "")
    [arrival] = server.arrivals()
    assert arrival.reverse_path == SENDER.encode(), "it was returned"
    message = email.message_from_bytes(arrival.octets, policy=email.policy.default)
    assert (message["Subject"], message["From"].addresses[0].display_name) == ("Gr\u00fc\u00dfe", "K\u00e4the")


def test_what_has_no_other_form_is_returned_by_such_a_next_hop(installation, real):
    """So the next hop of the test above is one."""
    server = real(PostfixBeforeAnother)
    main = {"untrusted_set_sender": [SENDER]}
    message = b"DKIM-Signature: v=1; b=x\n" + IN_UTF_8 + b"\nA line.\n"
    send(installation, server.endpoint("starttls"), "-f", SENDER, f"carol@{FAR}", stdin=message, main=main)
    [arrival] = server.arrivals()
    assert arrival.reverse_path == b""
    assert b"SMTPUTF8 is required" in arrival.body

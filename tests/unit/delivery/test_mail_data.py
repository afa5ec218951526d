"""What a composed message is as mail data: headers encoded as far as they can be, all else as it came."""

from __future__ import annotations

import pytest

from helper.delivery.mail_data import mail_data
from helper.message.mime.parts import NESTING_LIMIT

UMLAUT = "Grüße".encode()
ENCODED = b"=?utf-8?b?R3LDvMOfZQ==?="
HEADER = b"Subject: " + UMLAUT + b"\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\n"
PART = b"--b\nContent-Description: " + UMLAUT + b"\n\nhello\n--b--\n"
NESTED = b"".join(b"--b\n" + MIXED + b"\n" for _ in range(NESTING_LIMIT + 1)) + UMLAUT + b"\n"
SIGNED = b"DKIM-Signature: b=x\n"


@pytest.mark.parametrize(
    ("header", "body", "sent_header", "sent_body", "charset"),
    [
        (b"Subject: x\n\n", UMLAUT + b"\n", None, None, "us-ascii"),
        (HEADER + b"\n", b"hello\n", b"Subject: " + ENCODED + b"\n\n", None, "us-ascii"),
        (HEADER + b"\n", UMLAUT + b"\n", b"Subject: " + ENCODED + b"\n\n", None, "us-ascii"),
        (MIXED + b"\n", PART, None, PART.replace(UMLAUT, ENCODED), "us-ascii"),
        (MIXED + HEADER + b"\n", NESTED, MIXED + b"Subject: " + ENCODED + b"\n\n", None, "us-ascii"),
        (SIGNED + HEADER + b"\n", b"hello\n", None, None, "utf-8"),
        (SIGNED + MIXED + b"\n", PART, None, None, "us-ascii"),
        (b"Subject: \xfc\n" + HEADER + b"\n", b"hello\n", b"Subject: \xfc\nSubject: " + ENCODED + b"\n\n", None, None),
        (b"From: " + UMLAUT + b"@x.example\n\n", b"hello\n", None, None, "utf-8"),
    ],
    ids=["body", "header", "both", "part", "too-deep", "signed", "signed-part", "unknown", "local-part"],
)
def test_utf_8_in_headers_is_encoded_where_it_can_be(header, body, sent_header, sent_body, charset):
    data = mail_data(header, body, 0)
    octets = b"".join(data.as_chunk())
    sent = octets.replace(b"\r\n", b"\n").replace(b"MIME-Version: 1.0\n", b"")
    assert sent == (sent_header or header) + (sent_body or body)
    assert (data.size_octets, data.is_8bit) == (len(octets), not octets.isascii())
    assert data.header_charset == (charset or "unknown-8bit")


def test_what_was_encoded_can_still_be_converted_for_a_server_that_takes_less():
    data = mail_data(MIXED + HEADER + b"\n", PART.replace(b"hello", UMLAUT), 0)
    assert data.is_8bit and data.convert is not None
    octets = b"".join(data.convert(False, False).as_chunk())
    assert octets.isascii() and octets.count(ENCODED) == 2

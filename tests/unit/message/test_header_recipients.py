from __future__ import annotations

import pytest

from helper.failure import MessageError
from helper.message.header import split_message
from helper.message.header_recipients import header_recipients
from helper.message.resent import newest_resent_block


def recipients(header: bytes) -> list[bytes]:
    fields, _ = split_message(header)
    return [local if domain is None else local + b"@" + domain for local, domain in header_recipients(fields)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Subject: a@x\nFrom: b@y\nReply-To: c@z\n", []),
        (b"To: a@x\nCc: b@y\nBcc: c@z\n", [b"a@x", b"b@y", b"c@z"]),
        (b"TO: a@x\ncC : b@y\nbCC\t: c@z\n", [b"a@x", b"b@y", b"c@z"]),
        (b"To: a@x\nTo: b@y\n", [b"a@x", b"b@y"]),
        (b"To: a@x,\n b@y,\n\tc\n", [b"a@x", b"b@y", b"c"]),
        (b"To: a@x,\n \n b@y\n", [b"a@x", b"b@y"]),
        (b'To: friends: A <a@x>,\n "B, b" <b@y>;\nBcc: undisclosed-recipients:;\n', [b"a@x", b"b@y"]),
        (b"To: =?utf-8?q?J=C3=BCrgen=2C?= <a@x> (b@y)\n", [b"a@x"]),
        (b"To: root, carol@example.org\n", [b"root", b"carol@example.org"]),
        (b"To:\nCc: \nBcc:\n \n", []),
        (b'To: <"a\n b"@x.example>\n', [b'"a b"@x.example']),
        (b'Cc: "a\n\tb"@x.example, "\n c"@y\n', [b'"a b"@x.example', b'" c"@y']),
        (b'To: "a\n b" <"c"."d\n e"@x>\n', [b'"c.d e"@x']),
        (b"To: a@[192.0.\n 2.1], b@[IPv6:\n\t::1]\n", [b"a@[192.0.2.1]", b"b@[IPv6:::1]"]),
        (b"Apparently-To: a@x\n", []),
    ],
)
def test_reads_recipients_from_to_cc_and_bcc(header, expected):
    assert recipients(header) == expected


OLD = b"Resent-To: old@x\nResent-From: o@x\nResent-Date: then\nResent-Bcc: old@y\n"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Resent-To: a@x\nTo: b@y\nBcc: c@z\n", [b"a@x"]),
        (b"To: b@y\nResent-To: a@x\nResent-Cc: c\nResent-Bcc: d\n", [b"a@x", b"c", b"d"]),
        (b"Resent-From: me@x\nTo: b@y\n", []),
        (b"Resent-To: a@x\nReceived: by x; then\n" + OLD, [b"a@x"]),
        (b"Resent-From: me@x\nResent-Date: now\nResent-To: a@x\n" + OLD, [b"a@x"]),
        (b"Resent-To: a@x\n" + OLD, [b"a@x"]),
        (b"Resent-Cc: b@x\nResent-To: a@x\nX: y\n" + OLD, [b"b@x", b"a@x"]),
    ],
)
def test_reads_recipients_of_the_newest_resent_block_instead(header, expected):
    assert recipients(header) == expected


@pytest.mark.parametrize(
    ("header", "block"),
    [
        (b"", (0, 0)),
        (b"To: a\n", (0, 0)),
        (b"Resent-To: a\n", (0, 1)),
        (b"Received: x\nResent-To: a\nResent-Cc: b\nTo: c\n", (1, 3)),
        (b"Resent-From: a\nResent-To: b\nResent-From: c\n", (0, 2)),
        (b"Resent-From: a\nresent-from : c\n", (0, 1)),
        (b"Resent-From: a\nX: y\nResent-To: c\nTo: d\n", (0, 3)),
        (b"Received: x\nTo: a\nResent-To: b\nSubject: c\nResent-Bcc: d\n", (2, 5)),
        (b"Resent-To: a\nReceived: x\nResent-From: b\n", (0, 1)),
        (b"Resent-To: a\nX: y\nReturn-Path: <x>\nResent-Date: b\n", (0, 1)),
        (b"Resent-To: a\nX: y\nResent-To: b\nX: y\nResent-Message-ID: c\n", (0, 1)),
        (b"Resent-X: a\nResent-To: b\nResent-X: c\n", (0, 3)),
        (b"Resent-Bcc: a\nReceived: x\nResent-X: b\n", (0, 1)),
    ],
)
def test_the_newest_resent_block_is_the_first_one(header, block):
    assert newest_resent_block(split_message(header)[0]) == block


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"To: a@x\nCc: b@\n", "Cc"),
        (b"To: a b\n", "To"),
        (b"BCC : <>\n", "BCC"),
        (b"Resent-To: (\nTo: a@x\n", "Resent-To"),
        (b"To: a@[x y]\n", "To"),
        (b"To: " + b"a" * 256 + b"\n", "To"),
        (b"To: \xff@x\n", "To"),
        (b'To: "a\x01b"@x\n', "To"),
        (b'To: "a\tb"@x\n', "To"),
        (b"To: a@x..y\n", "To"),
        (b"To: a@x\rBcc: b@y\n", "To"),
    ],
)
def test_a_wrong_address_is_an_error_that_names_the_field(header, name):
    with pytest.raises(MessageError) as caught:
        recipients(header)
    assert f"the header field {name} is wrong" in caught.value.problem


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (b"Resent-To: a@x\nResent-To: b@y\n", "Resent-To: appears twice"),
        (b"Resent-To: a@x\nX: y\nresent-to : b@y\n", "resent-to: appears twice"),
        (b"Resent-From: m@x\nResent-Bcc: a@x\nResent-Bcc: b@x\nResent-Cc: c@x\n", "Resent-Bcc: appears twice"),
        (b"Resent-Reply-To: a@x\nResent-Reply-To: b@x\n", "Resent-Reply-To: appears twice"),
        (b"Resent-To: a@x\nReceived: x\nResent-To: b@x\n", "Resent-To: appears twice"),
        (b"Resent-To: a@x\nReceived: x\nResent-Bcc: b@x\n", "Resent-Bcc: is below the trace fields"),
        (b"Resent-To: a@x\nResent-To: b@y\nReceived: x\nResent-From: o@x\n", "Resent-To: appears twice"),
    ],
)
def test_what_is_cut_off_a_block_and_is_none_of_its_own_is_refused(header, problem):
    with pytest.raises(MessageError) as caught:
        recipients(header + b"To: z@x\n")
    assert problem in caught.value.problem


def test_a_wrong_field_that_names_no_recipients_is_no_error():
    assert recipients(b"From: (((\nReply-To: a b\n") == []

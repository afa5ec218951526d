from __future__ import annotations

import pytest

from helper.message.mime.content import BOUNDARY_LIMIT, LEAF, MESSAGE, MULTIPART, Content, content_of
from helper.message.mime.fields import fields_of


def content(*lines: bytes, default: bytes = b"text/plain") -> Content:
    fields = fields_of(lines)
    assert fields is not None
    return content_of(fields, default)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], Content()),
        ([b"Content-Type: text/plain"], Content(LEAF, b"text/plain")),
        ([b"content-type: TEXT/Html; CHARSET=x"], Content(LEAF, b"text/html", has_charset=True)),
        ([b"Content-Type: text/html; charset*=''x"], Content(LEAF, b"text/html", has_charset=True)),
        ([b"Content-Type: (a) a/b (c) ; (d) x (e) = (f) y (g);"], Content(LEAF, b"a/b")),
        ([b"Content-Transfer-Encoding: BASE64 (x)"], Content(LEAF, b"", b"base64")),
        ([b"Content-Transfer-Encoding: 8bit;"], Content(LEAF, b"", b"8bit")),
        (
            [b"Content-Type: multipart/mixed; boundary=----=_a/b?:"],
            Content(MULTIPART, b"multipart/mixed", boundary=b"----=_a/b?:"),
        ),
        (
            [b'Content-Type: multipart/mixed;\n boundary="a b "'],
            Content(MULTIPART, b"multipart/mixed", boundary=b"a b"),
        ),
        (
            [b"Content-Type: multipart/digest; boundary=a", b"Content-Transfer-Encoding: binary"],
            Content(MULTIPART, b"multipart/digest", b"binary", b"a", parts_type=b"message/rfc822"),
        ),
        ([b"Content-Type: message/rfc822"], Content(MESSAGE, b"message/rfc822")),
        ([b"Content-Type: application/pkcs7-mime; smime-type=signed-data"], Content(LEAF, b"application/pkcs7-mime")),
    ],
)
def test_a_header_says_what_its_body_is(lines, expected):
    lines = [line for each in lines for line in each.split(b"\n")]
    assert content(*lines) == expected


def test_within_a_digest_it_is_a_message_if_it_does_not_say():
    assert content(default=b"message/rfc822").kind == MESSAGE
    assert content(b"Content-Type: text/plain", default=b"message/rfc822").kind == LEAF


@pytest.mark.parametrize("length", [BOUNDARY_LIMIT, BOUNDARY_LIMIT + 1])
def test_a_boundary_is_not_longer_than_allowed(length):
    assert bool(content(b"Content-Type: multipart/mixed; boundary=" + b"b" * length).problem) == (
        length > BOUNDARY_LIMIT
    )


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([b"Content-Type: a/b", b"Content-Type: a/b"], "more than one Content-Type"),
        ([b"Content-Transfer-Encoding: 7bit"] * 2, "more than one Content-Transfer-Encoding"),
        ([b"Content-Type:"], "cannot be read"),
        ([b"Content-Type: text"], "cannot be read"),
        ([b"Content-Type: text/"], "cannot be read"),
        ([b"Content-Type: /plain"], "cannot be read"),
        ([b"Content-Type: text/plain/x"], "cannot be read"),
        ([b"Content-Type: text/plain charset=x"], "cannot be read"),
        ([b"Content-Type: text/plain; charset"], "cannot be read"),
        ([b"Content-Type: text/plain; =x"], "cannot be read"),
        ([b"Content-Type: text/plain; a=b; A=c"], "cannot be read"),
        ([b'Content-Type: text/plain; a="b'], "cannot be read"),
        ([b"Content-Type: text/plain (a"], "cannot be read"),
        ([b"Content-Transfer-Encoding: 8 bit"], "cannot be read"),
        ([b"Content-Transfer-Encoding: x-uuencode"], "unknown"),
        ([b"Content-Transfer-Encoding:"], "unknown"),
        ([b"Content-Type: multipart/signed; boundary=a"], "it is signed"),
        ([b"Content-Type: Multipart/Encrypted; boundary=a"], "it is encrypted"),
        ([b"Content-Type: multipart/mixed"], "boundary"),
        ([b'Content-Type: multipart/mixed; boundary=""'], "boundary"),
        ([b'Content-Type: multipart/mixed; boundary="\xf6"'], "boundary"),
        ([b"Content-Type: multipart/mixed; boundary=a", b"Content-Transfer-Encoding: base64"], "a multipart in it"),
        ([b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64"], "a message in it"),
        ([b"Content-Type: message/partial; id=a"], "message/partial"),
        ([b"Content-Type: message/external-body"], "message/external-body"),
        ([b"Content-Type: message/delivery-status"], "message/delivery-status"),
        ([b"Content-Type: message/global"], "message/global"),
    ],
)
def test_what_has_to_stay_as_it_is_is_a_leaf_with_a_problem(lines, problem):
    found = content(*lines)
    assert problem in found.problem
    assert found.kind == LEAF


def test_a_name_that_somebody_made_up_is_not_told_at_any_length():
    assert len(content(b"Content-Type: message/" + b"x" * 900).problem) < 100

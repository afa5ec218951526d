"""A message that is converted has only short lines that end in CRLF, and no 8-bit octet where none may stay.

It has the size that was said, is the same whenever it is sent, needs no second conversion, and has the same parts for
who reads it. What cannot be converted is a CannotConvert, in printable words.
"""

from __future__ import annotations

from fuzz.drawn import Drawn
from helper.failure import MessageError
from helper.message.convert import CannotConvert, Converted, convert
from helper.message.header import split_message
from helper.text import LINE_LIMIT

LONG = b"x" * (LINE_LIMIT + 1)
SEEDS = (
    "Subject: Gr\u00fc\u00dfe\n\nGr\u00fc\u00dfe aus K\u00f6ln\n\0".encode(),
    b"Content-Type: text/plain\n\n" + LONG + b"\n--b\n.\n\3",
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n\xc3\xbc\n"
    b"--b\nContent-Type: message/rfc822\n\nA: \xff\n\nx\n--b--\nend\0",
    b'Content-Type: multipart/digest; boundary="b c"\n\n--b c\n\nSubject: x\n\n\xfc\n--b c--\n\1',
    b"Content-Transfer-Encoding: base64\n\n" + b"QUFB" * 300 + b"\n\0",
    b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=C3=BC" * 200 + b"\n\0",
    b'Content-Disposition: attachment; filename="\xc3\xbc.txt"\nFrom: \xc3\xbc <a@b\xc3\xbccher.example>\n\nx\n\0',
    b"Content-Type: a/b (\xc3\xbc); name=\xc3\xbc (1); x=\xc3\xbc; x*=iso-8859-1''%FC\n\nx\n\0",
    b"Content-Type: a/b; name*0=\xc3\xbc; name*1=b; name=\xc3\xbcb\n\nx\n\0",
    b"List-Help: <https://x/\xc3\xbc> (\xc3\xbc)\n\nx\n\0",
    b"DKIM-Signature: x\n\n\xff\n\0",
    b"To: " + b"abc def, " * 150 + b"g@h\n\nx\n\0",
)
WORDS = (
    *(
        b"\n",
        b"\r\n",
        b"\n--b\n",
        b"\n--b--\n",
        b"\n\n",
        b"\xc3\xbc",
        b"\xff",
        b"=",
        b"=\n",
        b"; charset=",
        b"; boundary=b",
    ),
    *(
        b"Content-Type: ",
        b"Content-Transfer-Encoding: ",
        b"multipart/mixed",
        b"message/rfc822",
        b"text/plain",
        b"8bit",
        b"base64",
    ),
    *(b"quoted-printable", LONG, b"Subject: ", b"From: ", b"=?utf-8?q?", b"?=", b" "),
)


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    keep_8bit, keep_header = drawn.is_so(), drawn.is_so()
    source = drawn.octets
    try:
        fields, body_start = split_message(source)
        header = b"".join(field.octets for field in fields) + b"\n"
        converted = convert(header, source, body_start, keep_8bit=keep_8bit, keep_8bit_header=keep_header)
    except MessageError:
        return
    except CannotConvert as why:
        assert why.problem.isascii() and why.problem.isprintable()
        return
    wire = check_form(converted, keep_8bit and keep_header)
    again = wire.replace(b"\r\n", b"\n")
    cut = len(converted.header)
    assert again[:cut] == converted.header
    assert [field.key for field in fields] == [field.key for field in split_message(converted.header)[0]][: len(fields)]
    second = convert(converted.header, again[cut:], 0, keep_8bit=keep_8bit, keep_8bit_header=keep_header)
    assert b"".join(second.chunks()) == wire, "a second conversion finds something to do"


def check_form(converted: Converted, keeps_all: bool) -> bytes:
    """Look at what is sent, and return it."""
    wire = b"".join(converted.chunks())
    assert wire == b"".join(converted.chunks())
    assert len(wire) == converted.size_octets and converted.is_8bit == (not wire.isascii())
    lines = wire.split(b"\r\n")
    assert lines[-1] == b"" and max(map(len, lines)) <= LINE_LIMIT
    assert not any(line.translate(None, b"\r\n") != line for line in lines)
    assert keeps_all or converted.header.isascii() or converted.is_8bit
    return wire

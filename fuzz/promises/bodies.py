"""A body is the same on the wire in chunks of any size; no CR or LF stands but in CRLF, no line is a lone dot.

What a server takes out of it is the body, and the survey has counted it. Our own server (-bs) is asked for the former.
"""

from __future__ import annotations

from fuzz.drawn import Drawn
from helper.message.body import dot_stuffed, survey, wire_chunks
from helper.request.smtp_input import MailDataReader
from helper.text import LINE_LIMIT

INPUT_LIMIT = 1000  # octets: more of them tell nothing more when they are dealt with one by one
SEEDS = (
    b"hello\n.\n..\r\n.\rworld\r\n\x03\x05",
    b".\n",
    b"\r\n.\r\n",
    b"x" * 999 + b"\n" + b"y" * 998 + b"\r" + b"z" * 1000,
    b"\r\r\n\n\r",
    b"no end\0\xff",
    b"a\n.\r\nMAIL FROM:<x@y>\r\n",
)
WORDS = (
    b"\r\n|\n|\r|.|\r\n.\r\n|\n.\n|\r.\r|\n.\r\n|\x00|\xff|"
    b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
).split(b"|")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    size = drawn.choice((1, 2, 3, 7, 100, 1000)) if len(octets) <= INPUT_LIMIT else 1000
    body = octets
    *lines, last = body.split(b"\n")
    canonical = b"\n".join([*(line.rstrip(b"\r") for line in lines), last])
    canonical = canonical.replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    canonical += b"" if canonical.endswith(b"\n") or not canonical else b"\r\n"
    assert b"".join(wire_chunks(body, 0, size)) == canonical == b"".join(wire_chunks(body, 0))
    stuffed = b"".join(dot_stuffed(wire_chunks(body, 0, size)))
    assert stuffed.replace(b"\r\n", b"").translate(None, b"\r\n") == stuffed.replace(b"\r\n", b"")
    assert b"\r\n.\r\n" not in b"\r\n" + stuffed
    check_survey(body, canonical)
    check_reading(stuffed + b".\r\nQUIT\r\n", canonical, drawn)


def check_survey(body: bytes, canonical: bytes) -> None:
    """Count it once more."""
    seen = survey(body, 0)
    lines = canonical.split(b"\r\n")
    assert seen.octets == len(canonical) and seen.is_8bit == (not canonical.isascii())
    assert seen.has_nul == (b"\0" in canonical)
    assert seen.longest_line == max(LINE_LIMIT, *map(len, lines))


def check_reading(sent: bytes, canonical: bytes, drawn: Drawn) -> None:
    """Read it as a server does, in pieces."""
    reader = MailDataReader(b"\r\n")
    message = after = b""
    for piece in drawn.pieces(sent):
        if reader.after is not None:
            after += piece
            continue
        message += reader.feed(piece)
        after = reader.after or b""
    assert message == canonical and after == b"QUIT\r\n"

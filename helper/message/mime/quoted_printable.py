"""Quoted-printable: canonical text in safe lines of at most 76 octets (RFC 2045, section 6.7).

A line that an encoder breaks may begin with anything: with `--` it could be taken for the boundary of a part that is
none, with a dot for the end of the data, with `From ` for the next message of a mailbox. Such octets are encoded.
"""

from __future__ import annotations

from binascii import b2a_qp

from helper.message.mime.refusal import CannotConvert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COLUMNS = 75  # of 76: the last one is for the `=` of a soft line break
PART_LIMIT = 16 * 1024  # octets of a line that are dealt with at once: lines have no limit of their own
SOFT = b"=\r\n"
MALFORMED = "a part that is declared as quoted-printable has lines that are not"
PERILOUS = (b"--", b".", b"From ")
LITERAL = bytes(octet for octet in range(33, 127) if octet != ord("=")) + b" \t\r\n"
HEXADECIMAL = frozenset(b"0123456789ABCDEFabcdef")


def quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield canonical chunks encoded; the last line has an end if it had one."""
    for lines in grouped(chunks):
        yield b"".join(encoded_line(part) + end for part, end in lines)


def wrapped_quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what is quoted-printable already with its long lines broken. CannotConvert if one is malformed.

    So is one with white space at its end: who reads it should ignore that (rule 3), but not everyone does.
    """
    before = b""
    for lines in grouped(chunks):
        pieces: list[bytes] = []
        for part, end in lines:
            is_long = len(part) > COLUMNS + 1 or before == SOFT
            if not part.isascii() or (is_long and end != SOFT and part.endswith((b" ", b"\t"))):
                raise CannotConvert(MALFORMED)
            pieces.append(wrapped_part(part) if is_long else part)
            pieces.append(end)
            before = end
        yield b"".join(pieces)


def escapes_in(chunk: bytes) -> int:
    """Return how many octets of a chunk take three in quoted-printable, but for those that depend on their place."""
    return len(chunk.translate(None, LITERAL))


def grouped(chunks: Iterable[bytes]) -> Iterator[list[tuple[bytes, bytes]]]:
    r"""Yield the lines of canonical chunks without their ends, each with what ends it, a list for each chunk.

    That is CRLF, or a soft line break within a line that is too long to be held, or nothing at the end of all. No part
    of a line ends within the three octets of an escape.
    """
    held = b""
    for chunk in chunks:
        *whole, held = (held + chunk).split(b"\r\n")
        lines: list[tuple[bytes, bytes]] = []
        for line in whole:
            *parts, last = line_parts(line)
            lines += ((part, SOFT) for part in parts)
            lines.append((last, b"\r\n"))
        *parts, held = line_parts(held)
        lines += ((part, SOFT) for part in parts)
        yield lines
    if held:
        yield [(held, b"")]


def line_parts(line: bytes) -> list[bytes]:
    """Return a line in parts that can be held, the last of them the only one that may be short."""
    parts: list[bytes] = []
    at = 0
    while len(line) - at > PART_LIMIT:
        stop = before_escape(line, at + PART_LIMIT)
        parts.append(line[at:stop])
        at = stop
    return [*parts, line[at:]]


def before_escape(text: bytes, stop: int) -> int:
    """Return the last place up to `stop` that is not within an escape."""
    if text[stop - 1] == ord("="):
        return stop - 1
    return stop - 2 if text[stop - 2] == ord("=") else stop


def encoded_line(line: bytes) -> bytes:
    """Return a line, or a part of one, encoded. White space at its end is encoded: it could get lost on the way."""
    # The encoder of the library breaks lines without a look at what the next one begins with: it may not break any.
    return soft_broken(b2a_qp(line).replace(b"=\n", b""))


def soft_broken(text: bytes) -> bytes:
    """Return an encoded line with soft line breaks, and without perilous beginnings."""
    pieces: list[bytes] = []
    at = 0
    while at < len(text):
        first = b""
        if text.startswith(PERILOUS, at):
            first = b"=%02X" % text[at]
            at += 1
        stop = at + COLUMNS - len(first)
        if stop < len(text):
            stop = before_escape(text, stop)
        pieces.append(first + text[at:stop])
        at = stop
    return SOFT.join(pieces)


def wrapped_part(part: bytes) -> bytes:
    """Return a line, or a part of one, that is encoded already, with soft line breaks. CannotConvert as above."""
    text = part.removesuffix(b"=")
    for after in text.split(b"=")[1:]:
        if len(after) < 2 or not HEXADECIMAL.issuperset(after[:2]):
            raise CannotConvert(MALFORMED)
    return soft_broken(text) + part[len(text) :]

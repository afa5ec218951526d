"""Folding: header fields in lines that every server takes, broken only at white space (RFC 5322, section 2.2.3)."""

from __future__ import annotations

from helper.message.header import Field
from helper.message.mime.refusal import CannotConvert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    # What stands before it, white space and folding, and something that cannot be broken.
    Piece = tuple[bytes, bytes]

COLUMNS = 76  # the most with an encoded word in a line (RFC 2047, section 2)
LINE_LIMIT = 998  # octets without CRLF (RFC 5321, section 4.5.3.1.6)
# bytes.split() takes more for white space than a header does.
AS_WORDS = bytes.maketrans(b"\r\v\f", b"xxx")


def is_too_long(field: Field) -> bool:
    """Say whether a field has a line that no server has to take."""
    return len(field.octets) > LINE_LIMIT and any(len(line) > LINE_LIMIT for line in field.octets.split(b"\n"))


def pieces_of(text: bytes) -> Iterator[Piece]:
    """Yield the words of a text, each with the white space before it; what stands at the end is left out."""
    at = 0
    shadow = text.translate(AS_WORDS)
    for word in shadow.split():
        start = shadow.index(word, at)
        stop = start + len(word)
        yield text[at:start], text[start:stop]
        at = stop


def folded(field: Field, pieces: Iterable[Piece]) -> Field:
    """Return a field that consists of these pieces, folded where a line would be too long, and where it was before.

    CannotConvert where white space is too rare, or there is too much in one place: a line of nothing but white space
    would be taken for the end of the header.
    """
    prefix = field.octets[: len(field.octets) - len(field.body)]
    out = [prefix]
    column = len(prefix)
    for space, octets in pieces:
        if b"\n" in space:
            column = len(space) - space.rindex(b"\n") - 1
        elif space and column + len(space) + len(octets) > COLUMNS:
            out.append(b"\n")
            column = len(space)
        else:
            column += len(space)
        out += (space, octets)
        column += len(octets)
    result = field.replace(octets=b"".join(out) + b"\n")
    if is_too_long(result):
        raise CannotConvert(f"the header field {field.name.decode('ascii')} has no place where it could be folded")
    return result

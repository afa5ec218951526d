"""Fold header fields at white space, in lines that every server accepts (RFC 5322, section 2.2.3)."""

from __future__ import annotations

from helper.message.header import Field
from helper.message.mime.refusal import CannotConvert
from helper.text import LINE_LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    # What stands before it, white space and folding, and something that cannot be broken.
    Piece = tuple[bytes, bytes]

COLUMNS = 76  # the most with an encoded word in a line (RFC 2047, section 2)
LONG_WORD = 900  # octets: with the name of a field before it, a longer one may not fit a line
PLACES = (b",", b";")  # of structured fields, after which white space means nothing
# bytes.split() takes more for white space than a header does.
AS_WORDS = bytes.maketrans(b"\r\v\f", b"xxx")


def is_too_long(field: Field) -> bool:
    """Return whether a field has a line over the limit of SMTP."""
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


def with_more_places(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the tokens of a structured field with places to fold it where it has none, and without too large ones.

    That is after a comma and a semicolon, but in angle brackets, and between two that meet: `<1@x><2@x>`. In a quoted
    string it is at its white space.
    """
    before = b""
    in_angle = False
    for space, octets in pieces:
        is_place = (before in PLACES and not in_angle) or (before == b">" and octets == b"<")
        first = (b" " if is_place or len(space) > LONG_WORD else space), octets
        yield from split_at_white_space(first) if len(octets) > COLUMNS else (first,)
        in_angle = octets == b"<" or (in_angle and octets != b">")
        before = octets


def split_at_white_space(piece: Piece) -> Iterator[Piece]:
    """Yield a piece in those of which it consists."""
    space, octets = piece
    for within, word in pieces_of(octets):
        yield within or space, word


def folded(field: Field, pieces: Iterable[Piece]) -> Field:
    """Return a field that consists of these pieces, folded where a line would be too long, and where it was before.

    CannotConvert if white space is too rare, or there is too much in one place: a line of nothing but white space
    would be taken for the end of the header. So would one with nothing besides but VT and FF.
    """
    prefix = field.octets[: len(field.octets) - len(field.body)]
    out = [prefix]
    column = len(prefix)
    is_blank = False  # the line at hand
    for space, octets in joined(pieces):
        is_seen = not octets.isspace()
        if b"\n" in space:
            column = len(space) - space.rindex(b"\n") - 1
            is_blank = True
        elif space and column + len(space) + len(octets) > COLUMNS and is_seen and not is_blank:
            out.append(b"\n")
            column = len(space)
        else:
            column += len(space)
        out += (space, octets)
        column += len(octets)
        is_blank = is_blank and not is_seen
    result = field.replace(octets=b"".join(out) + b"\n")
    is_one_field = all(line[:1] in (b" ", b"\t") for line in result.octets[:-1].split(b"\n")[1:])
    if is_too_long(result) or not is_one_field:
        raise CannotConvert(f"the header field {field.name.decode('ascii')} has no place where it could be folded")
    return result


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield pieces together that no white space parts."""
    before: bytes | None = None
    run: list[bytes] = []
    for space, octets in pieces:
        if space and run:
            yield before or b"", b"".join(run)
            run = []
        if not run:
            before = space
        run.append(octets)
    if run:
        yield before or b"", b"".join(run)

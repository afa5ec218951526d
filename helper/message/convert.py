"""Convert a message to short lines, and to ASCII if the server accepts nothing else, without losing an octet.

Its header and those of its parts are converted to ASCII if possible: the next server may lack an extension.
Parts are encoded one by one (RFC 2045, section 6; RFC 6152, section 3); what would lose something, as a signature
would, is refused. Only messages that need it get here.
"""

from __future__ import annotations

from helper.message.body import survey, wire_chunks
from helper.message.mime.content import MESSAGE, Content
from helper.message.mime.entity import Kept, entity_of, signature_in
from helper.message.mime.fields import fields_of
from helper.message.mime.parts import Walk
from helper.message.mime.refusal import CannotConvert as CannotConvert
from helper.message.mime.segments import Segment, joined, unchanged, with_the_rest
from helper.record import Record
from helper.text import LINE_LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from helper.message.header import Buffer
    from helper.message.mime.entity import Entity


class Converted(Record):
    """A converted message: its header with LF line ends, and the body in pieces of the source or new text.

    `size_octets` is the size on the wire before dots are doubled; `is_8bit` says whether 8-bit octets are left.
    """

    header: bytes
    source: Buffer
    segments: tuple[Segment, ...]
    size_octets: int = 0
    is_8bit: bool = False

    @property
    def is_body_changed(self) -> bool:
        """Return whether any part of the source is changed."""
        return any(segment.text or segment.encoding is not unchanged for segment in self.segments)

    def chunks(self) -> Iterator[bytes]:
        """Yield the message in canonical lines, from its beginning, any number of times."""
        return joined(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Yield the same in pieces of all sizes; the last line may have no end."""
        yield from wire_chunks(self.header, 0)
        for segment in self.segments:
            yield from segment.chunks(self.source)


def convert(header: bytes, source: Buffer, body_start: int, *, keep_8bit: bool, keep_8bit_header: bool) -> Converted:
    """Return the message with no line over 998 octets, 8-bit only if it may be kept. CannotConvert says why not.

    `keep_8bit` is for the bodies, `keep_8bit_header` for what has no form in ASCII in the header fields of the message,
    its parts, and the messages within it. The header has LF line ends and ends with the empty line.
    """
    kept = Kept(keep_8bit, keep_8bit_header)
    fields = fields_of(header.removesuffix(b"\n").split(b"\n")[:-1])
    if fields is None:
        raise CannotConvert("its header is malformed")
    top = entity_of(fields, body_start, body_start, body_start, Content(MESSAGE), kept)
    walk = walk_through(source, top, kept)
    signature = signature_in(fields)
    if signature and (walk.changes or walk.fields != fields):
        raise CannotConvert(f"it is signed ({signature})")
    return measured(
        Converted(
            header=b"".join(field.octets for field in walk.fields) + b"\n",
            source=source,
            segments=with_the_rest(walk.changes, body_start, len(source)),
        )
    )


def walk_through(source: Buffer, top: Entity, kept: Kept) -> Walk:
    """Return what was found in the body. What cannot be walked through stays as it is where all of it may stay."""
    walk = Walk(source, top, kept)
    seen = survey(source, top.body_start)
    may_stay = seen.longest_line <= LINE_LIMIT and (not seen.is_8bit or (kept.body and kept.header))
    if may_stay and not seen.is_8bit:
        return walk
    try:
        walk.walk()
    except CannotConvert:
        if not may_stay:
            raise
        return Walk(source, top, kept)
    return walk


def measured(converted: Converted) -> Converted:
    """Return the same with its size, which is known only after encoding all of it once."""
    octets = 0
    is_8bit = False
    for chunk in converted.chunks():
        octets += len(chunk)
        is_8bit = is_8bit or not chunk.isascii()
    return converted.replace(size_octets=octets, is_8bit=is_8bit)

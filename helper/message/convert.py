"""Convert: a message in short lines, and in ASCII where a server takes nothing else, without the loss of an octet.

Parts are encoded one by one (RFC 2045, section 6; RFC 6152, section 3); what would lose something, as a signature
would, is refused. Only messages that need it get here.
"""

from __future__ import annotations

from helper.message.body import LINE_LIMIT, survey, wire_chunks
from helper.message.mime.content import MESSAGE, Content
from helper.message.mime.entity import Kept, entity_of, signature_in
from helper.message.mime.fields import fields_of
from helper.message.mime.parts import Walk
from helper.message.mime.refusal import CannotConvert as CannotConvert
from helper.message.mime.segments import Segment, joined, with_the_rest
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from helper.message.header import Buffer


class Converted(Record):
    """A message as it goes out: its header with LF line ends, and what is sent for each stretch of the source.

    `size_octets` is the size on the wire before dots are doubled; `is_8bit` says whether 8-bit octets are left.
    """

    header: bytes
    source: Buffer
    segments: tuple[Segment, ...]
    size_octets: int = 0
    is_8bit: bool = False

    def chunks(self) -> Iterator[bytes]:
        """Yield the message in canonical lines, from its beginning, any number of times."""
        return joined(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Yield the same in pieces of all sizes; the last line may have no end."""
        yield from wire_chunks(self.header, 0)
        for segment in self.segments:
            yield from segment.chunks(self.source)


def convert(header: bytes, source: Buffer, body_start: int, *, keep_8bit: bool, keep_8bit_header: bool) -> Converted:
    """Return the message with no line over 998 octets, 8-bit only where it may be kept. CannotConvert says why not.

    `keep_8bit` is for the bodies, `keep_8bit_header` for the header fields of the message, its parts, and the messages
    within it. The header has LF line ends and ends with the empty line.
    """
    kept = Kept(keep_8bit, keep_8bit_header)
    fields = fields_of(header.removesuffix(b"\n").split(b"\n")[:-1])
    if fields is None:
        raise CannotConvert("its header is malformed")
    top = entity_of(fields, body_start, body_start, body_start, Content(MESSAGE), kept)
    walk = Walk(source, top, kept)
    seen = survey(source, body_start)
    if seen.longest_line > LINE_LIMIT or (seen.is_8bit and not (keep_8bit and keep_8bit_header)):
        walk.walk()
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


def measured(converted: Converted) -> Converted:
    """Return the same with its size, which nobody knows before all of it was encoded once."""
    octets = 0
    is_8bit = False
    for chunk in converted.chunks():
        octets += len(chunk)
        is_8bit = is_8bit or not chunk.isascii()
    return converted.replace(size_octets=octets, is_8bit=is_8bit)

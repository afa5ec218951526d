"""A converted body as a list of segments: unchanged, replaced, or encoded while it is sent."""

from __future__ import annotations

from helper.message.body import CHUNK_OCTETS, canonical_chunks, with_crlf
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helper.message.header import Buffer

    Encoding = Callable[[Iterable[bytes]], Iterator[bytes]]

# What is encoded becomes three times as long, and line ends twice: no chunk is larger than others are.
ENCODED_CHUNK_OCTETS = CHUNK_OCTETS // 4


class Segment(Record):
    """A stretch of the source and what is sent for it: `text` with LF line ends, and then what `encoding` makes of it.

    Without an encoding nothing of the source is sent.
    """

    start: int
    stop: int
    text: bytes = b""
    encoding: Encoding | None = None

    def chunks(self, source: Buffer) -> Iterator[bytes]:
        """Yield the wire octets, in canonical lines; the last one has no end if none belongs to it."""
        if self.text:
            yield with_crlf(self.text)
        if self.encoding is not None:
            yield from self.encoding(canonical_chunks(source, self.start, self.stop, ENCODED_CHUNK_OCTETS))


def unchanged(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield chunks as they are."""
    yield from chunks


def with_the_rest(changed: Iterable[Segment], start: int, stop: int) -> tuple[Segment, ...]:
    """Return these segments in their order, with the unchanged stretches between them, from start to stop."""
    segments: list[Segment] = []
    for segment in sorted(changed, key=lambda segment: (segment.start, segment.stop)):
        if segment.start > start:
            segments.append(Segment(start, segment.start, encoding=unchanged))
        segments.append(segment)
        start = segment.stop
    if start < stop:
        segments.append(Segment(start, stop, encoding=unchanged))
    return tuple(segments)


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield small pieces together: each piece is a system call and a TLS record. The last line gets its end."""
    held: list[bytes] = []
    octets = 0
    last = b"\n"
    for piece in pieces:
        if not piece:
            continue
        held.append(piece)
        octets += len(piece)
        last = piece[-1:]
        if octets >= ENCODED_CHUNK_OCTETS:
            yield b"".join(held)
            held, octets = [], 0
    yield b"".join([*held, b"" if last == b"\n" else b"\r\n"])

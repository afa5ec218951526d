"""Prepare the body for SMTP: find what it needs from the server, convert line ends to CRLF, double dots.

A server that takes LF.LF, LF.CRLF or CR.CR for the end of the data would take what follows for commands, inside our
authenticated session (SMTP smuggling, CVE-2023-51764 to 51766). So no CR or LF leaves here but in CRLF, and dots are
doubled after that.

A large message is searched for single octets, which the C library does. Python searches for two octets, or counts, ten
times more slowly: it does so only in a chunk that has one of them.
"""

from __future__ import annotations

from helper.record import Record
from helper.text import LINE_LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helper.message.header import Buffer

CHUNK_OCTETS = 256 * 1024  # fits a processor's cache; a message is never in memory as a whole


class Survey(Record):
    """What a message needs from the server.

    `octets` is their size on the wire, before dots are doubled (RFC 1870, section 5). `longest_line` counts no CRLF,
    and is exact where it is more than 998; it is 998 where no line is longer: those are not measured.
    """

    octets: int
    is_8bit: bool
    longest_line: int
    has_nul: bool


def survey(message: Buffer, start: int, stop: int | None = None) -> Survey:
    """Measure a message from `start` to `stop` or its end, in one pass."""
    octets = 0
    is_8bit = has_nul = False
    line_start, longest = 0, LINE_LIMIT  # line_start: how many octets of an unfinished line came before
    last = b"\n"
    for chunk in canonical_chunks(message, start, len(message) if stop is None else stop):
        octets += len(chunk)
        is_8bit = is_8bit or not chunk.isascii()
        has_nul = has_nul or b"\0" in chunk
        line_start, longest = measure_lines(chunk, line_start, longest)
        last = chunk[-1:]
    return Survey(octets + 2 * (last != b"\n"), is_8bit, max(longest, line_start), has_nul)


def wire_chunks(message: Buffer, start: int, chunk_octets: int = CHUNK_OCTETS) -> Iterator[bytes]:
    """Yield a message from `start` on in lines that end in CRLF, the last one too; nothing if there is nothing.

    LF, CRLF and a bare CR each end a line, as in Exim; so does a CRLF with more CRs before it, as in a header: broken
    converters make that of CRLF.
    """
    last = b"\n"
    for chunk in canonical_chunks(message, start, len(message), chunk_octets):
        last = chunk[-1:]
        yield chunk
    if last != b"\n":
        yield b"\r\n"


def canonical_chunks(message: Buffer, start: int, stop: int, chunk_octets: int = CHUNK_OCTETS) -> Iterator[bytes]:
    """Yield a piece of a message as wire_chunks does, but for its last line: that stays without an end if it has none.

    No chunk ends, or begins, within a CRLF.
    """
    held = 0  # CRs of which nobody knows yet what they are: that depends on the next octet
    for raw in raw_chunks(message, start, stop, chunk_octets):
        rest = raw.lstrip(b"\r")
        held += len(raw) - len(rest)
        chunk = rest.rstrip(b"\r")
        if chunk:
            if not chunk.startswith(b"\n"):
                yield from line_ends(held, chunk_octets)
            held = len(rest) - len(chunk)
            yield with_crlf(chunk)
    yield from line_ends(held, chunk_octets)


def line_ends(count: int, chunk_octets: int) -> Iterator[bytes]:
    """Yield as many empty lines, in chunks."""
    for at in range(0, count, chunk_octets):
        yield b"\r\n" * min(chunk_octets, count - at)


def dot_stuffed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield canonical lines with a first dot doubled (RFC 5321, section 4.5.2); the final dot is not added."""
    at_line_start = True
    for chunk in chunks:
        stuffed = chunk.replace(b"\n.", b"\n..") if b"." in chunk else chunk
        yield b"." + stuffed if at_line_start and chunk.startswith(b".") else stuffed
        at_line_start = chunk.endswith(b"\n") if chunk else at_line_start


def raw_chunks(message: Buffer, start: int, stop: int, chunk_octets: int) -> Iterator[bytes]:
    """Yield a message from `start` on, up to `stop`, in pieces, none of them empty."""
    for at in range(start, stop, chunk_octets):
        yield bytes(message[at : min(at + chunk_octets, stop)])


def with_crlf(chunk: bytes) -> bytes:
    """Return a chunk that does not end in CR, with each line end CRLF."""
    return (with_lf(chunk) if b"\r" in chunk else chunk).replace(b"\n", b"\r\n")


def with_lf(chunk: bytes) -> bytes:
    """Return a chunk that does not end in CR, with each line end LF."""
    chunk = chunk.replace(b"\r\n", b"\n")
    if b"\r" not in chunk:
        return chunk
    if b"\r\n" in chunk:  # more than one CR before it; line by line, for there may be thousands
        *lines, last = chunk.split(b"\n")
        chunk = b"\n".join([*(line.rstrip(b"\r") for line in lines), last])
    return chunk.replace(b"\r", b"\n")


def measure_lines(chunk: bytes, before: int, longest: int) -> tuple[int, int]:
    """Return the length of a canonical chunk's unfinished last line, and the longest finished one over `longest`.

    `before` octets of the first line came earlier. Lines are not counted but jumped over: where a line end is found
    among the next `longest` octets, the last one there, no line before it is longer.
    """
    end = chunk.find(b"\r")
    if end < 0:
        return before + len(chunk), longest
    longest = max(longest, before + end)
    at = end + 2
    while True:
        end = chunk.rfind(b"\r", at, at + longest + 1)
        if end < 0:
            end = chunk.find(b"\r", at + longest + 1)
            if end < 0:
                return len(chunk) - at, longest
            longest = end - at
        at = end + 2

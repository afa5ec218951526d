"""Boundaries: the lines between the parts of a multipart (RFC 2046, section 5.1.1).

A boundary line has nothing else in it: a line that only begins like one is text, as mail readers treat it, although
the RFC allows a prefix. A line that ends an outer multipart ends all that is within it.
"""

from __future__ import annotations

from helper.message.body import CHUNK_OCTETS
from helper.message.mime.refusal import CannotConvert
from helper.record import Record
from helper.text import LINE_LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helper.message.header import Buffer

FIRST_WINDOW = 4096  # octets; most parts are small, and each begins a search of its own


class BoundaryLine(Record):
    """The start of a boundary line, the start of the next line, and the index of its boundary."""

    start: int
    stop: int
    owner: int
    is_last: bool


def next_boundary_line(source: Buffer, at: int, boundaries: Sequence[bytes]) -> BoundaryLine | None:
    """Return the first boundary line at or after the beginning of a line; an empty boundary has none."""
    shared = common_prefix([boundary for boundary in boundaries if boundary])
    if shared is None:
        return None
    for start in lines_with(source, at, b"--" + shared):
        line = boundary_line(source, start, boundaries)
        if line is not None:
            return line
    return None


def boundary_line(source: Buffer, start: int, boundaries: Sequence[bytes]) -> BoundaryLine | None:
    """Return the line at `start` as a boundary line, None if it is not one."""
    line, stop = line_at(source, start)
    for owner, boundary in enumerate(boundaries):
        if not boundary or not line.startswith(b"--" + boundary):
            continue
        rest = line[len(boundary) + 2 :].rstrip(b" \t")  # transport padding
        if rest not in (b"", b"--"):
            continue
        if len(line) > LINE_LIMIT:
            raise CannotConvert(f"the line of a boundary in it has more than {LINE_LIMIT} octets")
        return BoundaryLine(start, stop, owner, rest == b"--")
    return None


def line_at(source: Buffer, start: int, limit: int = LINE_LIMIT) -> tuple[bytes, int]:
    """Return the line at `start` without its end, and where the next one begins; of a line over the limit, a piece.

    As on the wire, LF, CRLF with any number of CRs, and a bare CR each end a line.
    """
    size = 256
    while True:
        window = bytes(source[start : start + size])
        end = len(window.replace(b"\r", b"\n").partition(b"\n")[0])
        if end + 1 < len(window) or len(window) < size or end > limit:
            break
        size *= 4
    return window[:end], after_line_end(source, start + end)


def after_line_end(source: Buffer, at: int) -> int:
    """Return where the line end at `at` ends, or the end of the source."""
    stop = at
    while (window := bytes(source[stop : stop + FIRST_WINDOW])) and not (rest := window.lstrip(b"\r")):
        stop += len(window)
    if window and rest.startswith(b"\n"):
        return stop + len(window) - len(rest) + 1
    return min(at + 1, len(source))


def before_line_end(source: Buffer, start: int, stop: int) -> int:
    """Return where what lies between ends without its last line end: that belongs to the boundary line after it."""
    last = bytes(source[max(start, stop - 1) : stop])
    if last not in (b"\r", b"\n"):
        return stop
    stop -= 1
    while last == b"\n" and bytes(source[max(start, stop - 1) : stop]) == b"\r":
        stop -= 1
    return stop


def lines_with(source: Buffer, at: int, beginning: bytes) -> Iterator[int]:
    """Yield where lines begin that begin like this, from a beginning of a line on."""
    needle = b"\n" + beginning
    if bytes(source[at : at + len(beginning)]) == beginning:
        yield at
    size = FIRST_WINDOW
    while at < len(source):
        window = bytes(source[at : at + size + len(needle) - 1]).replace(b"\r", b"\n")
        found = window.find(needle)
        while found >= 0:
            yield at + found + 1
            found = window.find(needle, found + 1)
        at += size
        size = min(2 * size, CHUNK_OCTETS)


def common_prefix(texts: Sequence[bytes]) -> bytes | None:
    """Return the common prefix of all texts, None if there are no texts."""
    if not texts:
        return None
    low, high = min(texts), max(texts)
    length = 0
    while length < len(low) and low[length : length + 1] == high[length : length + 1]:
        length += 1
    return low[:length]

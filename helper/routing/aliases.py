"""Alias files: keys and their values, read as aliases(5) and Exim's lsearch (chapter "Single-key lookups") do.

A key ends at a colon or white space, or stands in quotes; lines that begin with white space continue an entry; empty
lines and lines that begin with `#` are ignored. If two entries have the same key, the first one counts. Upper and lower
case are the same in keys, as are all spellings of a local part.
"""

from __future__ import annotations

from helper.address import lower_case
from helper.record import Record
from helper.routing.items import ListSyntax, parse_items, quotation_end
from helper.text import is_utf16, without_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# A search reads the whole file at the speed of C and costs a hundredth of an index over it: few addresses, no index.
SEARCHES_WITHOUT_INDEX = 64

KEY_ENDS = (b":", b" ", b"\t", b"\r", b"\v", b"\f", b"\n", b"")
BLANKS = (b" ", b"\t")
KEYLESS = (*BLANKS, b"#", b"")  # what lines begin with that go on with an entry, or say nothing


class Entry(Record):
    """The value of the first entry of a key, its lines joined; `start` is its position in the file."""

    start: int
    value: bytes


class AliasFile:
    """The octets of an alias file. They are searched directly; an index is made only when that is cheaper."""

    def __init__(self, octets: bytes) -> None:
        # Each line follows a line end now, and its number is how many went before.
        self.octets = b"\n" + without_mark(octets)
        self.lowered = self.octets.lower()
        self.searches_left = SEARCHES_WITHOUT_INDEX
        self.index: dict[bytes, int] = {}

    def find(self, key: bytes) -> Entry | None:
        """Return the entry of a key, a local part as it stands in addresses; None if there is none."""
        if not key.isascii():
            self.searches_left = 0  # the file may have it in another normal form
        starts = [self.start_of(spelling) for spelling in spellings(lower_case(key))]
        found = [start for start in starts if start]
        return Entry(min(found), entry_value(self.octets, min(found))) if found else None

    def line_of(self, entry: Entry) -> int:
        """Return the number of the line in which an entry begins."""
        return self.octets.count(b"\n", 0, entry.start)

    def start_of(self, spelling: bytes) -> int:
        """Return the position of the first line with this key in this spelling, 0 if there is none."""
        at = -1
        while self.searches_left:
            self.searches_left -= 1
            at = self.lowered.find(b"\n" + spelling, at + 1)
            if at < 0:
                return 0
            end = at + 1 + len(spelling)
            if self.lowered[end : end + 1] in KEY_ENDS:
                return at + 1
        if not self.index:
            self.index = key_index(self.octets)
        return self.index.get(spelling, 0)


def spellings(key: bytes) -> tuple[bytes, ...]:
    """Return the ways in which a file may write a key: quotes are optional unless the local part needs them."""
    if key.startswith(b'"'):
        return (key,)
    quoted = b'"' + key + b'"'
    return (quoted,) if not key or key.startswith(b"#") else (key, quoted)


def key_index(octets: bytes) -> dict[bytes, int]:
    """Return the position of the first line of each key; wrong lines have no key."""
    index = {b"": 0}
    at = 0
    for line in octets.split(b"\n"):
        if line[:1] not in KEYLESS:
            index.setdefault(compared_key(line[: key_end(line)]), at)
        at += len(line) + 1
    return index


def compared_key(key: bytes) -> bytes:
    """Return a key in the form in which keys are compared; a key that is not UTF-8 is not a local part."""
    try:
        return lower_case(key)
    except UnicodeDecodeError:
        return b""


def key_end(line: bytes) -> int:
    """Return the end of the key at the beginning of a line, 0 if there is no key."""
    if line.startswith(b'"'):
        end = quotation_end(line)
        return end if line[end : end + 1] in KEY_ENDS else 0
    words = line.partition(b":")[0].split(None, 1)
    return len(words[0]) if words and line.startswith(words[0]) else 0


def entry_value(octets: bytes, start: int) -> bytes:
    """Return the value after the key, with continuation lines joined by a space."""
    end = line_end(octets, start)
    parts = [value_after_key(octets[start:end])]
    while (start := end + 1) < len(octets):
        end = line_end(octets, start)
        line = octets[start:end]
        if is_continuation(line):
            parts.append(line.strip())
        elif not is_nothing(line):
            break
    return joined(parts)


def joined(parts: list[bytes]) -> bytes:
    """Return the lines of an entry as one, without those that are comments."""
    return b" ".join(part for part in parts if part and not part.startswith(b"#"))


def line_end(octets: bytes, start: int) -> int:
    """Return where the line ends that begins at `start`."""
    end = octets.find(b"\n", start)
    return end if end >= 0 else len(octets)


def value_after_key(line: bytes) -> bytes:
    """Return the value in the first line of an entry, after a colon or white space or both."""
    return line[key_end(line) :].strip().removeprefix(b":").strip()


def is_continuation(line: bytes) -> bool:
    """Return whether a line continues the entry above it."""
    return line.startswith(BLANKS)


def is_nothing(line: bytes) -> bool:
    """Return whether a line is empty or a comment."""
    return line.startswith(b"#") or not line.strip()


def count_entries(octets: bytes, qualify: bytes) -> int:
    """Return how many entries an alias file holds. ListSyntax names the first wrong line."""
    count = 0
    for number, value in entries(octets):
        if not parse_items(value, qualify, number):
            raise ListSyntax("the entry has no value", number)
        count += 1
    return count


def entries(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield line number and value of each entry. ListSyntax if a line has no key, and for UTF-16."""
    if is_utf16(octets):
        raise ListSyntax("the file is UTF-16: save it as UTF-8", 1)
    begun_at, parts = 0, list[bytes]()
    for number, line in enumerate(without_mark(octets).split(b"\n"), 1):
        if is_nothing(line):
            continue
        if is_continuation(line) and begun_at:
            parts.append(line.strip())
            continue
        if begun_at:
            yield begun_at, joined(parts)
        if is_continuation(line) or not key_end(line):
            raise ListSyntax("the line does not begin with a key", number)
        begun_at, parts = number, [value_after_key(line)]
    if begun_at:
        yield begun_at, joined(parts)

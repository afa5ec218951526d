"""Split a message into header fields and body. Fields keep their octets, so that only intended changes are made.

RFC 5322, sections 2.2 and 4.5; Exim's specification, "Message processing", for what is no proper header.
"""

from __future__ import annotations

from helper.failure import MessageError
from helper.record import Record
from helper.text import CONTROLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from mmap import mmap

    Buffer = bytes | memoryview | mmap

HEADER_LIMIT = 1024 * 1024  # octets, as Exim's header_maxsize; a header is held in memory, a body is not
FIELDS_LIMIT = 10_000  # a million octets could be 350,000 fields, each a value of its own
NAME_OCTETS = bytes(octet for octet in range(33, 127) if octet != ord(":"))  # RFC 5322, section 2.2
COLUMNS = 78  # RFC 5322, section 2.1.1


class Field(Record):
    """A header field: its name as it is written, and all of its octets, each line ended by LF."""

    name: bytes
    octets: bytes

    @property
    def key(self) -> bytes:
        """The name in lower case: case does not matter in names (RFC 5322, section 1.2.2)."""
        return self.name.lower()

    @property
    def body(self) -> bytes:
        """What stands after the colon, with its line ends."""
        return self.octets.partition(b":")[2]


def split_message(message: Buffer) -> tuple[tuple[Field, ...], int]:
    """Return the header fields, and the offset at which the body begins, after the empty line.

    An mbox `From ` line at the start is left out. A line that is no field ends the header and belongs to the body;
    where it is the first one, there is no header. A line of white space continues its field (obs-FWS, RFC 5322,
    section 4.2): were it the end, a `Bcc:` below it would be sent as text. It is left out, as are blanks before a
    colon (section 4.5): other parsers end the header there, and what we add would be text. MessageError for a NUL or
    too much.
    """
    head = bytes(message[:HEADER_LIMIT])
    is_cut = len(message) > HEADER_LIMIT
    fields: list[Field] = []
    lines: list[bytes] = []
    at = end_of_mbox_line(head)
    while at < len(head):
        line_end = end_of_line(head, at)
        line = cleaned(head[at:line_end])
        if lines and line[:1] in (b" ", b"\t"):
            if not line.isspace():
                lines.append(line)
        elif field_name(line):
            add_field(fields, lines)
            lines = [line]
        elif is_cut and lines and line_end == len(head) and not head.endswith(b"\n"):
            break  # perhaps the line goes on and is a field
        else:
            add_field(fields, lines)
            return tuple(fields), line_end if line == b"\n" else at
        at = line_end
    if is_cut:
        raise MessageError(f"the header of the message has more than {HEADER_LIMIT} octets")
    add_field(fields, lines)
    return tuple(fields), len(head)


def new_field(name: bytes, parts: Sequence[bytes]) -> Field:
    """Return a field of our own, folded between its parts at 78 columns. ValueError for a control character in it.

    What we add is made of checked parts; this is the last place where a line break could begin a field (threat H3).
    """
    lines = [name + b":"]
    for part in parts:
        if part.translate(None, CONTROLS) != part:
            raise ValueError("a header field that Gatepost adds would contain a control character")
        if len(lines[-1]) + 1 + len(part) > COLUMNS and not lines[-1].endswith(b":"):
            lines.append(b"")
        lines[-1] += b" " + part
    return Field(name, b"\n".join(lines) + b"\n")


def end_of_mbox_line(head: bytes) -> int:
    """Return where the mbox line at the start ends, 0 if there is none; `From :` is a field in obsolete syntax."""
    if not head.startswith((b"From ", b">From ")):
        return 0
    line_end = end_of_line(head, 0)
    return 0 if field_name(head[:line_end]) in (b"From", b">From") else line_end


def end_of_line(head: bytes, at: int) -> int:
    """Return where the line at `at` ends, its LF included. Only LF ends a line in a header."""
    return head.find(b"\n", at) + 1 or len(head)


def cleaned(line: bytes) -> bytes:
    r"""Return a line that ends in LF, and in which a bare CR has become a space.

    A program that accepts CR as a line end would see unchecked fields. Broken converters make `\r\r\n` of CRLF.
    """
    return line.removesuffix(b"\n").rstrip(b"\r").replace(b"\r", b" ") + b"\n"


def field_name(line: bytes) -> bytes:
    """Return the name of the field that a line begins, nothing if it begins none.

    White space before the colon is obsolete syntax, and no part of the name (RFC 5322, section 4.5).
    """
    name, colon, _ = line.partition(b":")
    name = name.rstrip(b" \t")
    return name if colon and not name.translate(None, NAME_OCTETS) else b""


def add_field(fields: list[Field], lines: list[bytes]) -> None:
    """Make a field of its lines, if there are any."""
    if not lines:
        return
    if len(fields) == FIELDS_LIMIT:
        raise MessageError(f"the header of the message has more than {FIELDS_LIMIT} fields")
    octets = b"".join(lines)
    name = field_name(octets)
    if octets[len(name)] != ord(":"):
        octets = name + octets[octets.index(b":") :]
    if b"\0" in octets:
        raise MessageError(f"the header field {name.decode('ascii')} has a NUL in it")
    fields.append(Field(name, octets))

"""Entities: the positions of a message, its parts and the messages within it (RFC 2045, section 2.4)."""

from __future__ import annotations

from helper.message.header import HEADER_LIMIT
from helper.message.mime.boundaries import boundary_line, line_at
from helper.message.mime.content import MESSAGE, Content, content_of
from helper.message.mime.fields import ascii_field, encoded_field, fields_of
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.message.header import Buffer
    from helper.message.mime.fields import Fields

SIGNATURE_KEYS = frozenset((b"dkim-signature", b"domainkey-signature", b"arc-message-signature"))


class Kept(Record):
    """What may stay 8-bit; in a header, only text that cannot be converted to ASCII, or is not UTF-8."""

    body: bool
    header: bool


class Entity(Record):
    """A header and where it stands in the source, without the empty line; the body begins at `body_start`.

    `fields` are as they will be sent, `is_changed` says that they came otherwise. `is_message` tells a message from a
    part.
    """

    fields: Fields
    is_changed: bool
    content: Content
    start: int
    stop: int
    body_start: int
    is_message: bool


def entity_of(fields: Fields, start: int, stop: int, body_start: int, within: Content, kept: Kept) -> Entity:
    """Return the entity with this header; what it is within says what it is if it does not."""
    sent = tuple(encoded_field(field) if kept.header else ascii_field(field) for field in fields)
    content = content_of(fields, within.parts_type)
    return Entity(sent, sent != fields, content, start, stop, body_start, within.kind == MESSAGE)


def read_entity(source: Buffer, start: int, boundaries: Sequence[bytes], within: Content, kept: Kept) -> Entity:
    """Return the part or the message that begins here.

    If its header is not valid, or signs all of it, everything is a body that must not be changed.
    """
    lines: list[bytes] = []
    at = stop = start
    while at < len(source) and stop - start <= HEADER_LIMIT:
        line, after = line_at(source, at, HEADER_LIMIT)
        if line.startswith(b"--") and boundary_line(source, at, boundaries) is not None:
            break
        at = after
        if not line:
            break
        lines.append(line)
        stop = after
    fields = fields_of(lines)
    if fields is None or stop - start > HEADER_LIMIT:
        return untouchable(start, "a part of it has a malformed header")
    name = signature_in(fields) if within.kind == MESSAGE else ""
    if name:
        return untouchable(start, f"a message in it is signed ({name})")
    return entity_of(fields, start, stop, at, within, kept)


def untouchable(start: int, problem: str) -> Entity:
    """Return an entity that consists of a body only."""
    return Entity((), False, Content(problem=problem), start, start, start, False)


def signature_in(fields: Fields) -> str:
    """Return the name of a field that signs header and body, empty if there is none."""
    return next((field.name.decode("ascii") for field in fields if field.key in SIGNATURE_KEYS), "")

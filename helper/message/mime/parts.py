"""Walk through the parts of a message, encode what needs it, and change the headers.

It holds an entity for each message and multipart that it is within; deep nesting is a list, not a deep stack.
"""

from __future__ import annotations

from helper.message.body import survey
from helper.message.mime.boundaries import before_line_end, next_boundary_line
from helper.message.mime.content import IDENTITY, LEAF, MESSAGE
from helper.message.mime.entity import read_entity
from helper.message.mime.fields import with_field, with_mime_version
from helper.message.mime.leaf import encoded_leaf
from helper.message.mime.refusal import CannotConvert
from helper.message.mime.segments import Segment
from helper.record import Record
from helper.text import LINE_LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.message.body import Survey
    from helper.message.header import Buffer
    from helper.message.mime.boundaries import BoundaryLine
    from helper.message.mime.content import Content
    from helper.message.mime.entity import Entity, Kept
    from helper.message.mime.fields import Fields

NESTING_LIMIT = 32  # nobody reads what is nested deeper, and each level is looked for in each line
PARTS_LIMIT = 10_000  # each that changes is held as a value or two


class Composite(Record):
    """A multipart, or a message within a message, and how much had changed, and was kept 8-bit, before it began."""

    entity: Entity
    changes: int
    kept_8bit: int


class Walk:
    """The state of the walk at a position in the source.

    `changes` are the headers and bodies that are sent otherwise; `fields` those of the message itself, whose header is
    not in the source.
    """

    def __init__(self, source: Buffer, top: Entity, kept: Kept) -> None:
        self.source = source
        self.top = top
        self.kept = kept
        self.fields = top.fields
        self.changes: list[Segment] = []
        self.within: list[Composite] = []
        self.entities = 0
        self.kept_8bit = 0

    def walk(self) -> None:
        """Walk through all parts. CannotConvert if a part needs a change but must not be changed."""
        line = self.enter(self.top)
        while line is not None:
            self.leave(line.owner + 1)
            if line.is_last:
                self.leave(line.owner)
                line = self.pass_over(line.stop)
            else:
                line = self.enter(self.read(line.stop, self.within[-1].entity.content))
        self.leave(0)

    def enter(self, entity: Entity) -> BoundaryLine | None:
        """Deal with an entity up to the first boundary line, and return that."""
        while entity.content.kind == MESSAGE:
            self.hold(entity)
            entity = self.read(entity.body_start, entity.content)
        if entity.content.kind == LEAF:
            line = next_boundary_line(self.source, entity.body_start, self.boundaries)
            self.deal_with_leaf(entity, self.end_of_body(entity.body_start, line))
            return line
        self.hold(entity)
        return self.pass_over(entity.body_start)

    def read(self, start: int, within: Content) -> Entity:
        """Read the header of a part, or of a message within a message."""
        self.entities += 1
        if self.entities > PARTS_LIMIT:
            raise CannotConvert(f"it has more than {PARTS_LIMIT} parts")
        entity = read_entity(self.source, start, self.boundaries, within, self.kept)
        self.kept_8bit += not all(field.octets.isascii() for field in entity.fields)
        return entity

    def hold(self, entity: Entity) -> None:
        """Remember an entity that others are within."""
        if len(self.within) == NESTING_LIMIT:
            raise CannotConvert(f"its parts are nested more than {NESTING_LIMIT} deep")
        self.within.append(Composite(entity, len(self.changes), self.kept_8bit))

    def leave(self, depth: int) -> None:
        """Finish the entities that nothing more is within. Their own headers stand before what has changed in them."""
        while len(self.within) > depth:
            composite = self.within.pop()
            entity, fields = composite.entity, composite.entity.fields
            if len(self.changes) > composite.changes:
                if entity.content.encoding in IDENTITY[1:] and self.kept_8bit == composite.kept_8bit:
                    fields = with_field(fields, b"Content-Transfer-Encoding", IDENTITY[0])
                if entity.is_message:
                    fields = with_mime_version(fields)
            self.deal_with_header(entity, fields)

    def deal_with_header(self, entity: Entity, fields: Fields) -> None:
        """Note a header where it is sent otherwise."""
        if entity is self.top:
            self.fields = fields
        elif entity.is_changed or fields != entity.fields:
            self.changes.append(Segment(entity.start, entity.stop, b"".join(field.octets for field in fields)))

    def deal_with_leaf(self, entity: Entity, stop: int) -> None:
        """Note a body, and its header, where they are sent otherwise."""
        fields = entity.fields
        if self.may_stay(survey(self.source, entity.body_start, stop)):
            self.deal_with_header(entity, fields)
            return
        if entity.content.problem:
            raise CannotConvert(entity.content.problem)
        fields, encoding = encoded_leaf(self.source, entity, stop)
        self.deal_with_header(entity, fields)
        self.changes.append(Segment(entity.body_start, stop, encoding=encoding))

    def pass_over(self, start: int) -> BoundaryLine | None:
        """Return the next boundary line, where what stands before it is text that is no part (RFC 2046, section 5.1.1).

        That text cannot be encoded, and we must not remove it.
        """
        line = next_boundary_line(self.source, start, self.boundaries)
        if not self.may_stay(survey(self.source, start, self.end_of_body(start, line))):
            raise CannotConvert("it has 8-bit octets or long lines between its parts, before or after them")
        return line

    def may_stay(self, seen: Survey) -> bool:
        """Return whether text may be sent as it is, and remember that 8-bit text was."""
        if seen.longest_line > LINE_LIMIT or (seen.is_8bit and not self.kept.body):
            return False
        self.kept_8bit += seen.is_8bit
        return True

    def end_of_body(self, start: int, line: BoundaryLine | None) -> int:
        """Return where a body ends that begins at `start`, before this boundary line or at the end of all."""
        return len(self.source) if line is None else before_line_end(self.source, start, line.start)

    @property
    def boundaries(self) -> list[bytes]:
        """The boundaries of all that we are within, outermost first; that of a message is empty."""
        return [composite.entity.content.boundary for composite in self.within]

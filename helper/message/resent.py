"""Find the newest block of `Resent-` fields, which identifies who resent a message (RFC 5322, section 3.6.6)."""

from __future__ import annotations

from helper.failure import MessageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.message.header import Field

    Fields = tuple[Field, ...]

PREFIX = b"resent-"
TRACE_KEYS = (b"received", b"return-path")  # RFC 5322, section 3.6.7
# Those that may stand once in a block (RFC 5322, sections 3.6 and 4.5.6), and those that every older block has one of.
MARKS = frozenset((b"resent-from", b"resent-date", b"resent-sender", b"resent-message-id"))
ONCE = MARKS | frozenset((b"resent-to", b"resent-cc", b"resent-bcc", b"resent-reply-to"))


def split_at_newest_block(fields: Fields) -> tuple[Fields, Fields, Fields]:
    """Return the fields before the newest block, the block, and those after it; without a block, all are before."""
    start, stop = newest_resent_block(fields)
    return (fields[:start], fields[start:stop], fields[stop:]) if stop else (fields, (), ())


def newest_resent_block(fields: Sequence[Field]) -> tuple[int, int]:
    """Return where the newest block begins, and where its last field ends; (0, 0) if there is none.

    It begins at the first `Resent-` field, wherever that stands: Python's `email` appends it to the header. Other
    fields may stand within it. The next trace field ends it, and so does a second field of a name that a block has
    once. MessageError if what was cut off is no older block: its recipients would be lost.
    """
    start = next_resent(fields, 0)
    if start == len(fields):
        return 0, 0
    stop, cut = end_of_block(fields, start)
    older = next_resent(fields, cut)
    rest = fields[older : end_of_block(fields, older)[0]]
    keys = {field.key for field in rest}
    if keys & ONCE and not keys & MARKS:
        raise MessageError(no_block(rest[0], fields[start:stop]))
    return start, stop


def end_of_block(fields: Sequence[Field], start: int) -> tuple[int, int]:
    """Return where the last field of a block ends, and where what is not of this block begins."""
    seen: set[bytes] = set()
    stop = at = start
    while at < len(fields):
        key = fields[at].key
        if key in TRACE_KEYS or key in seen:
            break
        at += 1
        if key in ONCE:
            seen.add(key)
        if key.startswith(PREFIX):
            stop = at
    return stop, at


def next_resent(fields: Sequence[Field], at: int) -> int:
    """Return the place of the first `Resent-` field at or after `at`, the end if there is none."""
    while at < len(fields) and not fields[at].key.startswith(PREFIX):
        at += 1
    return at


def no_block(field: Field, block: Sequence[Field]) -> str:
    """Return why the fields that this one begins belong neither to the newest block nor to an older one."""
    name = field.name.decode("ascii")
    if any(each.key == field.key for each in block):
        return f"{name}: appears twice; write one field with all addresses (an older block has a Resent-From:)"
    return f"{name}: is below the trace fields that end its block; move it above them, next to the other Resent- fields"

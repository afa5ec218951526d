"""Resent: the block of fields that says who sent an old message again (RFC 5322, section 3.6.6)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.message.header import Field


def newest_resent_block(fields: Sequence[Field]) -> tuple[int, int]:
    """Return where the newest block begins and ends among the fields, (0, 0) where there is none.

    It is the first one, and its fields stand together. Each name comes once in a block, so where two blocks meet, one
    that comes again begins the older one (RFC 5322, section 3.6).
    """
    start = 0
    while start < len(fields) and not is_resent(fields[start]):
        start += 1
    if start == len(fields):
        return 0, 0
    seen: set[bytes] = set()
    stop = start
    while stop < len(fields) and is_resent(fields[stop]):
        key = fields[stop].key
        if key in seen:
            break
        seen.add(key)
        stop += 1
    return start, stop


def is_resent(field: Field) -> bool:
    """Say whether a field belongs to a resent block."""
    return field.key.startswith(b"resent-")

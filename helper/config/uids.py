"""Uids: how callers without an account are named: `uid4242`, `uid61184-65519`."""

from __future__ import annotations

UID = b"uid"
NO_UID = (1 << 32) - 1
DIGITS_LIMIT = 10  # of a number of 32 bits


def uid_range(name: bytes) -> tuple[int, int] | None:
    """Return the first and the last uid that a name stands for, None for any other name."""
    first, dash, last = name.removeprefix(UID).partition(b"-")
    numbers = (first, last if dash else first)
    if not name.startswith(UID) or not all(number.isdigit() and len(number) <= DIGITS_LIMIT for number in numbers):
        return None
    return int(numbers[0]), int(numbers[1])

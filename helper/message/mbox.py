"""The mbox line that may stand before a header: `From alice@example.org Mon Jan  1 00:00:00 2024` (mbox(5))."""

from __future__ import annotations

from helper.message.header import end_of_mbox_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.message.header import Buffer

LINE_LIMIT = 1000  # octets; the longest address, and a date


def mbox_sender(message: Buffer) -> bytes | None:
    """Return whom the mbox line at the start of a message names as its sender, None if there is no such line.

    As Exim recognises it (uucp_from_pattern): an address without spaces, and a date with a time of day.
    """
    head = bytes(message[:LINE_LIMIT])
    if not head.startswith(b"From "):
        return None
    _, *words = head[: end_of_mbox_line(head)].split() or [b""]
    return words[0] if any(is_time(word) for word in words[2:]) else None


def is_time(word: bytes) -> bool:
    """Return whether a word is a time of day, such as 12:34 or 12:34:56."""
    hours, colon, rest = word.partition(b":")
    return hours.isdigit() and colon != b"" and rest[:2].isdigit()

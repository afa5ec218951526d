"""A message that can be told from any other: a file that is marked anew for each send."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from bench.smarthost import Arrival

MARK = b"%016d"
FIRST_FIELD = b"X-Mark: "
HEADER = b"From: Alice <alice@example.net>\nTo: Bob <bob@x.example>\nSubject: A message of the benchmark\n"
LINE = b"All work and no play makes a dull benchmark; this line is 72 octets long\n"
LINES_WRITTEN_AT_ONCE = 10_000
# What a program may add to the header; less than any line of text more would be.
ADDED_OCTETS = 8000


class Message:
    """A file with a message of about the size wanted, whose first field and last line are the mark."""

    def __init__(self, file: Path, size_octets: int, header: bytes = HEADER) -> None:
        self.file = file
        self._mark = b""
        lines = max(1, (size_octets - len(header)) // len(LINE))
        with open(file, "wb") as message:
            message.write(FIRST_FIELD + b" " * 16 + b"\n" + header + b"\n")
            for written in range(0, lines, LINES_WRITTEN_AT_ONCE):
                message.write(LINE * min(LINES_WRITTEN_AT_ONCE, lines - written))
            self._last_line_at = message.tell()
            message.write(b" " * 16 + b"\n")
            self._octets_sent = message.tell() + lines + header.count(b"\n") + 3  # with CRLF
        file.chmod(0o644)

    def mark(self, number: int) -> None:
        """Mark the message, so that it cannot be taken for one that was sent before."""
        self._mark = MARK % number
        descriptor = os.open(self.file, os.O_WRONLY)
        os.pwrite(descriptor, self._mark, len(FIRST_FIELD))
        os.pwrite(descriptor, self._mark, self._last_line_at)
        os.close(descriptor)

    def is_in(self, arrival: Arrival) -> bool:
        """Return whether this message, whole, is what arrived."""
        return (
            FIRST_FIELD + self._mark in arrival.beginning
            and arrival.end.endswith(b"\r\n" + self._mark + b"\r\n")
            and 0 <= arrival.octets - self._octets_sent < ADDED_OCTETS
        )


def missing(messages: Iterable[Message], recipients: int, arrivals: Iterable[Arrival | None]) -> str:
    """Say what has not arrived, whole and for all its recipients; empty when everything has.

    Looks at no more arrivals than needed; None among them is the end of the wait for the next one.
    """
    wanted = dict.fromkeys(messages, recipients)
    stranger: Arrival | None = None
    for arrival in arrivals:
        if arrival is None:
            break
        message = next((message for message in wanted if message.is_in(arrival)), None)
        if message is None:
            stranger = arrival
            continue
        wanted[message] -= arrival.recipients
        if wanted[message] == 0:
            del wanted[message]
        if not wanted:
            return ""
    return f"{len(wanted)} not arrived complete; the last that came: {stranger or 'nothing'}"

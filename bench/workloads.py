"""What is sent, to how many, to what kind of smart host; and the message itself, which can be told from any other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sink import Arrival

MARK = b"%016d"
HEADER = b"From: Alice <alice@example.net>\nTo: Bob <bob@x.example>\nSubject: A message of the benchmark\n"
LINE = b"All work and no play makes a dull benchmark; this line is 72 octets long\n"
# What a program may add to the header; less than any line of text more would be.
ADDED_OCTETS = 8000


@dataclass(frozen=True)
class Workload:
    """One row of the table. `rounds` is how often each program sends it."""

    name: str
    size_octets: int
    rounds: int
    recipients: int = 1
    with_tls: bool = False
    acknowledges_at_once: bool = False

    def addresses(self) -> list[str]:
        """Return the recipients."""
        return [f"r{number}@x.example" for number in range(self.recipients)]


WORKLOADS = (
    Workload("1 KiB, plain", 1024, 40),
    Workload("1 KiB, TLS + AUTH", 1024, 40, with_tls=True),
    Workload("1 KiB, plain, quickack", 1024, 40, acknowledges_at_once=True),
    Workload("1 KiB, TLS + AUTH, quickack", 1024, 40, with_tls=True, acknowledges_at_once=True),
    Workload("100 recipients, plain", 1024, 20, recipients=100),
    Workload("25 MiB, plain", 25 << 20, 8),
)


class Message:
    """A file with a message of about the size wanted, whose first field and last line are marked anew for each send."""

    def __init__(self, file: Path, size_octets: int) -> None:
        self.file = file
        self._mark = b""
        count = max(1, (size_octets - len(HEADER)) // len(LINE))
        text = b"X-Mark: " + b" " * 16 + b"\n" + HEADER + b"\n" + LINE * count + b" " * 16 + b"\n"
        self._last_line_at = len(text) - 17
        self._octets_sent = len(text) + text.count(b"\n")  # with CRLF
        self.file.write_bytes(text)
        self.file.chmod(0o644)

    def mark(self, number: int) -> None:
        """Mark the message, so that it cannot be taken for one that was sent before."""
        self._mark = MARK % number
        descriptor = os.open(self.file, os.O_WRONLY)
        os.pwrite(descriptor, self._mark, len(b"X-Mark: "))
        os.pwrite(descriptor, self._mark, self._last_line_at)
        os.close(descriptor)

    def is_in(self, arrival: Arrival) -> bool:
        """Say whether this message, whole, is what arrived."""
        return (
            b"X-Mark: " + self._mark in arrival.beginning
            and arrival.end.endswith(b"\r\n" + self._mark + b"\r\n")
            and 0 <= arrival.octets - self._octets_sent < ADDED_OCTETS
        )

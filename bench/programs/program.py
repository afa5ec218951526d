"""What can be measured: a program that sends the message on its standard input."""

from __future__ import annotations

from typing import Protocol

from bench.smarthost import SmartHost
from bench.workloads import Workload

SENDER = "alice@example.net"
CLIENT_NAME = "ws1.example.net"


class Program(Protocol):
    """A program, ready to send; `note` says what a reader of its figures has to know, if anything."""

    name: str
    version: str
    environment: dict[str, str]
    note: str

    def cannot(self, workload: Workload) -> str:
        """Say why it cannot do this; empty if it can."""

    def configure(self, smart_host: SmartHost) -> None:
        """Say which smart host is meant."""

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""

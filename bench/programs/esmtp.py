"""Debian's esmtp."""

from __future__ import annotations

from bench.programs.peer import Peer
from bench.programs.program import CLIENT_NAME, SENDER
from bench.smarthost import IMPLICIT, STARTTLS, SmartHost
from bench.workloads import Workload

CONFIGURATION = """\
hostname = {host}:{port}
helo = {client_name}
qualifydomain = example.net
force reverse_path = {sender}
"""
CANNOT = {
    IMPLICIT: "knows no implicit TLS",
    STARTTLS: "waits for ever where a server sends TLS 1.3's session tickets after the handshake, as most do",
}


class Esmtp(Peer):
    """Plain alone."""

    name = "esmtp"

    def cannot(self, workload: Workload) -> str:
        """Say why it cannot do this; empty if it can."""
        return CANNOT.get(workload.tls, "")

    def configure(self, smart_host: SmartHost) -> None:
        """Write the configuration, all of it."""
        self.write(CONFIGURATION, smart_host, client_name=CLIENT_NAME, sender=SENDER)

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        return [f"{self.unpacked}/usr/bin/esmtp", "-C", str(self.configuration), "-i", *recipients]

"""Debian's dma, which queues; -D makes it deliver before it ends, as far as it can."""

from __future__ import annotations

from pathlib import Path

from bench.place import Place
from bench.programs.peer import Peer
from bench.programs.program import SENDER
from bench.smarthost import PLAIN, STARTTLS, SmartHost

CONFIGURATION = """\
SMARTHOST {host}
PORT {port}
SPOOLDIR {folder}/spool
AUTHPATH {folder}/auth.conf
MAILNAME ws1.example.net
NULLCLIENT
"""
AUTH = "{user}|{host}:{password}\n"
FIXED_PATH = Path("/etc/dma/dma.conf")


class Dma(Peer):
    """It reads its configuration at a fixed path, which is in the benchmark's own /etc."""

    name = "dma"
    note = (
        "with -D it delivers before it ends, but queues first (its status is 0 whatever happens), sends each recipient "
        "a copy in a connection of its own, of which it waits for the last alone, and verifies no certificate"
    )

    def __init__(self, where: Place, cache: Path) -> None:
        super().__init__(where, cache)
        where.folder(f"{self.name}/spool")
        FIXED_PATH.parent.mkdir(exist_ok=True)

    def configure(self, smart_host: SmartHost) -> None:
        """Write the configuration, all of it."""
        has_tls = smart_host.tls != PLAIN
        self.configuration = self.folder / "auth.conf"
        self.write(AUTH if has_tls else "", smart_host)
        self.configuration = FIXED_PATH
        text = CONFIGURATION + ("SECURETRANSFER\n" if has_tls else "")
        self.write(text + ("STARTTLS\n" if smart_host.tls == STARTTLS else ""), smart_host)

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        return [f"{self.unpacked}/usr/sbin/dma", "-D", "-i", "-f", SENDER, *recipients]

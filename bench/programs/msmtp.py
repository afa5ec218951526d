"""Debian's msmtp."""

from __future__ import annotations

from bench.programs.peer import Peer
from bench.programs.program import CLIENT_NAME, SENDER
from bench.smarthost import PLAIN, STARTTLS, SmartHost

CONFIGURATION = """\
account default
host {host}
port {port}
domain {client_name}
from {sender}
logfile {folder}/msmtp.log
"""
TLS = """\
tls on
tls_starttls {starttls}
tls_trust_file {ca}
auth plain
user {user}
password {password}
"""


class Msmtp(Peer):
    """The password stands in the user's own file."""

    name = "msmtp"

    def configure(self, smart_host: SmartHost) -> None:
        """Write the configuration, all of it."""
        text = CONFIGURATION + (TLS if smart_host.tls != PLAIN else "")
        starttls = "on" if smart_host.tls == STARTTLS else "off"
        self.write(text, smart_host, client_name=CLIENT_NAME, sender=SENDER, starttls=starttls)

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        return [f"{self.unpacked}/usr/bin/msmtp", "-C", str(self.configuration), "-i", *recipients]

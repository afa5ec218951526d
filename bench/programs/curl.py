"""Debian's curl, which uploads a finished message."""

from __future__ import annotations

from bench.programs.peer import Peer
from bench.programs.program import CLIENT_NAME, SENDER
from bench.smarthost import IMPLICIT, PLAIN, SmartHost

CONFIGURATION = """\
url = "{scheme}://{host}:{port}/{client_name}"
mail-from = "{sender}"
upload-file = "-"
crlf
silent
show-error
"""
TLS = """\
ssl-reqd
cacert = "{ca}"
user = "{user}:{password}"
login-options = "AUTH=PLAIN"
sasl-ir
"""


class Curl(Peer):
    """What is left of the work when nothing is done to the message but line ends."""

    name = "curl"
    note = "it adds no header field, and sends what it is given"

    def configure(self, smart_host: SmartHost) -> None:
        """Write the configuration, all of it."""
        scheme = "smtps" if smart_host.tls == IMPLICIT else "smtp"
        text = CONFIGURATION + (TLS if smart_host.tls != PLAIN else "")
        self.write(text, smart_host, client_name=CLIENT_NAME, sender=SENDER, scheme=scheme)

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        named = [word for recipient in recipients for word in ("--mail-rcpt", recipient)]
        return [f"{self.unpacked}/usr/bin/curl", "-q", "-K", str(self.configuration), *named]

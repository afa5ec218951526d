"""Debian's s-nail with an SMTP server as its mta. It composes: what it is given becomes the body of a message."""

from __future__ import annotations

from urllib.parse import quote

from bench.programs.peer import Peer
from bench.programs.program import CLIENT_NAME, SENDER
from bench.smarthost import CREDENTIAL, IMPLICIT, PLAIN, STARTTLS, SmartHost

CONFIGURATION = """\
set v15-compat=yes
set sendwait
set from={sender}
set hostname={client_name} smtp-hostname={client_name}
set mta={url}
set smtp-auth={auth}
set tls-ca-file={ca} tls-ca-no-defaults tls-verify=strict
set nosave
{starttls}
"""


class Snail(Peer):
    """mailx, in short."""

    name = "s-nail"
    note = "it composes: the message, header and all, is the body of what it sends"

    def configure(self, smart_host: SmartHost) -> None:
        """Write the configuration, all of it."""
        credential = ":".join(quote(word, safe="") for word in CREDENTIAL) + "@" if smart_host.wants_auth else ""
        scheme = "smtps" if smart_host.tls == IMPLICIT else "smtp"
        self.write(
            CONFIGURATION,
            smart_host,
            sender=SENDER,
            client_name=CLIENT_NAME,
            url=f"{scheme}://{credential}{smart_host.name}:{smart_host.port}",
            auth="none" if smart_host.tls == PLAIN else "plain",
            starttls="set smtp-use-starttls" if smart_host.tls == STARTTLS else "",
        )
        self.environment |= {"MAILRC": str(self.configuration), "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        return [f"{self.unpacked}/usr/bin/s-nail", "-:u", "-s", "A message of the benchmark", *recipients]

"""Dovecot's submission proxy: it checks who sends, and says everything else to another server at the same time."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Self

from tests.support.certificates import Certificates
from tests.support.realservers.server import NOT_YOURS, SIZE_LIMIT, USER, Arrival, RealServer
from tests.support.realservers.world import HOSTNAME, NUMBERS, Program
from tests.support.smarthost import SmartHost

CONFIGURATION = """\
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols = submission
listen = {addresses}
hostname = {hostname}
log_path = /dev/stderr
auth_mechanisms = plain login scram-sha-1 scram-sha-256
auth_failure_delay = 0
ssl = required
mail_driver = maildir
mail_path = /mail/%{{user}}
submission_max_mail_size = {size}
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
passdb passwd-file {{
  passwd_file_path = /etc/dovecot/users
}}
userdb static {{
  fields {{
    uid = {vmail}
    gid = {vmail}
    home = /mail/%{{user}}
  }}
}}
service submission-login {{
  inet_listener submission {{
    port = {starttls}
  }}
  inet_listener submissions {{
    port = {implicit}
    ssl = yes
  }}
}}
"""
CERTIFICATE = """
ssl_server_cert_file = /etc/certificates/{name}.pem
ssl_server_key_file = /etc/certificates/{name}.key
"""
OFFERS = ("PIPELINING", "CHUNKING", "8BITMIME", "DSN", f"SIZE {SIZE_LIMIT}", "ENHANCEDSTATUSCODES")
REFUSES = {f"MAIL:{NOT_YOURS}": "550 5.7.1 somebody else's address", "RCPT:nobody@example.org": "550 5.1.1 not here"}


class Dovecot(RealServer):
    """Dovecot, which hands messages on to a scripted smart host."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self.relay = SmartHost(extensions=OFFERS, refuse=REFUSES, addresses=("127.0.0.1",))
        self._running = contextlib.ExitStack()
        super().__init__(folder, certificates)

    def program(self) -> Program:
        """Return what is started."""
        configuration = CONFIGURATION.format(
            addresses=" ".join(self.addresses.values()),
            hostname=HOSTNAME,
            size=SIZE_LIMIT,
            relay=self.relay.port,
            vmail=NUMBERS["vmail"],
            **self.ports,
        )
        configuration += CERTIFICATE.format(name="good")
        for name, address in self.addresses.items():
            configuration += f"local {address} {{{CERTIFICATE.format(name=name)}}}\n"
        return Program(
            command=["/usr/sbin/dovecot", "-F"],
            files={
                "etc/dovecot/dovecot.conf": configuration,
                "etc/dovecot/users": f"{USER}:{{PLAIN}}{self.password}\n",
            },
            folders={"var/lib/dovecot": "root"},
        )

    def arrivals(self) -> list[Arrival]:
        """Return what was handed on, as if the next server had put it into mailboxes."""
        self.settle()
        return [
            Arrival(address.decode().partition("@")[0], message.reverse_path, message.octets)
            for message in self.relay.messages
            for address in sorted(message.addresses)
        ]

    def settle(self) -> None:
        """Wait until neither server has anything to do."""
        super().settle()
        self.relay.settle()

    def empty(self) -> None:
        """Settle, and forget what was handed on."""
        self.settle()
        self.relay.messages.clear()
        self.relay.sessions.clear()

    def __enter__(self) -> Self:
        self._running.enter_context(self.relay)
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._running.close()

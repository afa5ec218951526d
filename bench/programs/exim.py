"""Debian's Exim in mua_wrapper mode, without privilege: a configuration given by -C has none."""

from __future__ import annotations

from pathlib import Path

from bench.place import Place
from bench.programs.peer import Peer
from bench.programs.program import CLIENT_NAME
from bench.smarthost import IMPLICIT, PLAIN, SmartHost

# Without its set-id bit: an Exim that need not change users is faster, if anything. IPv6 would cost a DNS lookup.
CONFIGURATION = """\
mua_wrapper
primary_hostname = {client_name}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
keep_environment =
disable_ipv6
timezone =
message_size_limit = 0
tls_advertise_hosts =
begin routers
smarthost:
  driver = manualroute
  route_list = * {host} byname
  transport = relay
  self = send
begin transports
relay:
  driver = smtp
  port = {port}
  max_rcpt = 0
  allow_localhost
"""
IMPLICIT_TLS = "  protocol = smtps\n"
TLS = """\
  hosts_require_tls = *
  hosts_require_auth = *
  tls_verify_certificates = {ca}
  tls_verify_hosts = *
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^{user}^{password}
"""


class Exim(Peer):
    """The nearest to Gatepost in what it does."""

    name = "exim"
    package = "exim4-daemon-light"

    def __init__(self, where: Place, cache: Path) -> None:
        super().__init__(where, cache)
        where.folder(f"{self.name}/spool")

    def configure(self, smart_host: SmartHost) -> None:
        """Write the configuration, all of it."""
        text = CONFIGURATION
        if smart_host.tls != PLAIN:
            text += (IMPLICIT_TLS if smart_host.tls == IMPLICIT else "") + TLS
        self.write(text, smart_host, client_name=CLIENT_NAME)

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        return [f"{self.unpacked}/usr/sbin/exim4", "-C", str(self.configuration), "-i", *recipients]

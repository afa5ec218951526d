"""The programs that are compared, each with the same smart host, the same ordinary user and a log file."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from typing import Protocol

import packages
import place
from sink import CREDENTIAL

SENDER = "alice@example.net"

GATEPOST = """\
primary_hostname = "ws1.example.net"
qualify_domain = "example.net"
log = "{log}"

[transports.relay]
driver = "smtp"
hosts = ["{host}:{port}"]
"""
GATEPOST_PLAIN = 'tls = "none"\n'
GATEPOST_TLS = """\
tls = "implicit"
tls_ca_file = "{ca}"
auth = {{ user = "{user}", password_file = "relay.password" }}
"""

MSMTP = """\
account default
host {host}
port {port}
domain ws1.example.net
from {sender}
logfile {log}
"""
MSMTP_TLS = """\
tls on
tls_starttls off
tls_trust_file {ca}
auth plain
user {user}
password {password}
"""

# Without its set-id bit: an Exim that need not change users is faster, if anything. IPv6 would cost a DNS lookup.
EXIM = """\
mua_wrapper
primary_hostname = ws1.example.net
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
EXIM_TLS = """\
  protocol = smtps
  hosts_require_auth = *
  tls_verify_certificates = {ca}
  tls_verify_hosts = *
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^{user}^{password}
"""


class Program(Protocol):
    """What can be measured."""

    name: str
    version: str
    environment: dict[str, str]

    def configure(self, port: int, with_tls: bool) -> None:
        """Say which smart host is meant; with TLS, it also wants AUTH."""

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""


class Gatepost:
    """Gatepost as `make install` installs it, with accounts of its own."""

    name = "gatepost"

    def __init__(self, where: place.Place, _cache: Path) -> None:
        self._ca = where.certificate
        self._root = where.root / self.name
        self._log = self._root / "gatepost.log"
        self.environment: dict[str, str] = {}
        self.version = f"at {commit()}"
        settings = {
            "BUILD": self._root / "build",
            "PREFIX": self._root / "usr",
            "SYSCONFDIR": self._root / "etc",
            "SERVICE_USER": place.SERVICE,
            "STANDIN_USER": place.STANDIN,
        }
        place.run("make", "-s", "-C", place.TREE, "install", *(f"{name}={path}" for name, path in settings.items()))
        service = pwd.getpwnam(place.SERVICE)
        self._log.touch(0o600)
        os.chown(self._log, service.pw_uid, service.pw_gid)
        password = self._root / "etc/secrets/relay.password"
        password.touch(0o640)
        os.chown(password, 0, service.pw_gid)
        password.write_text(CREDENTIAL[1] + "\n")

    def configure(self, port: int, with_tls: bool) -> None:
        """Write the configuration, all of it."""
        text = GATEPOST + (GATEPOST_TLS if with_tls else GATEPOST_PLAIN)
        values = {"log": self._log, "host": place.HOST, "port": port, "ca": self._ca, "user": CREDENTIAL[0]}
        (self._root / "etc/gatepost.toml").write_text(text.format(**values))  # keeps owner and mode
        place.run(self._root / "usr/bin/gatepost", "check")  # as every installation should: it compiles

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        return [f"{self._root}/usr/sbin/sendmail", "-i", *recipients]


class Msmtp:
    """Debian's msmtp; the password stands in the user's own file."""

    name = "msmtp"

    def __init__(self, where: place.Place, cache: Path) -> None:
        self._where = where
        self._folder = where.folder(self.name)
        self.environment = packages.unpack("msmtp", cache, self._folder / "package")
        self.version = packages.version("msmtp", cache)
        self._configuration = self._folder / "msmtprc"

    def configure(self, port: int, with_tls: bool) -> None:
        """Write the configuration, all of it."""
        user, password = CREDENTIAL
        values = {"host": place.HOST, "port": port, "sender": SENDER, "log": self._folder / "msmtp.log"}
        values |= {"ca": self._where.certificate, "user": user, "password": password}
        self._configuration.touch(0o600)
        self._configuration.write_text((MSMTP + (MSMTP_TLS if with_tls else "")).format(**values))
        self._where.give_to_user(self._configuration)

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        return [f"{self._folder}/package/usr/bin/msmtp", "-C", str(self._configuration), "-i", *recipients]


class Exim:
    """Debian's Exim in mua_wrapper mode, without privilege: a configuration given by -C has none."""

    name = "exim"

    def __init__(self, where: place.Place, cache: Path) -> None:
        self._ca = where.certificate
        self._folder = where.folder(self.name)
        self.environment = packages.unpack("exim4-daemon-light", cache, self._folder / "package")
        self.version = packages.version("exim4-daemon-light", cache)
        where.folder(f"{self.name}/spool")
        self._configuration = self._folder / "exim.conf"

    def configure(self, port: int, with_tls: bool) -> None:
        """Write the configuration, all of it."""
        user, password = CREDENTIAL
        values = {"folder": self._folder, "host": place.HOST, "port": port}
        values |= {"ca": self._ca, "user": user, "password": password}
        self._configuration.write_text((EXIM + (EXIM_TLS if with_tls else "")).format(**values))

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        return [f"{self._folder}/package/usr/sbin/exim4", "-C", str(self._configuration), "-i", *recipients]


def commit() -> str:
    """Say which state of the source was installed."""
    describe = ["git", "-C", str(place.TREE), "describe", "--always", "--dirty", "--tags"]
    try:
        return subprocess.run(describe, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "an unknown commit"


PROGRAMS = (Gatepost, Msmtp, Exim)

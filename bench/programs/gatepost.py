"""Gatepost as `make install` installs it, with accounts of its own."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from bench import place
from bench.programs.program import CLIENT_NAME
from bench.smarthost import CREDENTIAL, PLAIN, SmartHost
from bench.workloads import Workload

CONFIGURATION = """\
primary_hostname = "{client_name}"
qualify_domain = "example.net"
message_size_limit = "2G"
log = "{log}"

[transports.relay]
driver = "smtp"
hosts = ["{host}:{port}"]
tls = "{tls}"
"""
TLS = """\
tls_ca_file = "{ca}"
auth = {{ user = "{user}", password_file = "relay.password" }}
"""


class Gatepost:
    """What this is all about."""

    name = "gatepost"
    note = ""

    def __init__(self, where: place.Place, _cache: Path, tree: Path = place.TREE) -> None:
        self._ca = where.certificate
        self.root = where.root / self.name
        self.log = self.root / "gatepost.log"
        self.environment: dict[str, str] = {}
        self.version = f"at {commit()}"
        settings = {
            "BUILD": self.root / "build",
            "PREFIX": self.root / "usr",
            "SYSCONFDIR": self.root / "etc",
            "SERVICE_USER": place.SERVICE,
            "STANDIN_USER": place.STANDIN,
        }
        place.run("make", "-s", "-C", tree, "install", *(f"{name}={path}" for name, path in settings.items()))
        service = pwd.getpwnam(place.SERVICE)
        self.log.touch(0o600)
        os.chown(self.log, service.pw_uid, service.pw_gid)
        password = self.root / "etc/secrets/relay.password"
        password.touch(0o640)
        os.chown(password, 0, service.pw_gid)
        password.write_text(CREDENTIAL[1] + "\n")

    def cannot(self, _workload: Workload) -> str:
        """Say why it cannot do this; empty if it can."""
        return ""

    def configure(self, smart_host: SmartHost, more: str = "") -> None:
        """Write the configuration, all of it, and compile it, as every installation should."""
        text = CONFIGURATION + (TLS if smart_host.tls != PLAIN else "") + more
        values = {"log": self.log, "host": smart_host.name, "port": smart_host.port, "tls": smart_host.tls}
        values |= {"ca": self._ca, "user": CREDENTIAL[0], "client_name": CLIENT_NAME, "root": self.root}
        (self.root / "etc/gatepost.toml").write_text(text.format(**values))  # keeps owner and mode
        place.run(self.root / "usr/bin/gatepost", "check")

    def command(self, recipients: list[str]) -> list[str]:
        """Return the command that sends the message on its standard input."""
        return [f"{self.root}/usr/sbin/sendmail", "-i", *recipients]


def commit() -> str:
    """Say which state of the source was installed."""
    describe = ["git", "-C", str(place.TREE), "describe", "--always", "--dirty", "--tags"]
    try:
        return subprocess.run(describe, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "an unknown commit"

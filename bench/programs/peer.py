"""What the peers have in common: a Debian package unpacked into the user's folder, and a file with the password."""

from __future__ import annotations

from pathlib import Path

from bench import packages
from bench.place import Place
from bench.smarthost import CREDENTIAL, SmartHost
from bench.workloads import Workload


class Peer:
    """A peer from the package of the same name; a subclass says which file configures it, and how it is called."""

    name = ""
    package = ""
    note = ""

    def __init__(self, where: Place, cache: Path) -> None:
        self.where = where
        self.folder = where.folder(self.name)
        self.unpacked = self.folder / "package"
        self.environment = packages.unpack(self.package or self.name, cache, self.unpacked)
        self.version = packages.version(self.package or self.name, cache)
        self.configuration = self.folder / "configuration"

    def cannot(self, _workload: Workload) -> str:
        """Say why it cannot do this; empty if it can."""
        return ""

    def write(self, text: str, smart_host: SmartHost, **more: object) -> None:
        """Write the configuration, for nobody else's eyes, with its {names} filled in."""
        user, password = CREDENTIAL
        values = {"host": smart_host.name, "port": smart_host.port, "ca": self.where.certificate}
        values |= {"user": user, "password": password, "folder": self.folder}
        self.configuration.touch(0o600)
        self.configuration.write_text(text.format(**values, **more))
        self.where.give_to_user(self.configuration)

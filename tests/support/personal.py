"""A configuration of a user's own, and sends by it, without privilege."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.installation import Installation, write
from tests.support.result import Result
from tests.support.smarthost import SmartHost

BY_DEFAULT = ".config/gatepost"
PASSWORD = "xyzzy-plugh"


class Personal:
    """What a user keeps in a folder of their own: gatepost.toml, secrets/, and a log."""

    def __init__(self, installation: Installation, folder: str = BY_DEFAULT, who: str = "alice") -> None:
        self.installation = installation
        self.who = who
        self.account = installation.account(who)
        self.home = Path(self.account.pw_dir)
        self.folder = self.home / folder  # an absolute one is taken as it is
        self.configuration = self.folder / "gatepost.toml"
        self.secrets = self.folder / "secrets"
        self.log = self.folder / "log"

    def configure(
        self, host: SmartHost, main: Mapping[str, Any] | None = None, more: str = "", **transport: Any
    ) -> None:
        """Configure for a smart host, the password included, everything as it has to be; `more` are further tables."""
        text = self.installation.relay_configuration(host, {"log": str(self.log)} | dict(main or {}), **transport)
        self.write(self.configuration, text + more)
        self.write(self.log, "")
        if host.auth:
            self.write(self.secrets / "relay.password", next(iter(host.auth.values())))

    def write(self, file: Path, content: str, mode: int = 0o600) -> None:
        """Write a file of the user's, in folders of the user's."""
        missing = [folder for folder in file.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700)
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        write(file, content, self.account.pw_uid, self.account.pw_gid, mode)

    def send(self, *args: str, user: str | None = None, **options: Any) -> Result:
        """Run sendmail as the user, and return what came of it, with what the user's own log grew by."""
        before = len(self.log_lines())
        result = self.installation.send(*args, user=user or self.who, **options)
        assert result.log_lines == [], "a send without privilege has written to the log of the installation"
        return Result(result.status, result.stdout, result.stderr, self.log_lines()[before:])

    def log_lines(self) -> list[str]:
        """Return the lines of the user's own log."""
        return self.log.read_text("utf-8", "surrogateescape").splitlines() if self.log.is_file() else []

    def remove(self) -> None:
        """Leave nothing in the user's home."""
        for entry in self.home.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

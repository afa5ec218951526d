"""Plan: what a peer's configuration amounts to in ours, and what of it does not.

A reader of a peer takes the folder that stands for `/`, and the file that was named, if any, and returns a Plan, or
None where the peer is not there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from admin.migrate.read import read_file
from helper.failure import SystemFault

FILE_LIMIT_OCTETS = 4 * 1024 * 1024
PASSWORD_FILE = "relay.password"  # noqa: S105 # the name of a file
IMPLICIT_PORT, SUBMISSION_PORT, SMTP_PORT = 465, 587, 25
# Where distributions have the system's certificates, which are trusted anyway.
SYSTEM_STORES = frozenset(
    ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem", "/etc/ssl/certs")
)


class MigrateError(Exception):
    """Why nothing can be written: in which file, at which line (0: none), and what."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")


@dataclass(frozen=True)
class LeftOut:
    """An option that was not carried over, by its name alone, since its value may be a secret."""

    file: str
    line: int
    option: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.option}: {self.reason}"


@dataclass
class Plan:
    """What to write, and what to tell about it. `settings` are nested as gatepost.toml is."""

    peer: str
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, bytes] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def relay(self) -> dict[str, Any]:
        """Return the settings of the one transport."""
        transports: dict[str, Any] = self.settings.setdefault("transports", {"relay": {"driver": "smtp"}})
        relay: dict[str, Any] = transports["relay"]
        return relay

    def leave_out(self, line: Line, reason: str) -> None:
        """Note an option that is not carried over."""
        self.left_out.append(LeftOut(line.file, line.number, line.name, reason))

    def log_in(self, user: str, password: str) -> None:
        """Have the transport log in with a password, which goes into a file of its own."""
        self.relay["auth"] = {"user": user, "password_file": PASSWORD_FILE}
        self.secrets[PASSWORD_FILE] = password.encode("utf-8", "surrogateescape") + b"\n"

    def trust_nobody_special(self, warning: str) -> None:
        """Keep that the peer does not verify certificates, and say so."""
        self.relay["tls_verify"] = False
        self.warnings.append(f"{warning}: whoever is on the line can read mail and password (tls_verify = false)")

    def go_unencrypted(self, why: str) -> None:
        """Keep that the peer sends in the clear, and say so."""
        self.relay["tls"] = "none"
        what = "mail goes"
        if "auth" in self.relay:
            self.relay["auth"]["allow_plaintext"] = True
            what = "mail and password go"
        self.warnings.append(f'{why}: {what} over the network in the clear (tls = "none")')

    def redirect(self, **router: Any) -> None:
        """Add a router for aliases before the one that sends everything on."""
        routers: list[dict[str, Any]] = self.settings.setdefault("routers", [])
        routers.append({"driver": "redirect", **router})

    def finish(self) -> Plan:
        """Add the last router where there are others, and return the plan."""
        if "routers" in self.settings:
            self.settings["routers"].append({"name": "smarthost", "driver": "accept", "transport": "relay"})
        return self


@dataclass(frozen=True)
class Line:
    """One setting of a peer's: where it stands, its name and its value."""

    file: str
    number: int
    name: str
    value: str

    def error(self, reason: str) -> MigrateError:
        """Return why this line cannot be carried over, and nothing without it."""
        return MigrateError(self.file, self.number, f"{self.name}: {reason}")


Reader = Callable[[Path, Path | None], Plan | None]


def names(text: str) -> frozenset[str]:
    """Return the words of a text as a set: names of a peer's options."""
    return frozenset(text.split())


def text_of(path: Path) -> str:
    """Return what a regular file holds. MigrateError where it cannot be read or is too large to be a configuration."""
    try:
        octets = read_file(path, FILE_LIMIT_OCTETS)
    except OSError as error:
        raise MigrateError(str(path), 0, f"cannot be read: {error.strerror}") from None
    except SystemFault as fault:
        raise MigrateError(str(path), 0, fault.problem) from None
    if len(octets) > FILE_LIMIT_OCTETS:
        raise MigrateError(str(path), 0, f"is larger than {FILE_LIMIT_OCTETS} octets, too large to be a configuration")
    return octets.decode("utf-8", "surrogateescape")


def found(root: Path, named: Path | None, *usual: str) -> Path | None:
    """Return the file that was named, or the first of the usual ones that is there; None for none."""
    candidates = [named] if named is not None else [root / path.lstrip("/") for path in usual]
    return next((path for path in candidates if path.exists() or named is not None), None)


def first_line(root: Path, path: str) -> str:
    """Return the first line of a file that holds one name, empty where there is none."""
    file = root / path.lstrip("/")
    lines = text_of(file).split("\n") if file.is_file() else [""]
    return lines[0].strip()


def host(name: str, port: str | int | None) -> str:
    """Return a host as `hosts` has it."""
    try:
        is_v6 = ipaddress.ip_address(name).version == 6
    except ValueError:
        is_v6 = False
    bracketed = f"[{name}]" if is_v6 else name
    return f"{bracketed}:{port}" if port not in (None, "") else bracketed

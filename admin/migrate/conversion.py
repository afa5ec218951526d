"""The conversion of a peer's configuration to ours, with what cannot be converted.

A reader of a peer takes where it looks (a Place) and returns a Conversion, or None if the peer is not there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from admin.migrate.names import Names
from admin.migrate.read import read_file
from helper.failure import SystemFault

FILE_LIMIT_OCTETS = 4 * 1024 * 1024
RELAY = "relay"  # the transport of most mail
IMPLICIT_PORT, SUBMISSION_PORT, SMTP_PORT = 465, 587, 25
# Where distributions have the system's certificates, which are trusted anyway.
SYSTEM_STORES = frozenset(
    ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem", "/etc/ssl/certs")
)
ALL_LOGINS = "*"
# Of the peers only Exim has trusted users.
CALLERS = (
    "with -f, a caller other than root and trusted_users may name only their own address or what "
    "untrusted_set_sender allows; a From: that is not theirs gets a Sender: field"
)
NAME_LENGTH = 50  # characters of a transport's name that are the peer's


class MigrateError(Exception):
    """The reason why nothing can be written, with file and line (0: none)."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")


@dataclass(frozen=True)
class Line:
    """One setting of a peer: its file and line, its name and its value.

    The name is shown: it is one that the peer knows. It is empty if the file itself would have to tell it, since
    what stands there may be a part of a password.
    """

    file: str
    number: int
    name: str
    value: str

    def error(self, reason: str) -> MigrateError:
        """Return why this line cannot be carried over, and nothing without it."""
        return MigrateError(self.file, self.number, f"{self.name}: {reason}" if self.name else reason)

    def noted(self, reason: str) -> str:
        """Return the note about this line."""
        place = f"{self.file}:{self.number}" if self.number else self.file
        return f"{place}: {self.name}: {reason}" if self.name else f"{place}: {reason}"


@dataclass(frozen=True)
class LeftOut:
    """An option that was not carried over, by its name alone, since its value may be a secret."""

    line: Line
    reason: str

    @property
    def option(self) -> str:
        """Return the name of the option."""
        return self.line.name

    def __str__(self) -> str:
        return self.line.noted(self.reason)


@dataclass
class Conversion:
    """What to write, and what to tell about it. `settings` are nested as gatepost.toml is.

    `names` are those of the machine that is moved. `accounts` are the routers to other transports than the last one;
    `origins` tells from which line of the peer's a setting came.
    """

    peer: str
    names: Names = field(default_factory=Names)
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, bytes] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    origins: dict[str, Line] = field(default_factory=dict)

    @property
    def relay(self) -> dict[str, Any]:
        """Return the settings of the transport that most mail goes by."""
        return self.transport(RELAY)

    def transport(self, name: str) -> dict[str, Any]:
        """Return the settings of a transport."""
        transports: dict[str, dict[str, Any]] = self.settings.setdefault("transports", {})
        return transports.setdefault(name, {"driver": "smtp"})

    def put(self, key: str, value: Any, line: Line | None) -> None:
        """Set a main option, or `transports.NAME.option`, and remember the line that it came from."""
        if key.startswith("transports."):
            _, name, option = key.split(".")
            if value is not None:
                self.transport(name)[option] = value
        else:
            self.settings[key] = value
        if line is not None:
            self.origins[key] = line

    def leave_out(self, line: Line, reason: str) -> None:
        """Note an option that is not carried over."""
        self.left_out.append(LeftOut(line, reason))

    def warn(self, line: Line, warning: str) -> None:
        """Add a warning about a line that is converted."""
        self.warnings.append(line.noted(warning))

    def log_in(self, line: Line, user: str, password: str, transport: str = RELAY) -> None:
        """Have a transport log in with a password, which goes into a file of its own. MigrateError for an empty one."""
        if not user:
            raise line.error("no user name is given")
        if not password:
            raise line.error("the password is missing or empty")
        if re.search(r"[\r\n\0]", password):
            raise line.error("the password contains a line end or a NUL, which a password file cannot hold")
        file = f"{transport}.password"
        self.put(f"transports.{transport}.auth", {"user": user, "password_file": file}, line)
        self.secrets[file] = password.encode("utf-8", "surrogateescape") + b"\n"

    def trust_nobody_special(self, line: Line, transport: str = RELAY) -> None:
        """Turn verification of certificates off, as in the peer, and warn of it."""
        self.put(f"transports.{transport}.tls_verify", False, line)
        self.warn(
            line,
            "the server is not verified, so an attacker on the network can read mail and password (tls_verify = false)",
        )

    def go_unencrypted(self, line: Line, transport: str = RELAY) -> None:
        """Turn TLS off, as in the peer, and warn of it."""
        relay = self.transport(transport)
        relay["tls"] = "none"
        if "auth" in relay:
            relay["auth"]["allow_plaintext"] = True
        what = "mail and password go" if "auth" in relay else "mail goes"
        self.warn(line, f'{what} over the network unencrypted (tls = "none")')

    def send_as(self, sender: str, line: Line) -> None:
        """Give the mail of all logins one sender; `*@domain` is each login's own in that domain.

        qualify_domain stays the machine's: it completes recipients as well, and `root` at a provider is a stranger.
        """
        if sender.startswith("*@") and sender[2:].lower() in (self.own_domain, ""):
            return
        self.rewrite(ALL_LOGINS, sender, line)

    def rewrite(self, pattern: str, address: str, line: Line) -> None:
        """Have an address of this machine's become another; the first rule for a pattern counts."""
        self.settings.setdefault("rewrite", {}).setdefault(pattern, address)
        self.origins.setdefault(f'rewrite."{pattern}"', line)

    def redirect(self, line: Line, **router: Any) -> None:
        """Add a router for aliases before the one that sends everything on."""
        routers: list[dict[str, Any]] = self.settings.setdefault("routers", [])
        routers.append({"driver": "redirect", **router})
        self.origins[f"routers.{router['name']}"] = line

    def send_for(self, transport: str, line: Line, **conditions: Any) -> None:
        """Have mail that meets conditions go by a transport of its own."""
        name = f"to-{transport}"
        self.accounts.append({"name": name, "driver": "accept", "transport": transport, **conditions})
        self.origins[f"routers.{name}"] = line

    def beside(self, name: str, line: Line, senders: list[str], carry: Callable[[str], None]) -> None:
        """Add a transport for the mail of senders, whom everybody may then name; say why where it cannot be done."""
        transport = re.sub(r"[^A-Za-z0-9_-]", "-", name)[:NAME_LENGTH] or "account"
        while transport in self.settings["transports"]:
            transport += "-2"
        try:
            carry(transport)
        except MigrateError as error:
            self.settings["transports"].pop(transport, None)
            self.secrets.pop(f"{transport}.password", None)
            self.leave_out(line, f"cannot be carried over: {error}")
            return
        self.send_for(transport, line, senders=senders)
        self.let_name(senders)

    def let_name(self, senders: list[str]) -> None:
        """Let everybody name reverse-paths that choose a transport."""
        allowed = self.settings.setdefault("untrusted_set_sender", [])
        allowed += [each for each in senders if each not in allowed]

    @property
    def own_domain(self) -> str:
        """Return the domain that completes an address of this machine, empty if nothing says it."""
        return str(self.settings.get("qualify_domain") or self.names.mail_name or self.names.full_name).lower()

    def complete_recipients(self, line: Line) -> None:
        """Say that recipients without a domain, which the peer leaves to the smart host, get the machine's own."""
        domain = self.settings.get("qualify_recipient") or self.own_domain or "the machine's own"
        self.warn(
            line, f"recipients without a domain went to the smart host unchanged; Gatepost adds the domain {domain}"
        )

    def local_domains(self, line: Line) -> list[str]:
        """Return the machine's own domains, for a router of its aliases. MigrateError if nothing says them.

        They are written down with it, so that the two cannot differ.
        """
        own = str(self.settings.get("qualify_recipient") or self.own_domain)
        if not own:
            raise line.error("the domain of local addresses is not known: write it into /etc/mailname")
        if "qualify_domain" not in self.settings and "qualify_recipient" not in self.settings:
            self.settings["qualify_domain"] = own
        return list(dict.fromkeys(each for each in (own, self.names.full_name) if each))

    def finish(self) -> Conversion:
        """Add routers if there is more than one transport, and return the plan."""
        rewrite = self.settings.get("rewrite", {})
        if ALL_LOGINS in rewrite:  # the first rule that matches counts
            rewrite[ALL_LOGINS] = rewrite.pop(ALL_LOGINS)
        if self.accounts or "routers" in self.settings:
            routers = self.settings.setdefault("routers", [])
            routers += [*self.accounts, {"name": "smarthost", "driver": "accept", "transport": RELAY}]
        if "local_from_check" not in self.settings:
            self.warnings.append(f"{self.peer}: {CALLERS}")
        return self

    def origin_of(self, key: str) -> Line | None:
        """Return the line that a setting came from; `key` is as ConfigError has it: `transports.relay.hosts[1]`."""
        router = re.match(r"routers\[(\d+)\]", key)
        if router:
            key = f"routers.{self.settings['routers'][int(router[1]) - 1]['name']}"
        while key and key not in self.origins:
            key = re.sub(r"(?:\[\d+\]|\.?[^.\[]*)$", "", key)
        return self.origins.get(key)


@dataclass(frozen=True)
class Place:
    """The places where a reader looks: the root directory, the named file, the home directory, the account."""

    root: Path
    named: Path | None = None
    home: Path | None = None
    account: str | None = None

    def found(self, *usual: str) -> Path | None:
        """Return the named file, or the first of the usual ones that exists; None if there is none."""
        if self.named is not None:
            return self.named
        return next((path for path in map(self.below, usual) if path.exists()), None)

    def below(self, path: str) -> Path:
        """Return a path of the peer; `~/` is the user's home directory."""
        if path.startswith("~/") and self.home is not None:
            return self.home / path[2:]
        return self.root / path.lstrip("/")

    def plan(self, peer: str, file: Path) -> Conversion:
        """Return a plan that begins with a file."""
        return Conversion(peer, Names.of(self.root), read=[str(file)])


Reader = Callable[[Place], Conversion | None]


def names(text: str) -> frozenset[str]:
    """Return the words of a text as a set: names of a peer's options."""
    return frozenset(text.split())


def text_of(path: Path) -> str:
    """Return the content of a regular file. MigrateError if it cannot be read or is too large to be a configuration."""
    try:
        octets = read_file(path, FILE_LIMIT_OCTETS)
    except OSError as error:
        raise MigrateError(str(path), 0, f"cannot be read: {error.strerror}") from None
    except SystemFault as fault:
        raise MigrateError(str(path), 0, fault.problem) from None
    if len(octets) > FILE_LIMIT_OCTETS:
        raise MigrateError(str(path), 0, f"is larger than {FILE_LIMIT_OCTETS} octets, too large for a configuration")
    return octets.decode("utf-8", "surrogateescape")


def numbered(path: Path) -> list[tuple[int, str]]:
    """Return the lines of a file with their numbers; a carriage return before the line end is part of it."""
    return [(number, text.removesuffix("\r")) for number, text in enumerate(text_of(path).split("\n"), 1)]


def first(settings: Mapping[str, Line], *names: str) -> Line | None:
    """Return the first of some settings that is there."""
    return next((settings[name] for name in names if name in settings), None)


def host(name: str, port: str | int | None) -> str:
    """Return a host as `hosts` has it."""
    name = name.removeprefix("[").removesuffix("]")
    try:
        is_v6 = ipaddress.ip_address(name).version == 6
    except ValueError:
        is_v6 = False
    bracketed = f"[{name}]" if is_v6 else name
    return f"{bracketed}:{port}" if port not in (None, "") else bracketed

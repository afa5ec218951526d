"""A small world to route in: routers, rewriting, policies and lists beside the usual relay, and what arrives there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.configuration import to_toml
from tests.support.installation import Installation, write
from tests.support.received import Message
from tests.support.result import Result
from tests.support.smarthost import SmartHost
from tests.system.outcome import assert_not_sent

MESSAGE = b"Subject: hello\n\nA line.\n"
ACCEPT = {"name": "smarthost", "driver": "accept", "transport": "relay"}


def configure(
    installation: Installation,
    host: SmartHost,
    routers: Sequence[Mapping[str, Any]] = (),
    *,
    main: Mapping[str, Any] | None = None,
    rewrite: Mapping[str, str] | None = None,
    policies: Sequence[Mapping[str, Any]] = (),
    others: Mapping[str, SmartHost] | None = None,
    **relay: Any,
) -> None:
    """Configure the relay, more transports (`others`), and the tables that decide what goes where."""
    text = installation.relay_configuration(host, main, **relay)
    for name, other in (others or {}).items():
        options = {"driver": "smtp", "hosts": [place(other)], "tls": "none"}
        text += f"\n[transports.{name}]\n" + to_toml(options)
    text += f"\n[rewrite]\n{to_toml(rewrite)}" if rewrite else ""
    text += "".join(f"\n[[routers]]\n{to_toml(router)}" for router in routers)
    text += "".join(f"\n[[policies]]\n{to_toml(policy)}" for policy in policies)
    installation.configure(text, {"relay.password": next(iter(host.auth.values()))} if host.auth else {})


def place(host: SmartHost) -> str:
    """Return a smart host as a configuration names it."""
    return f"{host.address}:{host.port}"


def redirect(file: str, **options: Any) -> dict[str, Any]:
    """Return a router over an alias file."""
    return {"name": "aliases", "driver": "redirect", "file": file} | options


def public_file(installation: Installation, name: str, content: str) -> str:
    """Write a file of root's that everybody may read, and return its path."""
    file = installation.sysconfdir / name
    write(file, content, 0, 0, 0o644)
    return str(file)


def protected_file(installation: Installation, name: str, content: str) -> str:
    """Write a file of root's that only the service user's group may read, and return its path."""
    file = installation.sysconfdir / name
    write(file, content, 0, installation.account("mail").pw_gid)
    return str(file)


def home_file(installation: Installation, who: str, name: str, content: str) -> str:
    """Write a file of a user's own into the user's home, and return its path."""
    account = installation.account(who)
    file = f"{account.pw_dir}/{name}"
    with open(file, "w") as opened:
        opened.write(content)
    os.chown(file, account.pw_uid, account.pw_gid)
    return file


def login(installation: Installation, who: str) -> str:
    """Return what a user is called."""
    return installation.account(who).pw_name


def own(installation: Installation, who: str = "alice") -> str:
    """Return a user's own address."""
    return f"{login(installation, who)}@example.net"


def fields(message: Message, *names: str) -> list[bytes]:
    """Return the fields of these names in their order, each with its folding and without the line end after it."""
    keys = [f"{name}:".encode().lower() for name in names]
    folded = message.header.replace(b"\r\n ", b"\0 ").replace(b"\r\n\t", b"\0\t").split(b"\r\n")
    return [field.replace(b"\0", b"\r\n") for field in folded if field.lower().startswith(tuple(keys))]


def assert_goes_nowhere(
    result: Result, host: SmartHost, recipients: Sequence[str], reason: str, status: int = 1
) -> None:
    """Nothing was sent to anyone, the reason is told and logged, and no connection was made to find out."""
    assert_not_sent(result, reason, status=status, recipients=recipients, hosts=[host])
    assert host.connections == 0

"""A small world to route in: files, users and transports as plain dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helper.address import Mailbox
from helper.config.values import Host, Router, Transport
from helper.routing.caller import Caller
from helper.routing.lookups import Home, ListFile, Lookups
from helper.routing.route import route
from helper.routing.step import Destination

DOMAIN = b"example.net"
ALIASES = "/etc/aliases"
RELAY = Transport(name="relay", helo_data=b"host.example.net", hosts=(Host("name", b"smtp.example.net", 587),))
OTHER = Transport(name="other", helo_data=b"host.example.net", hosts=(Host("name", b"smtp.example.org", 25),))
ACCEPT = Router(name="smarthost", driver="accept", transport="relay")
SYSTEM_ALIASES = Router(
    name="system_aliases", driver="redirect", file=ALIASES, domains=(DOMAIN,), allow_fail=True, allow_defer=True
)
FORWARD = Router(name="forward", driver="redirect", file="$home/.forward", check_local_user=True)
ALICE = Caller(b"alice", 1000, frozenset({b"alice", b"staff"}))
OWN = Mailbox(b"alice", DOMAIN)
UIDS: dict[bytes, int] = {}  # of whom homes are asked for


def mailbox(text: str) -> Mailbox:
    """Return the mailbox of a text without quotes, qualified."""
    local_part, _, domain = text.encode().partition(b"@")
    return Mailbox(local_part, domain or DOMAIN)


class Denied:
    """A file that is there and cannot be read."""


def world(
    files: Mapping[str, bytes | Denied] | None = None,
    homes: Mapping[bytes, str] | None = None,
    protected: Sequence[str] = (),
) -> Lookups:
    """Return look-ups over dictionaries; only `alias_file` opens what is protected."""
    files = files or {}

    def read(path: str) -> bytes | None:
        content = files.get(path)
        if isinstance(content, Denied):
            raise PermissionError(13, "Permission denied")
        return content

    def read_as_caller(path: str, user: int | None) -> ListFile | None:
        if path in protected:
            raise PermissionError(13, "Permission denied")
        octets = read(path)
        return None if octets is None else ListFile(octets, user)

    def home_of(login: bytes) -> Home | None:
        path = (homes or {}).get(login)
        return None if path is None else Home(path, UIDS.setdefault(login, 1000 + len(UIDS)))

    return Lookups(
        alias_file=read,
        read_file=read_as_caller,
        home_of=home_of,
        may_show=lambda path: path not in protected,
    )


def routed(
    *addresses: str,
    aliases: str | None = None,
    routers: tuple[Router, ...] = (SYSTEM_ALIASES, ACCEPT),
    transports: tuple[Transport, ...] = (RELAY, OTHER),
    reverse_path: Mailbox | None = OWN,
    caller: Caller = ALICE,
    lookups: Lookups | None = None,
    trace: Callable[[str], None] | None = None,
    **options: Any,
) -> tuple[Destination, ...]:
    """Route addresses, by default through one alias file and to one transport."""
    return route(
        [mailbox(address) for address in addresses],
        routers,
        transports,
        reverse_path,
        caller,
        lookups or world({ALIASES: (aliases or "").encode()}),
        trace,
        qualify_recipient=DOMAIN,
        **options,
    )


def ends(destinations: Sequence[Destination]) -> list[str]:
    """Return the addresses that remain, without the domain that is ours."""
    return [each.address.octets.removesuffix(b"@" + DOMAIN).decode() for each in destinations]

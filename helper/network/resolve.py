"""Resolve the name of a smart host to the addresses to try."""

from __future__ import annotations

import _socket

from helper import status
from helper.failure import HostFailed
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from helper.network.servers import Server


# A DNS that lies may name thousands, and each would be tried.
ADDRESSES_LIMIT = 30


class Address(Record):
    """Where to connect: `family` and `name` as socket(7) has them, `text` for the log ("192.0.2.1")."""

    family: int
    name: tuple[Any, ...]
    text: str


def resolve(server: Server) -> list[Address]:
    """Return a server's addresses, in the order of the system's resolver (RFC 6724). HostFailed if it has none.

    Name and port go to the resolver as octets: text would be encoded by the idna codec, whose import costs as much as
    all others of a send. The resolver knows no deadline of ours: what bounds it are the options timeout and attempts
    in /etc/resolv.conf, which is root's (by default 10 s for each name server). A thread to wait for instead takes
    64 MiB of an address space and one of the processes that the caller's limits may not leave us; so the time that is
    spent here counts, but is noticed after it.
    """
    flags = _socket.AI_NUMERICHOST if server.is_address else 0
    try:
        found = _socket.getaddrinfo(server.name, server.port, 0, _socket.SOCK_STREAM, 0, flags)
    except _socket.gaierror as error:
        if error.errno == _socket.EAI_SERVICE:
            raise HostFailed("the port's service name is unknown", status.CONFIGURATION) from None
        later = error.errno == _socket.EAI_AGAIN
        reason = "its name cannot be resolved" + (" now" if later else "")
        raise HostFailed(f"{reason}: {error.strerror}", status.TEMPORARY if later else status.NO_HOST) from None
    return [Address(family, name, str(name[0])) for family, _, _, _, name in found]


def port_number(server: Server) -> int:
    """Return a server's port as a number. HostFailed for an unknown service."""
    if server.port.isdigit():
        return int(server.port)
    port = port_of_service(server.port)
    if port is None:
        raise HostFailed("the port's service name is unknown", status.CONFIGURATION)
    return port


def port_of_service(name: bytes) -> int | None:
    """Return the port of a service of TCP, None for one that /etc/services does not know."""
    from helper.network.services import port_in, services  # few configurations name one

    return port_in(services(), name)


def in_turns(addresses: list[Address]) -> list[Address]:
    """Return the addresses in the order in which they are tried: both families in turns, that of the first one first.

    A network in which one family leads nowhere then costs one attempt (RFC 8305, section 4).
    """
    counts = {_socket.AF_INET: 0, _socket.AF_INET6: 0}
    ranked = []
    for address in addresses:
        ranked.append((counts[address.family], address.family != addresses[0].family, address))
        counts[address.family] += 1
    return [address for _, _, address in sorted(ranked, key=lambda each: each[:2])[:ADDRESSES_LIMIT]]


def reachable_from(addresses: list[Address], interface: bytes | None) -> list[Address]:
    """Return the addresses of the same family as the interface, all of them if no interface is given."""
    if interface is None:
        return addresses
    family = _socket.AF_INET6 if b":" in interface else _socket.AF_INET
    return [address for address in addresses if address.family == family]

"""The ports, hosts and files that a send needs by its configuration: the sandbox takes away everything else."""

from __future__ import annotations

from helper.config.values import Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from helper.config.values import Configuration, Transport

DOMAIN = 53  # a resolver asks again by TCP if an answer is too long for UDP (RFC 7766)
MAIL_EXCHANGER = Host("mx", b"")
INCLUDE = b":include:"


def tcp_ports(configuration: Configuration, port_of: Callable[[bytes], int | None]) -> frozenset[int] | None:
    """Return the ports that are connected to, None if the DNS chooses them (srv:).

    `port_of` returns the port of a service by its name, None for an unknown one.
    """
    ports = set()
    for host, transport in destinations(configuration):
        if host.kind == "srv":
            return None
        if host.service is not None:
            ports.add(port_of(host.service))
        else:
            ports.add(transport.port if host.port is None else host.port)
        if not host.is_address:
            ports.add(DOMAIN)
    return frozenset(port for port in ports if port is not None)


def destinations(configuration: Configuration) -> Iterator[tuple[Host, Transport]]:
    """Yield every host that a message can be sent to, with its transport."""
    transports = {transport.name: transport for transport in configuration.transports}
    for transport in configuration.transports:
        yield from ((host, transport) for host in transport.hosts)
    for router in configuration.routers:
        if router.transport is not None:
            hosts = (MAIL_EXCHANGER,) if router.driver == "dnslookup" else router.hosts
            yield from ((host, transports[router.transport]) for host in hosts)


def certificates(configuration: Configuration) -> tuple[str, ...]:
    """Return the files and directories of CA certificates."""
    places = (place for each in configuration.transports for place in (each.tls_ca_file, each.tls_ca_path))
    return tuple(place for place in places if place is not None)


def reads_lists(configuration: Configuration, alias_files: Mapping[str, bytes | None]) -> bool:
    """Return whether routing can read files that only an address or an alias names: `$home/.forward`, `:include:`."""
    texts = [item for router in configuration.routers for item in router.data]
    texts += [octets for octets in alias_files.values() if octets]
    in_homes = any(router.file is not None and "$" in router.file for router in configuration.routers)
    return in_homes or any(INCLUDE in text.lower() for text in texts)

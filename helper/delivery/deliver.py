"""Deliver: one message to the first smart host that can be used."""

from __future__ import annotations

from helper import status
from helper.delivery.converse import converse, show
from helper.failure import AllHostsFailed, HostFailed, HostFailure
from helper.network.connect import Race
from helper.network.resolve import in_turns, reachable_from, resolve
from helper.network.servers import servers_of
from helper.network.time_budget import up_to_the_end_of_the_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    from helper.config.values import Host, Transport
    from helper.delivery.access import Access
    from helper.network.connection import Connection
    from helper.network.own_certificate import OwnCertificate
    from helper.network.resolve import Address
    from helper.network.servers import Server
    from helper.network.time_budget import TimeBudget
    from helper.network.tls import TlsLayer
    from helper.smtp.envelope import Envelope
    from helper.smtp.reply import Reply

    Failed = TypeVar("Failed", bound=HostFailure)


def deliver(envelope: Envelope, hosts: Sequence[Host], access: Access) -> Reply:
    """Hand the message to the first server that can be used. Return the reply that accepted it.

    After AllHostsFailed, Refused, CannotTake or ReplyError, nothing was delivered to anyone. After InDoubt, it may have
    been.
    """
    failures: list[HostFailed] = []
    budget = up_to_the_end_of_the_message(access.transport)
    for host in hosts:
        entry = f"{host.kind}:{host.name.decode('ascii')}"
        try:
            if host.kind != "name":
                budget.check()  # the DNS is asked next
            servers = servers_of(host, access.transport, budget)
        except HostFailed as failure:
            failures.append(located(failure, entry))
            continue
        if not servers:
            failures.append(located(HostFailed("the DNS has no server for it", status.NO_HOST), entry))
        for server in servers:
            try:
                return deliver_to_server(envelope, server, access, budget)
            except HostFailed as failure:
                failures.append(located(failure, server.label))
            except HostFailure as failure:
                raise located(failure, server.label) from None
    raise AllHostsFailed(failures)


def located(failure: Failed, label: str) -> Failed:
    """Return a failure that says where it happened."""
    failure.host = label
    return failure


def deliver_to_server(envelope: Envelope, server: Server, access: Access, budget: TimeBudget) -> Reply:
    """Deliver to the first address of a server that answers; if that fails, to the first of those that are left.

    HostFailed if none works, with what the last one said if any of them could be reached. A password that was
    refused at one address is not tried at the next: it would only lock the account sooner.
    """
    budget.check()
    interface, timeout_s = access.transport.interface, access.transport.connect_timeout_s
    addresses = in_turns(reachable_from(resolve(server), interface))
    said: HostFailed | None = None
    while addresses:
        race = Race(addresses, interface, budget, timeout_s, client_speaks_first=server.tls == "implicit")
        try:
            connection, layer = connect(race, server, access, budget)
        except HostFailed as failure:
            if said is None:
                access.observer.note("host", place(server, race.address))
            raise said or failure from None
        access.observer.note("host", place(server, race.address))
        show(access, f"-- connected to {place(server, race.address)}")
        try:
            return hand_over(envelope, server, access, connection, layer)
        except HostFailed as failure:
            said = failure
            if failure.status == status.NOT_PERMITTED:
                break
        addresses = race.left
    raise said or HostFailed("this host cannot reach any address of that name", status.NO_HOST)


def place(server: Server, address: Address) -> str:
    """Return where a message went, for the log."""
    return f"{server.name.decode('ascii')}[{address.text}]:{server.port.decode('ascii')}"


def connect(race: Race, server: Server, access: Access, budget: TimeBudget) -> tuple[Connection, TlsLayer | None]:
    """Return a connection and TLS for it, which is made ready while the connection is being made."""
    try:
        if server.tls == "none":
            return race.winner(), None
        layer = tls_layer(access.transport, server, access.own_certificate, budget)
        hello = layer.shake_hands(b"")[0] if server.tls == "implicit" else b""
        return race.winner(hello), layer
    except BaseException:  # whatever it is goes on, once the socket is closed
        race.abort()
        raise


def hand_over(
    envelope: Envelope, server: Server, access: Access, connection: Connection, layer: TlsLayer | None
) -> Reply:
    """Hold the dialogue, and close the connection."""
    try:
        return converse(envelope, access.replace(session=access.session.replace(tls=server.tls)), connection, layer)
    finally:
        connection.close()


def tls_layer(
    transport: Transport, server: Server, own_certificate: OwnCertificate | None, budget: TimeBudget
) -> TlsLayer:
    """Return a TLS session to be. Only sends that use TLS import it."""
    from helper.network.tls import TlsLayer
    from helper.network.trust import trust_in

    return TlsLayer(trust_in(server, transport, own_certificate, budget))

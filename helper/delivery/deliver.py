"""Deliver: one message to the first smart host that can be used."""

from __future__ import annotations

from helper import status
from helper.delivery.converse import converse
from helper.delivery.network import Connection
from helper.delivery.resolve import resolve
from helper.failure import AllHostsFailed, HostFailed, HostFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.values import Host, Transport
    from helper.delivery.plan import Plan
    from helper.delivery.resolve import Address
    from helper.delivery.tls import TlsLayer
    from helper.smtp.reply import Reply


def deliver(plan: Plan) -> Reply:
    """Hand the message to the first host that can be used, and return the reply that took it.

    AllHostsFailed, Refused, CannotTake, ReplyError: nothing was delivered to anyone. InDoubt: perhaps it was.
    """
    failures: list[HostFailed] = []
    for host in plan.hosts:
        label = host_label(host, plan.transport)
        try:
            return deliver_to_host(plan, host)
        except HostFailed as failure:
            failure.host = label
            failures.append(failure)
        except HostFailure as failure:
            failure.host = label
            raise
    raise AllHostsFailed(failures)


def deliver_to_host(plan: Plan, host: Host) -> Reply:
    """Try the addresses of one host in order. HostFailed with the last one's failure where none works.

    A password that was refused at one address is not tried at the next: it would only lock the account sooner.
    """
    failure = HostFailed("its name has no address", status.NO_HOST)
    port = host_port(host, plan.transport)
    for address in resolve(host, port.encode("ascii")):
        plan.progress.host = f"{host.name.decode('ascii')}[{address.text}]:{port}"
        try:
            return deliver_to_address(plan, host, address)
        except HostFailed as error:
            failure = error
            if failure.status == status.NOT_PERMITTED:
                break
    raise failure


def deliver_to_address(plan: Plan, host: Host, address: Address) -> Reply:
    """Connect to one address and hold the dialogue; TLS is made ready while the connection is being made."""
    connection = Connection(address)
    try:
        layer = tls_layer(plan.transport, host) if plan.transport.tls != "none" else None
        connection.connect(plan.transport.connect_timeout_s)
        reply = converse(connection, layer, plan)
    except BaseException:
        connection.abort()
        raise
    connection.close()
    return reply


def tls_layer(transport: Transport, host: Host) -> TlsLayer:
    """Return a TLS session to be. Only sends that use TLS import it."""
    from helper.delivery.tls import TlsLayer, Trust, make_context

    trust = Trust(transport.tls_verify, transport.tls_ca_file, transport.tls_ca_path, transport.tls_min_version)
    return TlsLayer(make_context(trust), (transport.tls_verify_name or host.name).decode("ascii"))


def host_label(host: Host, transport: Transport) -> str:
    """Return name and port as messages call the host: `smtp.example.net:587`, `[2001:db8::1]:465`."""
    name = host.name.decode("ascii")
    return f"[{name}]:{host_port(host, transport)}" if ":" in name else f"{name}:{host_port(host, transport)}"


def host_port(host: Host, transport: Transport) -> str:
    """Return the port's number or service name."""
    if host.service is not None:
        return host.service.decode("ascii")
    return str(host.port if host.port is not None else transport.port)

"""Deliver: one message to the first smart host that can be used."""

from __future__ import annotations

from helper import status
from helper.delivery.converse import converse
from helper.delivery.machines import machines_of
from helper.delivery.network import Connection
from helper.delivery.resolve import reachable_from, resolve
from helper.failure import AllHostsFailed, HostFailed, HostFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from helper.config.values import Transport
    from helper.delivery.machines import Machine
    from helper.delivery.plan import Plan
    from helper.delivery.resolve import Address
    from helper.delivery.tls import TlsLayer
    from helper.smtp.reply import Reply

    Failed = TypeVar("Failed", bound=HostFailure)


def deliver(plan: Plan) -> Reply:
    """Hand the message to the first server that can be used, and return the reply that took it.

    AllHostsFailed, Refused, CannotTake, ReplyError: nothing was delivered to anyone. InDoubt: perhaps it was.
    """
    failures: list[HostFailed] = []
    for host in plan.hosts:
        entry = f"{host.kind}:{host.name.decode('ascii')}"
        try:
            machines = machines_of(host, plan.transport)
        except HostFailed as failure:
            failures.append(located(failure, entry))
            continue
        if not machines:
            failures.append(located(HostFailed("the DNS names no server for it", status.NO_HOST), entry))
        for machine in machines:
            try:
                return deliver_to_machine(plan, machine)
            except HostFailed as failure:
                failures.append(located(failure, machine.label))
            except HostFailure as failure:
                raise located(failure, machine.label) from None
    raise AllHostsFailed(failures)


def located(failure: Failed, label: str) -> Failed:
    """Return a failure that says where it happened."""
    failure.host = label
    return failure


def deliver_to_machine(plan: Plan, machine: Machine) -> Reply:
    """Try the addresses of one server in order. HostFailed with the last one's failure where none works.

    A password that was refused at one address is not tried at the next: it would only lock the account sooner.
    """
    failure = HostFailed("its name has no address that can be reached from here", status.NO_HOST)
    name, port = machine.name.decode("ascii"), machine.port.decode("ascii")
    for address in reachable_from(resolve(machine), plan.transport.interface):
        plan.progress.host = f"{name}[{address.text}]:{port}"
        try:
            return deliver_to_address(plan, machine, address)
        except HostFailed as error:
            failure = error
            if failure.status == status.NOT_PERMITTED:
                break
    raise failure


def deliver_to_address(plan: Plan, machine: Machine, address: Address) -> Reply:
    """Connect to one address and hold the dialogue; TLS is made ready while the connection is being made."""
    connection = Connection(address, plan.transport.interface)
    try:
        layer = tls_layer(plan.transport, machine) if machine.tls != "none" else None
        connection.connect(plan.transport.connect_timeout_s)
        reply = converse(connection, layer, plan, plan.session.replace(tls=machine.tls))
    except BaseException:
        connection.abort()
        raise
    connection.close()
    return reply


def tls_layer(transport: Transport, machine: Machine) -> TlsLayer:
    """Return a TLS session to be. Only sends that use TLS import it."""
    from helper.delivery.tls import TlsLayer, Trust, make_context

    trust = Trust(transport.tls_verify, transport.tls_ca_file, transport.tls_ca_path, transport.tls_min_version)
    return TlsLayer(make_context(trust), machine.verify_name.decode("ascii"))

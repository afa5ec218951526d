"""Connect to each smart host as a send would, up to the point before a message.

What root wrote is read first, with a helper's rights. Then root is given up for the stand-in, as in root's sends, and
only then the network is spoken to: a hostile smart host meets a process that can open no file of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

from admin.accounts import give_up_root, helper_rights
from admin.call import call
from admin.finding import WARN, WRONG, Finding, reason
from admin.found_apart import found_apart
from admin.plausibility import hosts_of
from helper import status
from helper.config.values import Configuration, Host
from helper.delivery.access import Access, Observer, access_to
from helper.failure import Failure, HostFailed
from helper.loaded_state import LoadedState, load_state
from helper.network.resolve import reachable_from, resolve
from helper.network.servers import Server, servers_of
from helper.network.time_budget import up_to_the_end_of_the_message
from helper.privileged import paths
from helper.privileged.accounts import account
from helper.privileged.acquire import acquire_for
from helper.privileged.protected_files import Owner
from helper.routing.trace import host_text

TIME_LIMIT_S = 3600
NOBODY = Observer(note=lambda _name, _value: None, warn_of_doubt=lambda: None, show=None)


def greet(configuration: Configuration, owner: Owner) -> Iterator[Finding]:
    """Call on each smart host without a credential: none is read, and no program is asked for one."""
    yield from log_in(without_credentials(configuration), owner)


def log_in(configuration: Configuration, owner: Owner) -> Iterator[Finding]:
    """Call on each smart host with the configured credential; for root's files a process apart gives root up first."""
    if not owner.is_root:
        yield from visit(configuration, owner)
        return
    lost = "not every smart host was tried"
    yield from found_apart(lambda: visit(configuration, owner), TIME_LIMIT_S, "connect", lost)


def without_credentials(configuration: Configuration) -> Configuration:
    """Return the configuration as if no smart host asked who we are."""
    transports = tuple(transport.replace(auth=None) for transport in configuration.transports)
    return configuration.replace(transports=transports)


def visit(configuration: Configuration, owner: Owner) -> Iterator[Finding]:
    """Read what a send would, give root up, and call on the smart hosts of each transport."""
    try:
        with helper_rights() if owner.is_root else nullcontext():
            state = load_state(acquire_for(configuration, owner))
        if state.failure is not None:
            raise state.failure
        if owner.is_root:
            give_up_root(account(paths.STANDIN_USER), [])
    except Failure as failure:
        yield Finding(WRONG, "connect", f"no smart host was tried: {reason(failure)}")
        return
    yield from visit_loaded(configuration, state)


def visit_loaded(configuration: Configuration, state: LoadedState) -> Iterator[Finding]:
    """Call on the smart hosts of each transport."""
    for transport in configuration.transports:
        try:
            access = access_to(transport, state, NOBODY)
        except Failure as failure:
            yield Finding(WRONG, transport.name, reason(failure))
            continue
        yield from Visitor(access).visit(hosts_of(transport, configuration))


class Visitor:
    """Calls on the servers of one transport. A password that was refused once is not given away again."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.transport = access.transport

    def visit(self, hosts: tuple[Host, ...]) -> Iterator[Finding]:
        """Yield a finding for each address of each host."""
        if not hosts:
            yield Finding(WARN, self.transport.name, "has no hosts of its own, so none was tried")
        for host in hosts:
            try:
                servers = servers_of(host, self.transport, up_to_the_end_of_the_message(self.transport))
            except HostFailed as failure:
                yield self.unreachable(host_text(host), failure)
                continue
            if not servers:
                yield self.unreachable(host_text(host), HostFailed("the DNS has no server for it", status.NO_HOST))
            for server in servers:
                yield from self.visit_server(server)

    def visit_server(self, server: Server) -> list[Finding]:
        """Call on each address of a server. Where one works, the others are to be minded: sends try them all."""
        try:
            addresses = reachable_from(resolve(server), self.transport.interface)
        except HostFailed as failure:
            return [self.unreachable(server.label, failure)]
        found = []
        for address in addresses:
            finding, is_welcome = call(self.access, server, address)
            found.append(finding)
            if not is_welcome:
                session = self.access.session.replace(credential=None)
                self.access = self.access.replace(session=session)
        if not found:
            nowhere = HostFailed("this host cannot reach any address of that name", status.NO_HOST)
            return [self.unreachable(server.label, nowhere)]
        if all(each.word == WRONG for each in found):
            return found
        return [each.replace(word=WARN) if each.word == WRONG else each for each in found]

    def unreachable(self, place: str, failure: HostFailed) -> Finding:
        """Return what is wrong with a host that nobody can call on."""
        return Finding(WRONG, self.transport.name, f"{place}: {failure.problem}", {"host": place})

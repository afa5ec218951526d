"""Drivers: what a router does with an address that meets its conditions (Exim, chapters 16 to 22)."""

from __future__ import annotations

from helper.config.values import Host
from helper.record import Record
from helper.routing.conditions import home_of
from helper.routing.undeliverable import Undeliverable, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.address import Mailbox
    from helper.config.values import Router, Transport
    from helper.routing.conditions import Circumstances
    from helper.routing.items import Item
    from helper.routing.lookups import Listing

NO_LOCAL_DELIVERY = "and there is no local delivery"


class Declined(Record):
    """The router passes the address on; `because` ends the line of a trace."""

    because: str


class Accepted(Record):
    """The address goes to this transport, at these hosts."""

    transport: str
    hosts: tuple[Host, ...]


def run_router(router: Router, mailbox: Mailbox, circumstances: Circumstances) -> Declined | Listing | Accepted:
    """Return the result of the driver for an address that meets the conditions. Undeliverable if it has none."""
    if router.driver == "redirect":
        return redirect(router, mailbox, circumstances)
    transport = circumstances.transports[router.transport or ""]
    if router.driver == "dnslookup":
        return look_up(transport, mailbox)
    hosts = router.hosts if router.driver == "manualroute" else transport.hosts
    return Accepted(transport.name, in_order(hosts, transport))


def redirect(router: Router, mailbox: Mailbox, circumstances: Circumstances) -> Declined | Listing:
    """Return the list that replaces an address; items that are not addresses get no mail."""
    home = home_of(mailbox, circumstances) if router.check_local_user else None
    listing = circumstances.lists.of_router(router, mailbox.local_part, home)
    if listing is None:
        return Declined("it has no entry for it")
    from helper.routing.items import FILE, PIPE, VERDICTS

    verdict = next((item for item in listing.items if item.kind in VERDICTS), None)
    if verdict is not None:
        return decide(router, verdict, listing)
    for item in listing.items:
        if item.kind in (PIPE, FILE):
            raise Undeliverable(f"is redirected to a {item.kind}, {NO_LOCAL_DELIVERY}")
    return listing


def decide(router: Router, verdict: Item, listing: Listing) -> Declined | Listing:
    """Apply an item such as :fail:, which decides for its whole list; the first one counts."""
    from helper.routing.items import BLACKHOLE, DEFER, FAIL, UNKNOWN

    if verdict.kind == UNKNOWN:
        return Declined("its entry is :unknown:")
    if verdict.kind == BLACKHOLE:
        return listing.replace(items=())
    if not (router.allow_fail if verdict.kind == FAIL else router.allow_defer):
        raise Undeliverable(f"is redirected to {verdict.kind}, which router {router.name} does not allow")
    told = f": {printable(verdict.text)}" if verdict.text else ""
    if verdict.kind == DEFER:
        raise Undeliverable(f"is not taken for now{told}", later=True)
    raise Undeliverable(f"is not taken{told}")


def look_up(transport: Transport, mailbox: Mailbox) -> Declined | Accepted:
    """Send to the MX hosts of the address's domain; an address literal has none."""
    if mailbox.domain.startswith(b"["):
        return Declined("an address literal has no MX hosts")
    return Accepted(transport.name, (Host(kind="mx", name=mailbox.domain.lower()),))


def in_order(hosts: tuple[Host, ...], transport: Transport) -> tuple[Host, ...]:
    """Return hosts in an order for comparison: with hosts_randomize, lists with the same hosts are equal."""
    if not transport.hosts_randomize:
        return hosts
    return tuple(sorted(hosts, key=lambda host: (host.kind, host.name, host.port or 0, host.service or b"")))

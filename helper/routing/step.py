"""An address on its way through the routers, and where it ends up."""

from __future__ import annotations

from helper.address import lower_case
from helper.discreet import hidden
from helper.record import Record
from helper.routing.undeliverable import Undeliverable, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.address import Mailbox
    from helper.config.values import Host


class Destination(Record):
    """Where one recipient goes: `address`, which the caller gave as `given`, through a transport at these hosts.

    `is_hidden`: a file that the caller may not read led there.
    """

    address: Mailbox
    given: Mailbox
    transport: str
    hosts: tuple[Host, ...]
    reverse_path: Mailbox | None
    headers_add: tuple[bytes, ...] = ()
    headers_remove: tuple[bytes, ...] = ()
    is_hidden: bool = False

    @property
    def name(self) -> str:
        """Return the address for a sentence; the caller is told the one that led to a hidden one."""
        address = printable(self.address.octets)
        return hidden(address, printable(self.given.octets)) if self.is_hidden else address


class Ancestry(Record):
    """What led to an address, the same for all results of one redirection; the defaults are those of no redirection.

    `parent` was redirected by the router of number `by`, and `parent_stays` where it is among its own results.
    `is_hidden`: a file that the caller may not read led here, so nothing is told of the steps.
    """

    reverse_path: Mailbox | None
    headers_add: tuple[bytes, ...] = ()
    headers_remove: tuple[bytes, ...] = ()
    parent: Step | None = None
    by: int = -1
    parent_stays: bool = False
    depth: int = 0
    is_hidden: bool = False


class Step(Record):
    """An address, as the caller gave it, and how it came about. `own`: written `\\user`, so `by` leaves it alone."""

    mailbox: Mailbox
    given: Mailbox
    ancestry: Ancestry
    own: bool = False


def routers_passed(step: Step) -> frozenset[int]:
    """Return the routers that an address passes over, since they have redirected it on the way here.

    Undeliverable for a loop. It is none if the address was among its own results, for then it was meant to stay;
    else nobody named it as an end of the way, and the next router would send to what was only meant to be replaced.
    """
    passed = {step.ancestry.by} if step.own else set()
    key = loop_key(step.mailbox)
    ancestry = step.ancestry
    while ancestry.parent is not None:
        if loop_key(ancestry.parent.mailbox) == key:
            if not ancestry.parent_stays and not step.own:
                raise Undeliverable("is redirected in a loop")
            passed.add(ancestry.by)
        ancestry = ancestry.parent.ancestry
    return frozenset(passed)


def loop_key(mailbox: Mailbox) -> bytes:
    """Return what is equal for addresses that alias files do not tell apart."""
    return lower_case(mailbox.key)

"""The values of routing: an address between two routers, and its destination."""

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
    """The destination of one recipient: `address`, which the caller gave as `given`, a transport and hosts.

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
        """Return the address for an error message; for a hidden one, the address that led to it."""
        address = printable(self.address.octets)
        return hidden(address, printable(self.given.octets)) if self.is_hidden else address


class Ancestry(Record):
    """The redirection that led to an address, shared by all its results; by default there was none.

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
    """Return the routers that an address skips because they have already redirected it.

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
    """Return a key that is equal for addresses that are the same key in alias files."""
    return lower_case(mailbox.key)

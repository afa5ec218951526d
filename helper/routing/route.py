"""Route each address through the routers until it has a transport or the message fails.

As in Exim (chapter 3, "Processing an address for delivery"): the first router that accepts an address decides; what a
redirect makes of it starts again at the first router; a router is passed over for an address that it has already
redirected on the way here, so that `root: root, admin` means both.
"""

from __future__ import annotations

from helper.address import Mailbox
from helper.failure import MessageError
from helper.routing.conditions import Circumstances, LateLists, unmet_condition
from helper.routing.drivers import Accepted, run_router
from helper.routing.lookups import Listing
from helper.routing.step import Ancestry, Destination, Step, loop_key, routers_passed
from helper.routing.trace import Trace
from helper.routing.undeliverable import Undeliverable, address_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from helper.config.values import Router, Transport
    from helper.routing.caller import Caller
    from helper.routing.lookups import Lookups

DEPTH_MAX = 100  # redirections in a row; each result is compared with all addresses before it
EXPANSIONS_MAX = 200_000  # results of redirections: lists of lists grow faster than anybody reads them


def route(
    addresses: Sequence[Mailbox],
    routers: tuple[Router, ...],
    transports: tuple[Transport, ...],
    reverse_path: Mailbox | None,
    caller: Caller,
    lookups: Lookups,
    trace: Callable[[str], None] | None = None,
    *,
    qualify_recipient: bytes,
    recipients_max: int | None = None,
) -> tuple[Destination, ...]:
    """Return the destination of each address once, in the given order; nothing if aliases leave no recipient.

    AddressError if one cannot be routed, MessageError if there are too many. `trace` gets a line for each step.
    """
    lists = LateLists(lookups, qualify_recipient)
    circumstances = Circumstances(
        reverse_path, caller, {each.name: each for each in transports}, lists, Trace(trace, lookups.may_show)
    )
    # Depth first: what an address became is done before its neighbour is looked at, so that an address met again
    # either comes after all that it became, or is its own descendant and differs in the routers that it passes over.
    waiting = [Step(mailbox, mailbox, Ancestry(reverse_path)) for mailbox in reversed(addresses)]
    seen: set[tuple[object, ...]] = set()
    found: dict[bytes, Destination] = {}
    expansions = 0
    while waiting:
        step = waiting.pop()
        try:
            outcome = route_step(step, routers, circumstances, seen)
        except Undeliverable as undeliverable:
            is_hidden = step.ancestry.is_hidden
            raise address_error(step.given, step.mailbox, undeliverable, is_hidden=is_hidden) from None
        if isinstance(outcome, Destination):
            key = outcome.address.key
            if key not in found or (found[key].is_hidden and not outcome.is_hidden):
                found[key] = outcome  # not hidden if the caller names it too: that would show that it is in the list
            refuse_surplus(len(found), recipients_max)
        else:
            expansions += len(outcome)
            refuse_surplus(expansions, EXPANSIONS_MAX)
            waiting.extend(reversed(outcome))
    return tuple(found.values())


def refuse_surplus(count: int, limit: int | None) -> None:
    """Raise MessageError if there are more than the limit; None means no limit."""
    if limit is not None and count > limit:
        raise MessageError(f"the message has more than {limit} recipients")


def route_step(
    step: Step, routers: tuple[Router, ...], circumstances: Circumstances, seen: set[tuple[object, ...]]
) -> Destination | list[Step]:
    """Return the destination of one address, or the addresses that replace it: none if it was routed before."""
    passed = routers_passed(step)
    ancestry = step.ancestry
    state = (
        step.mailbox.key,
        passed,
        ancestry.reverse_path,
        ancestry.headers_add,
        ancestry.headers_remove,
        ancestry.is_hidden,
    )
    if state in seen:
        circumstances.trace.step(step, "is already a recipient")
        return []
    seen.add(state)
    for number, router in enumerate(routers):
        unmet = unmet_condition(router, step.mailbox, circumstances)
        if unmet is not None or number in passed:
            circumstances.trace.skipped(step, router, unmet or "it has redirected this address already")
            continue
        try:
            outcome = run_router(router, step.mailbox, circumstances)
        except Undeliverable as undeliverable:
            if not step.ancestry.is_hidden:
                undeliverable.reveal()
            circumstances.trace.step(step, f"router {router.name} failed it: {undeliverable.problem}")
            raise
        if isinstance(outcome, Accepted):
            return destination(step, router, outcome, circumstances)
        if isinstance(outcome, Listing):
            return results(step, number, router, outcome, circumstances)
        circumstances.trace.step(step, f"router {router.name} declined: {outcome.because}")
        if not router.more:
            raise Undeliverable(f"is not taken by router {router.name}, and goes no further")
    raise Undeliverable("is taken by no router")


def results(step: Step, number: int, router: Router, listing: Listing, circumstances: Circumstances) -> list[Step]:
    """Return the addresses that replace an address, with the settings of the router."""
    if step.ancestry.depth == DEPTH_MAX:
        raise Undeliverable(f"is redirected more than {DEPTH_MAX} times")
    from helper.routing.items import OWN

    circumstances.trace.results(step, router, listing)
    key = loop_key(step.mailbox)
    items = [(item.address_in(step.mailbox.domain), item.kind == OWN) for item in listing.items]
    addresses = [(mailbox, is_own) for mailbox, is_own in items if mailbox is not None]
    ancestry = Ancestry(
        reverse_path=reverse_path_after(router.errors_to, step.ancestry.reverse_path),
        headers_add=step.ancestry.headers_add + router.headers_add,
        headers_remove=step.ancestry.headers_remove + router.headers_remove,
        parent=step,
        by=number,
        parent_stays=any(loop_key(mailbox) == key for mailbox, _ in addresses),
        depth=step.ancestry.depth + 1,
        is_hidden=step.ancestry.is_hidden or circumstances.trace.hides(listing),
    )
    return [Step(mailbox, step.given, ancestry, own) for mailbox, own in addresses]


def destination(step: Step, router: Router, accepted: Accepted, circumstances: Circumstances) -> Destination:
    """Return the destination of an address, with the settings of its routers and the transport."""
    transport = circumstances.transports[accepted.transport]
    reverse_path = reverse_path_after(router.errors_to, step.ancestry.reverse_path)
    removed = {*step.ancestry.headers_remove, *router.headers_remove, *transport.headers_remove}
    found = Destination(
        address=step.mailbox,
        given=step.given,
        transport=transport.name,
        hosts=accepted.hosts,
        reverse_path=reverse_path_after(transport.return_path, reverse_path),
        headers_add=step.ancestry.headers_add + router.headers_add + transport.headers_add,
        headers_remove=tuple(sorted(removed)),
        is_hidden=step.ancestry.is_hidden,
    )
    circumstances.trace.destination(step, router, found)
    return found


def reverse_path_after(setting: bytes | None, reverse_path: Mailbox | None) -> Mailbox | None:
    """Return the reverse-path that an option sets, or the one there was; `b""` sets the null reverse-path."""
    if setting is None:
        return reverse_path
    local_part, _, domain = setting.rpartition(b"@")
    return Mailbox(local_part, domain) if setting else None

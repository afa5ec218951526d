"""Conditions: whether a router is for an address (Exim, chapter 15). Their options are in helper/config/schema.py."""

from __future__ import annotations

from helper.record import Record
from helper.routing.patterns import matches, matches_address, matches_local_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.address import Mailbox
    from helper.config.values import Router, Transport
    from helper.routing.caller import Caller
    from helper.routing.lists import Lists
    from helper.routing.lookups import Home, Listing, Lookups
    from helper.routing.trace import Trace


class LateLists:
    """The lists of one message. Their code is loaded when a router redirects: most messages do not need it."""

    def __init__(self, lookups: Lookups, qualify: bytes) -> None:
        self.lookups = lookups
        self._qualify = qualify
        self._lists: Lists | None = None

    def of_router(self, router: Router, local_part: bytes, home: Home | None) -> Listing | None:
        """Return what a redirect router says of a local part, None if it says nothing."""
        if self._lists is None:
            from helper.routing.lists import Lists

            self._lists = Lists(self.lookups, self._qualify)
        return self._lists.of_router(router, local_part, home)


class Circumstances(Record):
    """What is the same for all addresses of a message."""

    reverse_path: Mailbox | None
    caller: Caller
    transports: dict[str, Transport]
    lists: LateLists
    trace: Trace


def unmet_condition(router: Router, mailbox: Mailbox, circumstances: Circumstances) -> str | None:
    """Return the name of the first condition that this address does not meet, None if it meets all of them."""
    if router.domains and not matches(router.domains, mailbox.domain):
        return "domains"
    if router.local_parts and not matches_local_part(router.local_parts, mailbox.local_part):
        return "local_parts"
    if router.senders and not matches_address(router.senders, circumstances.reverse_path):
        return "senders"
    if router.callers and not circumstances.caller.is_among(router.callers):
        return "callers"
    if router.check_local_user and home_of(mailbox, circumstances) is None:
        return "check_local_user"
    return None


def home_of(mailbox: Mailbox, circumstances: Circumstances) -> Home | None:
    """Return the home of the user whose login the local part is; logins are in lower case, local parts in any."""
    return circumstances.lists.lookups.home_of(mailbox.local_part.lower())

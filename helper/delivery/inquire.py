"""Inquire: what would become of addresses (-bv, -bt), and what the alias files hold (-bi). Nothing is sent."""

from __future__ import annotations

from helper import status
from helper.delivery.recipients import argument_mailboxes
from helper.delivery.route_message import route_message
from helper.failure import AddressError, Failure
from helper.identity.origin import origin_of
from helper.request.submission import CHECK_ALIASES, TRACE, Submission
from helper.routing.aliases import count_entries
from helper.routing.items import ListSyntax
from helper.routing.policy import check
from helper.sentence import verdict
from helper.text import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from helper.address import Mailbox
    from helper.config.values import Configuration
    from helper.identity.identify import Person
    from helper.identity.origin import Origin
    from helper.request.submission import Inquiry
    from helper.routing.single_transaction import Route

    Show = Callable[[str], None]


def inquire(
    inquiry: Inquiry,
    person: Person,
    configuration: Configuration,
    alias_files: Mapping[str, bytes | None],
    show: Show,
) -> int:
    """Answer a question line by line and return the exit status: 0 if every answer is a good one."""
    origin = origin_of(person, Submission(inquiry.recipients, reverse_path=inquiry.reverse_path), configuration)
    if inquiry.mode == CHECK_ALIASES:
        return check_aliases(origin, configuration, alias_files, show)
    trace = show if inquiry.mode == TRACE else None

    def route_one(mailbox: Mailbox) -> Route | None:
        return permitted_route(mailbox, origin, configuration, alias_files, trace)

    answers = [verify(text, configuration.qualify_recipient, route_one, show) for text in inquiry.recipients]
    return status.SENT if all(answers) else status.FAILED


def permitted_route(
    mailbox: Mailbox,
    origin: Origin,
    configuration: Configuration,
    alias_files: Mapping[str, bytes | None],
    trace: Show | None,
) -> Route | None:
    """Return the route of an empty message to one address, None if it is discarded. Raise what a send would raise."""
    route = route_message([mailbox], origin, configuration, alias_files, trace)
    recipients = () if route is None else route.recipients
    reverse_path = origin.reverse_path if route is None else route.reverse_path
    check(configuration.policies, origin.caller, recipients, reverse_path, size_octets=0)
    return route


def verify(text: bytes, qualify: bytes, route_one: Callable[[Mailbox], Route | None], show: Show) -> bool:
    """Route each address of one argument, say what came of it, and whether all of it was good."""
    try:
        mailboxes = argument_mailboxes(text, qualify)
    except AddressError as failure:
        show(f"{reason(failure)}: not verified")
        return False
    is_good = True
    for mailbox in mailboxes:
        try:
            show(f"{shown(mailbox.octets)}: {'verified' if route_one(mailbox) else 'discarded'}")
        except Failure as failure:
            show(f"{reason(failure)}: not verified")
            is_good = False
    return is_good


def reason(failure: Failure) -> str:
    """Return why an address is not good, as a send would say it."""
    return verdict(failure).line.removeprefix("sendmail: not sent: ")


def check_aliases(
    origin: Origin, configuration: Configuration, alias_files: Mapping[str, bytes | None], show: Show
) -> int:
    """Say how many entries each alias file holds, or where one is wrong: to who may read the file."""
    answer = status.SENT
    for path, octets in alias_files.items():
        if octets is None:
            show(f"{path}: does not exist")
            answer = status.FAILED
            continue
        try:
            show(f"{path}: {count_entries(octets, configuration.qualify_recipient)} entries")
        except ListSyntax as error:
            is_shown = origin.files.may_see(path, origin.caller.uid)
            where = f"line {error.line}: {error.problem}" if is_shown else "an entry is wrong"
            show(f"{path}: {where}")
            answer = status.FAILED
    if not alias_files:
        show("no alias file is configured, and there is no /etc/aliases")
    return answer

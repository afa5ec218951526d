"""The single-transaction rule: a message goes to all recipients in one transaction, or is not sent.

Exim's mua_wrapper has the same rule (chapter 51, "Using Exim as a non-queueing client"): only one transaction can have
one outcome.
"""

from __future__ import annotations

from helper.failure import MessageError
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.address import Mailbox
    from helper.config.values import Host
    from helper.routing.step import Destination


class Route(Record):
    """The recipients, and the settings that all of them share."""

    transport: str
    hosts: tuple[Host, ...]
    reverse_path: Mailbox | None
    headers_add: tuple[bytes, ...]
    headers_remove: tuple[bytes, ...]
    recipients: tuple[Destination, ...]


def single_transaction(destinations: Sequence[Destination]) -> Route:
    """Return the route that all destinations share; there must be at least one destination.

    MessageError names two addresses that cannot go together, and the first thing in which they differ: each of them is
    good, and a caller must not be told that a recipient is unknown.
    """
    first = destinations[0]
    for other in destinations:
        difference = difference_between(first, other)
        if difference is not None:
            raise MessageError(f"{other.name}: cannot go together with {first.name}: they differ in the {difference}")
    return Route(
        transport=first.transport,
        hosts=first.hosts,
        reverse_path=first.reverse_path,
        headers_add=first.headers_add,
        headers_remove=first.headers_remove,
        recipients=tuple(destinations),
    )


def difference_between(one: Destination, other: Destination) -> str | None:
    """Return the name of the first thing in which two destinations differ, None if they can go together."""
    if one.transport != other.transport:
        return "transport"
    if one.hosts != other.hosts:
        return "host list"
    if one.reverse_path != other.reverse_path:
        return "reverse-path"
    if one.headers_add != other.headers_add:
        return "added header fields"
    if one.headers_remove != other.headers_remove:
        return "removed header fields"
    return None

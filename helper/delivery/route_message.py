"""Route: the one way that all recipients share, with the look-ups that routing needs of the system."""

from __future__ import annotations

import posix as os

from helper.identity.identify import home_of
from helper.routing.lookups import Lookups
from helper.routing.route import route
from helper.routing.single_transaction import single_transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from helper.address import Mailbox
    from helper.config.values import Configuration
    from helper.identity.origin import Origin
    from helper.routing.single_transaction import Route


def route_message(
    recipients: Sequence[Mailbox],
    origin: Origin,
    configuration: Configuration,
    alias_files: Mapping[str, bytes | None],
    trace: Callable[[str], None] | None = None,
) -> Route | None:
    """Return the way of a message, None if aliases leave nobody to send to.

    AddressError or MessageError if a recipient goes nowhere, or two cannot go together.
    """
    destinations = route(
        recipients,
        configuration.routers,
        configuration.transports,
        origin.reverse_path,
        origin.caller,
        Lookups(
            alias_files.get, origin.files.read, home_of, lambda path: origin.files.may_see(path, origin.caller.uid)
        ),
        trace,
        qualify_recipient=configuration.qualify_recipient,
        recipients_max=configuration.recipients_max,
    )
    if not destinations:
        return None
    way = single_transaction(destinations)
    if configuration.transport(way.transport).hosts_randomize:
        way = way.replace(hosts=tuple(sorted(way.hosts, key=lambda _host: os.urandom(8))))
    return way

"""Route: the one way that all recipients share, with the look-ups that routing needs of the system."""

from __future__ import annotations

import os
import stat

from helper.delivery.identify import home_of
from helper.routing.caller import ROOT
from helper.routing.lists import Lookups
from helper.routing.route import route
from helper.routing.transaction import single_transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from helper.config.values import Configuration
    from helper.delivery.origin import Origin
    from helper.message.address import Mailbox
    from helper.routing.caller import Caller
    from helper.routing.transaction import Route

LIST_LIMIT = 16 * 1024 * 1024  # octets of a file that an alias or a .forward file includes


def route_message(
    recipients: Sequence[Mailbox],
    origin: Origin,
    configuration: Configuration,
    alias_files: Mapping[str, bytes | None],
    trace: Callable[[str], None] | None = None,
) -> Route | None:
    """Return the way of a message, None where aliases leave nobody to send to.

    AddressError or MessageError where a recipient goes nowhere, or two cannot go together.
    """
    destinations = route(
        recipients,
        configuration.routers,
        configuration.transports,
        origin.reverse_path,
        origin.caller,
        Lookups(alias_files.get, read_file, home_of, lambda path: may_see(path, origin.caller)),
        trace,
        qualify_recipient=configuration.qualify_recipient,
        recipients_max=configuration.recipients_max,
    )
    if not destinations:
        return None
    way = single_transaction(destinations)
    transport = next(each for each in configuration.transports if each.name == way.transport)
    if transport.hosts_randomize:
        way = way.replace(hosts=tuple(sorted(way.hosts, key=lambda _host: os.urandom(8))))
    return way


def read_file(path: str) -> bytes | None:
    """Return a file that an alias or a .forward file names, with the caller's rights; None where there is none.

    OSError for one that cannot be read, is no regular file (a FIFO would make us wait) or is larger than any list.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):  # a home of /dev/null is a home without files
        return None
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("is no regular file")
        if status.st_size > LIST_LIMIT:
            raise OSError("is too large for a list of addresses")
        return file.read(LIST_LIMIT) or b""


def may_see(path: str, caller: Caller) -> bool:
    """Say whether the caller may see what a file says that we could read: root may, whose stand-in we are."""
    return caller.uid == ROOT or os.access(path, os.R_OK)

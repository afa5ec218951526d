"""The helper behind gatepost.socket: systemd starts one for each connection, as the service user.

It learns from the kernel who is connected, but it cannot become that user. So it never acts with the caller's rights,
and its sandbox takes away its own.
"""

from __future__ import annotations

import os

from helper.bundle import load_rest
from helper.entry.serve import Entry, serve
from helper.failure import NotPermitted
from helper.privileged import paths
from helper.privileged.accept import SERVICE_CANNOT_SEND, begin, drop
from helper.privileged.accounts import account
from helper.privileged.acquire import acquire
from helper.privileged.begin import CHANNEL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from helper.identity.identify import Person
    from helper.request.channel import Channel
    from helper.sandbox.confine import Sandbox


def main() -> NoReturn:
    """Serve one caller, and end."""
    entry = Entry(
        begin=begin,
        acquire=acquire,
        drop=drop,
        load=load_rest,
        channel=channel,
        identify=person_of_caller,
        further=hide_our_files,
        is_behind_socket=True,
    )
    serve(entry)


def channel() -> Channel:
    """Return the connection to the frontend, which is not the parent of this process."""
    from helper.request.socket_channel import SocketChannel

    return SocketChannel(CHANNEL)


def person_of_caller(uid: int) -> Person:
    """Return who is connected, by the user database."""
    from helper.identity.identify import identify_peer

    return refuse_members(identify_peer(uid))


def hide_our_files(sandbox: Sandbox) -> None:
    """Take away the service user's rights to our files by Landlock. The set-id helper does it by drop()."""
    sandbox.shut_in_further(os.path.realpath(os.path.dirname(paths.CONFIGURATION)))


def refuse_members(person: Person) -> Person:
    """Return who is connected. Raise NotPermitted for a member of the service user's group, who could read the secrets.

    This asks the name-service switch about a uid that the caller chooses, so it is done in the sandbox.
    """
    if account(paths.SERVICE_USER).pw_gid in person.gids:
        raise NotPermitted(SERVICE_CANNOT_SEND)
    return person

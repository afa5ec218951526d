"""The helper that systemd has started behind gatepost.socket, for one connection, as the service user.

It cannot become the caller, who is in another process that the kernel tells it of: so it does nothing with the caller's
rights, and keeps its own from everything that comes after.
"""

from __future__ import annotations

import os

from helper.bundle import load_rest
from helper.entry.serve import Entry, serve
from helper.failure import NotPermitted
from helper.privileged import paths
from helper.privileged.accept import SERVICE_CANNOT_SEND, begin, shut_in
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
    entry = Entry(begin, acquire, shut_in, load_rest, channel, identify_caller, keep_from_ours)
    serve(entry.replace(is_behind_socket=True))


def channel() -> Channel:
    """Return the connection to the frontend, which is no parent of ours."""
    from helper.request.socket_channel import SocketChannel

    return SocketChannel(CHANNEL)


def identify_caller(uid: int) -> Person:
    """Return who called, as the password file knows them."""
    from helper.identity.identify import identify_peer

    return refuse_members(identify_peer(uid))


def keep_from_ours(sandbox: Sandbox) -> None:
    """Read nothing of ours any more: what drop() does for other helpers, Landlock does for this one."""
    sandbox.shut_in_further(os.path.realpath(os.path.dirname(paths.CONFIGURATION)))


def refuse_members(person: Person) -> Person:
    """Return who is connected; raise NotPermitted for who has the service user's group, and can read the secrets.

    Only a sandboxed process asks the name-service switch for the groups of a uid that others choose.
    """
    if account(paths.SERVICE_USER).pw_gid in person.gids:
        raise NotPermitted(SERVICE_CANNOT_SEND)
    return person

"""The helper that the launcher, or root's sendmail, has started: the service user's rights, and then the caller's."""

from __future__ import annotations

from helper.bundle import load_rest
from helper.entry.serve import Entry, serve
from helper.failure import OnlyBySocket
from helper.privileged.acquire import acquire_installed
from helper.privileged.begin import CHANNEL, begin
from helper.privileged.drop import drop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from helper.identity.identify import Person
    from helper.privileged.acquire import LoadedState
    from helper.request.channel import Channel


def main() -> NoReturn:
    """Serve one caller, and end."""
    serve(Entry(begin, acquire, drop, load_rest, channel, identify_caller))


def acquire() -> LoadedState:
    """Read what root wrote; a secret that only the helper behind gatepost.socket is given is its business."""
    state = acquire_installed()
    return state.replace(is_for_socket=isinstance(state.failure, OnlyBySocket))


def channel() -> Channel:
    """Return the connection to the frontend, our parent."""
    from helper.request.channel import Channel

    return Channel(CHANNEL)


def identify_caller(uid: int) -> Person:
    """Return who called, with the rights that this process has."""
    from helper.identity.identify import identify

    return identify(uid)

"""The set-id helper, started by the launcher or root's sendmail: the service user's rights, then only the caller's."""

from __future__ import annotations

from helper.bundle import load_rest
from helper.entry.serve import Entry, serve
from helper.privileged.acquire import acquire
from helper.privileged.begin import CHANNEL, begin
from helper.privileged.drop import drop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from helper.identity.identify import Person
    from helper.request.channel import Channel


def main() -> NoReturn:
    """Serve one caller, and end."""
    entry = Entry(begin=begin, acquire=acquire, drop=drop, load=load_rest, channel=channel, identify=person_of_caller)
    serve(entry)


def channel() -> Channel:
    """Return the connection to the frontend, which is the parent of this process."""
    from helper.request.channel import Channel

    return Channel(CHANNEL)


def person_of_caller(uid: int) -> Person:
    """Return who called. This process has the caller's rights already."""
    from helper.identity.identify import identify

    return identify(uid)

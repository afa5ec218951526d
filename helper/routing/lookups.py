"""What routing asks of the system, what it is told, and the lists that a router redirects by, loaded when one does."""

from __future__ import annotations

from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.config.values import Router
    from helper.routing.items import Item
    from helper.routing.lists import Lists


class Home(Record):
    """Where a user's own files are."""

    path: str
    uid: int


class ListFile(Record):
    """What is in a file of a list, and whose word that is: None for the configuration's, root's and the sender's."""

    octets: bytes
    user: int | None


class Lookups(Record):
    """What routing has to ask the system.

    `alias_file` returns the octets of a file that the configuration names, which may have been opened while we still
    had the rights to it; `read_file` any other file, with the rights of the caller: what a .forward file names must
    never be opened with more. It is told whose word the path is, lest somebody else names what only the caller may
    read. Both return None for a file that does not exist and raise OSError for one that cannot be read. `may_show`
    tells whether the caller may read an alias file, and so see in a trace what it says.
    """

    alias_file: Callable[[str], bytes | None]
    read_file: Callable[[str, int | None], ListFile | None]
    home_of: Callable[[bytes], Home | None]  # of a login; None: there is no such user
    may_show: Callable[[str], bool]


class Listing(Record):
    """What an address is redirected to, and for people: where that is written.

    `alias_file` is the path of the file where it came from one that the caller may perhaps not read.
    """

    items: tuple[Item, ...]
    place: str
    alias_file: str | None = None


class LateLists:
    """The lists of one message; their code is loaded when a router redirects, and most messages meet none that does."""

    def __init__(self, lookups: Lookups, qualify: bytes) -> None:
        self.lookups = lookups
        self._qualify = qualify
        self._lists: Lists | None = None

    def of_router(self, router: Router, local_part: bytes, home: Home | None) -> Listing | None:
        """Return what a redirect router says of a local part, None where it says nothing."""
        if self._lists is None:
            from helper.routing.lists import Lists

            self._lists = Lists(self.lookups, self._qualify)
        return self._lists.of_router(router, local_part, home)

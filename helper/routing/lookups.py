"""What routing asks of the system, and what it is told."""

from __future__ import annotations

from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.routing.items import Item


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

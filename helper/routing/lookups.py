"""The questions that routing asks the system, and the answers."""

from __future__ import annotations

from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.routing.items import Item


class Home(Record):
    """The home directory of a user."""

    path: str
    uid: int


class ListFile(Record):
    """The content of a list file, and the user who controls it: None for the configuration, root and the sender."""

    octets: bytes
    user: int | None


class Lookups(Record):
    """What routing has to ask the system.

    `alias_file` returns the octets of a file that the configuration names, which may have been opened while we still
    had the rights to it; `read_file` any other file, with the rights of the caller: what a .forward file names must
    never be opened with more. It is told who controls the path, so that no other user can name a file that only the
    caller may read. Both return None for a file that does not exist and raise OSError for one that cannot be read.
    `may_show` tells whether the caller may read an alias file, so that a trace may show what it says.
    """

    alias_file: Callable[[str], bytes | None]
    read_file: Callable[[str, int | None], ListFile | None]
    home_of: Callable[[bytes], Home | None]  # of a login; None: there is no such user
    may_show: Callable[[str], bool]


class Listing(Record):
    """The list that an address is redirected to, and for error messages its file.

    `alias_file` is the path of its file, if this is one that the caller may not be allowed to read.
    """

    items: tuple[Item, ...]
    place: str
    alias_file: str | None = None

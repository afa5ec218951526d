"""Read the files named in aliases and .forward files, with the right user's rights."""

from __future__ import annotations

import posix as os
import stat

from helper.record import Record
from helper.routing.lookups import ListFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = 0
LIST_LIMIT = 16 * 1024 * 1024  # octets of a file that an alias or a .forward file includes


class Files(Record):
    """How files are read for a caller.

    `read` returns a list that a user names, or for None the configuration, and None if there is none; OSError says
    why it cannot be read. `may_see` says whether a caller, by the uid, may see what an alias file says.
    """

    read: Callable[[str, int | None], ListFile | None]
    may_see: Callable[[str, int], bool]


def read_file(path: str, user: int | None) -> ListFile | None:
    """Return a .forward file, or one that is included, with the caller's rights; None if there is none.

    OSError for one that cannot be read, is not a regular file (a FIFO would make us wait), is larger than any list, or
    could be somebody else's trick (list_owner.py). `user` is whose word the path is, None for the configuration's.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):  # a home of /dev/null is a home without files
        return None
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("is not a regular file")
        if status.st_size > LIST_LIMIT:
            raise OSError("is too large for a list of addresses")
        from helper.identity.list_owner import owner_of_list  # few sends read lists

        return ListFile(file.read(LIST_LIMIT) or b"", owner_of_list(path, status, user))


def may_see(path: str, uid: int) -> bool:
    """Return whether the caller may see what a file says that we could read: root may, whose stand-in we are."""
    return uid == ROOT or os.access(path, os.R_OK)


def refuse(_path: str, _user: int | None) -> ListFile | None:
    """Refuse to read or look up a file that another user has named: we would use the wrong user's rights."""
    raise OSError("not through gatepost.socket, because its helper does not have the caller's rights")


def may_see_as_root(_path: str, uid: int) -> bool:
    """Return whether the caller may see an alias file, if the kernel can only be asked about ourselves."""
    return uid == ROOT


CALLERS = Files(read_file, may_see)  # we are the caller
NOBODYS = Files(refuse, may_see_as_root)  # we are the service user

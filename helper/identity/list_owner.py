"""Find the user who controls a list, so that it cannot make a sender's rights read the sender's own files for others.

A `.forward` file and the lists that are included are read with the sender's rights. What somebody else has linked or
named there would show the sender's own files: in an envelope, and in the log. So a list of a user's has to be that
user's or root's on its whole way, and so has what it includes.
"""

from __future__ import annotations

import os
import pwd
import stat

from helper.privileged.path_walk import steps
from helper.privileged.protected_files import is_writable_by_others

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Passed = list[tuple[str, os.stat_result]]

ROOT = 0
NOBODY = -1  # whose word a list is that others than its owner can write: it can only lead to what all can read


def owner_of_list(path: str, status: os.stat_result, user: int | None) -> int | None:
    """Return the user who controls an open file that was found at a path; None for root and for the sender.

    `user` is whose word the path was: that user's, or None for the configuration's. OSError says why it is not read.
    """
    passed = list(steps(path))
    if not os.path.samestat(passed[-1][1], status):
        raise OSError("it was replaced while it was opened")
    strangers = {each.st_uid for _, each in passed} - {ROOT}
    if user is None:
        return owner_named_by_configuration(passed, strangers)
    for place, each in passed:
        if each.st_uid not in (user, ROOT):
            raise OSError(f"{place} belongs neither to the owner of the list nor to root")
    if is_writable_by_others(status):
        raise OSError("users other than its owner can write it: chmod go-w")
    refuse_out_of_reach(passed, user)
    return user


def owner_named_by_configuration(passed: Passed, strangers: Iterable[int]) -> int | None:
    """Return whose word a list is that the configuration, or a list of root's, names: on its way stands one user."""
    owner, *others = sorted(strangers) or [ROOT]
    status = passed[-1][1]
    if others:
        raise OSError("the file and the directories and links on its path belong to more than one user besides root")
    if owner != ROOT and status.st_nlink > 1:
        raise OSError("it has a second name (a hard link)")
    refuse_out_of_reach(passed, owner)
    if is_writable_by_others(status):
        return NOBODY
    return None if owner in (ROOT, os.getuid()) else owner


def refuse_out_of_reach(passed: Passed, user: int) -> None:
    """Raise OSError for what is root's and only some groups can read, where the user is in none of them."""
    if user in (ROOT, os.getuid()):
        return
    for place, status in passed:
        mode = status.st_mode
        wanted = stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH
        if status.st_uid != ROOT or stat.S_ISLNK(mode) or mode & wanted:
            continue
        if not mode & wanted << 3 or status.st_gid not in recorded_groups(user):
            raise OSError(f"{place} cannot be read by the owner of the list")


def recorded_groups(uid: int) -> list[int]:
    """Return the groups of a user in the password and group files, none for an unknown user."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return []
    return [entry.pw_gid] if uid == ROOT else os.getgrouplist(entry.pw_name, entry.pw_gid)

"""Identify the caller: from the uid that the kernel reports to the entry in the password file."""

from __future__ import annotations

import grp
import posix as os
import pwd

from helper.identity.list_files import CALLERS, NOBODYS, Files
from helper.record import Record
from helper.routing.lookups import Home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = 0


class Person(Record):
    """The caller's entry in the password file; without one, `gecos` is empty and `home` None.

    `groups` are the names of `gids`, as far as they have any. `is_subordinate` says that the uid is one of a range that
    /etc/subuid gives to the user who is named here.
    """

    uid: int
    login: bytes
    gecos: bytes
    home: str | None
    gids: frozenset[int]
    groups: frozenset[bytes]
    files: Files = CALLERS
    has_account: bool = True
    is_subordinate: bool = False


def identify(uid: int) -> Person:
    """Return who called; a uid without an account is called `uid1234`, so that mail of a stray service is not lost."""
    return person(uid, [0] if uid == ROOT else [os.getgid(), *os.getgroups()])


def identify_peer(uid: int) -> Person:
    """Return the same for another process: with the groups in the group file, without using its rights."""
    from helper.identity.list_owner import recorded_groups  # few callers need it

    return person(uid, recorded_groups(uid)).replace(files=NOBODYS)


def person(uid: int, gids: Iterable[int]) -> Person:
    """Return who has this uid: an account, the owner of the range that it is in (subuid(5)), or nobody known."""
    try:
        return known_person(uid, pwd.getpwuid(uid), gids)
    except KeyError:
        pass
    from helper.identity.subordinate import owner_of, subordinate_uids  # few callers have no account

    owner = owner_of(uid, subordinate_uids())
    if owner is None:
        known = frozenset(gids)
        return Person(uid, b"uid%d" % uid, b"", None, known, group_names(known), has_account=False)
    from helper.identity.list_owner import recorded_groups

    return known_person(uid, owner, [*gids, *recorded_groups(owner.pw_uid)]).replace(is_subordinate=True)


def known_person(uid: int, entry: pwd.struct_passwd, gids: Iterable[int]) -> Person:
    """Return the person of an account."""
    names = (octets_of(entry.pw_name), octets_of(entry.pw_gecos))
    known = frozenset(gids)
    return Person(uid, *names, entry.pw_dir, known, group_names(known))


def group_names(gids: Iterable[int]) -> frozenset[bytes]:
    """Return the names of groups, leaving out those that have none."""
    names = set()
    for gid in gids:
        try:
            names.add(octets_of(grp.getgrgid(gid).gr_name))
        except KeyError:
            continue
    return frozenset(names)


def home_of(login: bytes) -> Home | None:
    """Return the home directory of a local user, None if there is no such user."""
    try:
        entry = pwd.getpwnam(login.decode(errors="surrogateescape"))
    except (KeyError, ValueError):
        return None
    return Home(entry.pw_dir, entry.pw_uid)


def octets_of(text: str) -> bytes:
    """Return a text of the user database as it stands there."""
    return text.encode(errors="surrogateescape")

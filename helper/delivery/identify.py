"""Identify: from the uid that the kernel attests to the person in the password file."""

from __future__ import annotations

import grp
import os
import pwd

from helper.delivery.files import CALLERS, NOBODYS, Files
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = 0


class Person(Record):
    """The caller as the password file knows them; `gecos` is empty and `home` None where it does not."""

    uid: int
    login: bytes
    gecos: bytes
    home: str | None
    groups: frozenset[bytes]
    files: Files = CALLERS


def identify(uid: int) -> Person:
    """Return who called; a uid without an entry is called `uid1234`, so that mail of a stray service is not lost."""
    return person(uid, [0] if uid == ROOT else [os.getgid(), *os.getgroups()])


def identify_peer(uid: int) -> Person:
    """Return the same of somebody whose process is not ours: with the groups on record, and without their rights."""
    return person(uid, recorded_groups(uid)).replace(files=NOBODYS)


def person(uid: int, gids: Iterable[int]) -> Person:
    """Return who has this uid."""
    groups = group_names(gids)
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Person(uid, b"uid%d" % uid, b"", None, groups)
    return Person(uid, os.fsencode(entry.pw_name), os.fsencode(entry.pw_gecos), entry.pw_dir, groups)


def recorded_groups(uid: int) -> list[int]:
    """Return the groups that the password and group files give to a user, none to one whom they do not know."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return []
    return [entry.pw_gid] if uid == ROOT else os.getgrouplist(entry.pw_name, entry.pw_gid)


def group_names(gids: Iterable[int]) -> frozenset[bytes]:
    """Return the names of groups, leaving out those that have none."""
    names = set()
    for gid in gids:
        try:
            names.add(os.fsencode(grp.getgrgid(gid).gr_name))
        except KeyError:
            continue
    return frozenset(names)


def home_of(login: bytes) -> str | None:
    """Return the home folder of a local user, None where there is no such user."""
    try:
        return pwd.getpwnam(os.fsdecode(login)).pw_dir
    except (KeyError, ValueError):
        return None

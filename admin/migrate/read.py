"""Read the files of a peer, each with the rights of the user who could replace it."""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
import sys
from pathlib import Path

from admin.apart import Apart, finish
from helper.failure import Failure, SystemFault
from helper.privileged.path_walk import steps

TIME_LIMIT_S = 30
OTHERS = stat.S_IWGRP | stat.S_IWOTH


def read_file(path: Path, limit: int) -> bytes:
    """Return what a regular file holds, at most a little more than `limit` octets. OSError, Failure where it cannot be.

    A user's file is read by a process that is this user, so that no link of theirs leads root to a file of root's.
    """
    owner = exchanger_of(path) if os.geteuid() == 0 else None
    if owner is None:
        return read_regular(path, limit)

    def work() -> int:
        try:
            sys.stdout.buffer.write(read_regular(path, limit))
            sys.stdout.buffer.flush()
        except OSError as error:
            sys.stderr.write(str(error.strerror))
            sys.stderr.flush()
            return 1
        return 0

    with Apart(owner, work, TIME_LIMIT_S, said_limit=2 * limit) as made:
        done = finish(made)
    if done.status != 0:
        raise SystemFault(f"cannot be read by {owner.pw_name}: {done.stderr.decode('ascii', 'replace')}")
    return done.stdout


def read_regular(path: Path, limit: int) -> bytes:
    """Return what a regular file holds; no FIFO, terminal or device makes us wait. OSError for those."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "not a regular file")
    with open(descriptor, "rb") as file:
        return file.read(limit + 1)


def exchanger_of(path: Path) -> pwd.struct_passwd | None:
    """Return the user who can replace this file or a directory above it; None if only root can.

    SystemFault if many can, or a user without an account.
    """
    with contextlib.suppress(OSError):  # the way ends here: nothing is read
        for place, _ in steps(str(path.absolute())):
            owner = exchanger_in(Path(place).parent, Path(place))
            if owner not in (None, 0):
                return account(owner, Path(place))
    return None


def exchanger_in(directory: Path, place: Path) -> int | None:
    """Return the uid of the user who can replace a file in a directory; None if it does not exist."""
    try:
        around, inside = directory.stat(), place.lstat()
    except OSError:
        return None
    if around.st_uid != 0 or not around.st_mode & OTHERS:
        return around.st_uid
    if around.st_mode & stat.S_ISVTX:
        return inside.st_uid
    raise SystemFault(
        f"other users than root can write {directory}: copy the file to a directory that only root can write"
    )


def account(uid: int | None, place: Path) -> pwd.struct_passwd:
    """Return a user's account."""
    try:
        return pwd.getpwuid(uid or 0)
    except KeyError:
        raise SystemFault(
            f"the owner of {place} has no account: copy the file to a directory that only root can write"
        ) from None


def login_of(file: str) -> str:
    """Return the login of the user who can replace a file, empty if only root can, or if this was reported before."""
    try:
        owner = exchanger_of(Path(file))
    except Failure:
        return ""
    return owner.pw_name if owner else ""

"""Drop: give the service user's rights up for good, and prove it by asking the kernel and by trying to go back."""

from __future__ import annotations

import posix as os

from helper.failure import SystemFault
from helper.privileged import process
from helper.privileged.python_prctl import (
    PR_GET_DUMPABLE,
    PR_GET_NO_NEW_PRIVS,
    PR_GET_PDEATHSIG,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    prctl,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SIGKILL = 9  # on every Linux; importing signal would import enum on every send


def drop() -> None:
    """Become the caller and nothing else. SystemFault if the kernel does not confirm a step.

    The order matters. The groups come first, while the user may still change them. A change of ids resets dumpable and
    the parent-death signal (prctl(2)), so these come after the last change.
    """
    before = os.geteuid(), os.getegid()
    drop_groups()
    drop_user()
    prove_no_way_back(*before)
    empty_capabilities()
    not_dumpable()
    no_core_file()
    die_with_frontend()
    no_new_privileges()


def drop_groups() -> None:
    """Set all three group ids to the caller's. The supplementary groups were the caller's from the beginning."""
    real = os.getresgid()[0]
    os.setresgid(real, real, real)
    if os.getresgid() != (real, real, real):
        raise SystemFault("the service user's group was not given up")


def drop_user() -> None:
    """Set all three user ids to the caller's. The file-system ids follow (credentials(7))."""
    real = os.getresuid()[0]
    os.setresuid(real, real, real)
    if os.getresuid() != (real, real, real):
        raise SystemFault("the service user's rights were not given up")


def prove_no_way_back(user: int, group: int) -> None:
    """Try every way back to the ids that were effective before, and to root. The kernel has to refuse each.

    OpenSSH does the same in permanently_set_uid. It detects a kernel that silently kept the ids (CVE-2000-0506).
    """
    for uid in {user, 0} - {os.getuid()}:
        if any(succeeds(change, uid) for change in USER_CHANGES):
            raise SystemFault("the service user's rights could be taken back")
    for gid in {group, 0} - {os.getgid()}:
        if any(succeeds(change, gid) for change in GROUP_CHANGES):
            raise SystemFault("the service user's group could be taken back")


UNCHANGED = -1  # for setresuid(2) and the like: leave this id unchanged
USER_CHANGES: tuple[Callable[[int], None], ...] = (
    lambda uid: os.setresuid(UNCHANGED, uid, UNCHANGED),
    lambda uid: os.setreuid(UNCHANGED, uid),
    os.seteuid,
    os.setuid,
)
GROUP_CHANGES: tuple[Callable[[int], None], ...] = (
    lambda gid: os.setresgid(UNCHANGED, gid, UNCHANGED),
    lambda gid: os.setregid(UNCHANGED, gid),
    os.setegid,
    os.setgid,
)


def succeeds(change: Callable[[int], None], target: int) -> bool:
    """Return whether the kernel allowed the change."""
    try:
        change(target)
    except PermissionError:
        return False
    return True


def empty_capabilities() -> None:
    """Give up every capability, and make sure that a later change of user keeps none (capabilities(7))."""
    process.empty_capabilities()
    if process.has_capabilities():
        raise SystemFault("a capability was not given up")
    if process.keeps_capabilities():
        raise SystemFault("the caller's securebits keep capabilities over a change of user")


def not_dumpable() -> None:
    """Make the memory unreadable again: the change of ids has reset this to fs.suid_dumpable."""
    prctl(PR_SET_DUMPABLE, 0)
    if prctl(PR_GET_DUMPABLE):
        raise SystemFault("the kernel does not shield this process from being read")


def no_core_file() -> None:
    """Write no core file, whatever signal arrives."""
    process.forbid_core_file()


def die_with_frontend() -> None:
    """Have the kernel kill this process when the frontend dies, so that an interrupted send is not delivered."""
    prctl(PR_SET_PDEATHSIG, SIGKILL)
    if prctl(PR_GET_PDEATHSIG) != SIGKILL:
        raise SystemFault("the kernel does not end the helper with its frontend")


def no_new_privileges() -> None:
    """Make sure that no later execve(2) gives rights."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if not prctl(PR_GET_NO_NEW_PRIVS):
        raise SystemFault("no_new_privs was not set")

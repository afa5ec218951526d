"""Drop: give the service user's rights up for good, and prove it by asking the kernel and by trying to go back."""

from __future__ import annotations

import os

from helper.failure import SystemFault
from helper.privileged import process
from helper.privileged.process import prctl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SIGKILL = 9  # on every Linux; importing signal would import enum on every send


def drop() -> None:
    """Become the caller and nothing else. SystemFault where the kernel does not confirm a step.

    The order matters: groups while the user may still change them; what a change of ids resets (not dumpable, the
    parent-death signal: prctl(2)) after the last of them.
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
    """Make the caller's group all three group ids. Supplementary groups are the caller's own and were never ours."""
    real = os.getresgid()[0]
    os.setresgid(real, real, real)
    if os.getresgid() != (real, real, real):
        raise SystemFault("the service user's group was not given up")


def drop_user() -> None:
    """Make the caller all three user ids; the file-system ids follow (credentials(7))."""
    real = os.getresuid()[0]
    os.setresuid(real, real, real)
    if os.getresuid() != (real, real, real):
        raise SystemFault("the service user's rights were not given up")


def prove_no_way_back(user: int, group: int) -> None:
    """Try every way back to the ids that were effective before, and to root: each has to be refused.

    As OpenSSH does after permanently_set_uid: a kernel that quietly did not drop (CVE-2000-0506) is found out.
    """
    for uid in {user, 0} - {os.getuid()}:
        if any(succeeds(change, uid) for change in USER_CHANGES):
            raise SystemFault("the service user's rights could be taken back")
    for gid in {group, 0} - {os.getgid()}:
        if any(succeeds(change, gid) for change in GROUP_CHANGES):
            raise SystemFault("the service user's group could be taken back")


UNCHANGED = -1  # to setresuid(2) and its like: leave this id as it is
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
    """Say whether the kernel allowed it."""
    try:
        change(target)
    except PermissionError:
        return False
    return True


def empty_capabilities() -> None:
    """Hold no capability, and keep none over a later change of user (capabilities(7))."""
    process.empty_capabilities()
    if process.has_capabilities():
        raise SystemFault("a capability was not given up")
    if process.keeps_capabilities():
        raise SystemFault("the caller's securebits keep capabilities over a change of user")


def not_dumpable() -> None:
    """Shield the memory again: the change of ids has just reset it to fs.suid_dumpable."""
    prctl.set_dumpable(0)
    if prctl.get_dumpable():
        raise SystemFault("the kernel does not shield this process from being read")


def no_core_file() -> None:
    """Write no core file, whoever sends a signal."""
    process.forbid_core_file()


def die_with_frontend() -> None:
    """Be killed when the frontend dies, so that a send that was interrupted is not delivered after all."""
    prctl.set_pdeathsig(SIGKILL)
    if prctl.get_pdeathsig() != SIGKILL:
        raise SystemFault("the kernel does not end the helper with its frontend")


def no_new_privileges() -> None:
    """Let no later execve(2) give rights again."""
    prctl.set_no_new_privs(1)
    if not prctl.get_no_new_privs():
        raise SystemFault("no_new_privs was not set")

"""The service user and the stand-in user, and their rights."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
from collections.abc import Iterable, Iterator

from admin.finding import Caution
from helper.failure import SystemFault
from helper.privileged import paths
from helper.privileged.accounts import account

LOGIN_REFUSED = ("nologin", "false")  # the names of the shells that end at once, in whatever directory


def check_accounts() -> str:
    """Check that the two accounts differ, that their groups have no members, and that nobody can log in as them."""
    service, standin = account(paths.SERVICE_USER), account(paths.STANDIN_USER)
    if service.pw_uid == standin.pw_uid or service.pw_gid == standin.pw_gid:
        raise SystemFault(
            f"{service.pw_name} and {standin.pw_name} must be two different users, each with a group of its own"
        )
    everybody = pwd.getpwall()
    for each in (service, standin):
        refuse_unfit(each, members_of(each, everybody))
    for each in (service, standin):
        if os.path.isdir(each.pw_dir):
            raise Caution(
                f"{each.pw_name} has a home directory and does not need one: usermod --home /nonexistent {each.pw_name}"
            )
    return f"{service.pw_name} and {standin.pw_name}"


def members_of(ours: pwd.struct_passwd, everybody: Iterable[pwd.struct_passwd]) -> list[str]:
    """Return the other members of an account's group, including users whose primary group it is."""
    try:
        named = grp.getgrgid(ours.pw_gid).gr_mem
    except KeyError:
        named = []
    own = [each.pw_name for each in everybody if each.pw_gid == ours.pw_gid]
    return sorted({*named, *own} - {ours.pw_name})


def refuse_unfit(ours: pwd.struct_passwd, members: list[str]) -> None:
    """Raise SystemFault for an account that is root, or whose rights another user can get."""
    if ours.pw_uid == 0 or ours.pw_gid == 0:
        raise SystemFault(f"{ours.pw_name} is root; it must be an unprivileged user of its own")
    if members:
        what = f"the group of {ours.pw_name} has members: {' '.join(members)}"
        raise SystemFault(f"{what}, who can read the password: {how_to_take_out(members, ours)}")
    if os.path.basename(ours.pw_shell) not in LOGIN_REFUSED:
        raise SystemFault(f"{ours.pw_name} has a login shell: usermod --shell /usr/sbin/nologin {ours.pw_name}")


def how_to_take_out(members: list[str], ours: pwd.struct_passwd) -> str:
    """Return the commands that take users out of our group, or give those another whose own it is."""
    group = next((each.gr_name for each in grp.getgrall() if each.gr_gid == ours.pw_gid), ours.pw_name)
    own = {each.pw_name for each in pwd.getpwall() if each.pw_gid == ours.pw_gid}
    return ", ".join(
        f"usermod --gid nogroup {name}" if name in own else f"gpasswd --delete {name} {group}" for name in members
    )


@contextlib.contextmanager
def helper_rights() -> Iterator[None]:
    """A context with the rights of a helper before its drop, to ask the kernel what the helper may do."""
    service = account(paths.SERVICE_USER)
    user = service if gives_user() else account(paths.STANDIN_USER)
    groups, gid, uid = os.getgroups(), os.getegid(), os.geteuid()
    os.setgroups([])
    os.setegid(service.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(uid)
        os.setegid(gid)
        os.setgroups(groups)


def gives_user() -> bool:
    """Return whether a helper has the service user's rights, or only those of its group (a launcher of 2755).

    Without a set-id bit there is the one behind gatepost.socket, which is the service user.
    """
    try:
        return os.stat(paths.LAUNCHER).st_mode & (stat.S_ISUID | stat.S_ISGID) != stat.S_ISGID
    except OSError:
        return True  # as it is installed; that it is not there is told elsewhere


def give_up_root(successor: pwd.struct_passwd, groups: list[int]) -> None:
    """Become an ordinary user for good, by the steps of a helper's drop and with its proofs. SystemFault otherwise."""
    from helper.privileged.drop import drop

    os.setgroups(groups)
    os.setresgid(successor.pw_gid, -1, -1)
    os.setresuid(successor.pw_uid, -1, -1)
    drop()

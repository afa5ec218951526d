"""Begin: ask the kernel who called, and check that this process was started as it has to be."""

from __future__ import annotations

import posix as os
import stat
import sys

from helper.failure import NotPermitted, SystemFault
from helper.privileged import paths
from helper.privileged.accounts import our_accounts
from helper.privileged.python_prctl import PR_GET_DUMPABLE, PR_SET_DUMPABLE, prctl

CHANNEL = 3  # where the launcher leaves the socketpair's end


def begin() -> int:
    """Return the uid of the caller, 0 for root. Refuse a process that our C programs did not start.

    This reads nothing that the caller wrote. SystemFault names what is wrong, NotPermitted an account that cannot send.
    """
    check_channel()
    check_interpreter()
    be_unreadable()
    return identify_caller()


def be_unreadable() -> None:
    """Make this process's memory unreadable for its caller before it holds a secret (prctl(2), PR_SET_DUMPABLE).

    With fs.suid_dumpable = 1 the kernel makes the memory readable at every change of ids, and the caller could win the
    race. With 2, as on Ubuntu, only root can read it. With 0 it is unreadable from the start, unless the launcher has
    no set-id bit, which identify_caller() detects.
    """
    if prctl(PR_GET_DUMPABLE) and sysctl_suid_dumpable() not in (b"0", b"2"):
        raise SystemFault("fs.suid_dumpable is 1, so every user could read the password: set it to 0 (sysctl)")
    prctl(PR_SET_DUMPABLE, 0)
    if prctl(PR_GET_DUMPABLE):
        raise SystemFault("the kernel does not shield this process from being read")


def sysctl_suid_dumpable() -> bytes:
    """Return fs.suid_dumpable, nothing without /proc: unknown counts as unsafe."""
    try:
        descriptor = os.open("/proc/sys/fs/suid_dumpable", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    with open(descriptor, "rb", buffering=0) as file:
        return (file.read(16) or b"").strip()


def check_interpreter() -> None:
    """Refuse an interpreter that loads its library from elsewhere (a pyvenv.cfg, PYTHONEXECUTABLE, a patched -I)."""
    isolated = sys.flags.isolated and sys.flags.no_site and sys.flags.dont_write_bytecode
    if not isolated or sys.executable != paths.PYTHON:
        raise SystemFault("the helper runs only in the isolated interpreter that the launcher starts")
    # A pyvenv.cfg moves the prefix away from the one that the interpreter was built with.
    if sys.prefix != sys.base_prefix or not paths.PYTHON.startswith(sys.prefix + "/"):
        raise SystemFault("the interpreter takes its library from another directory")


def check_channel() -> None:
    """Refuse to run unless descriptor CHANNEL is a socket."""
    try:
        is_socket = stat.S_ISSOCK(os.fstat(CHANNEL).st_mode)
    except OSError:
        is_socket = False
    if not is_socket:
        raise SystemFault("the helper is started by sendmail, not by hand")


def identify_caller() -> int:
    """Return the caller's uid: the real uid, or 0 if that is the stand-in user's, which only root can become.

    The effective uid, or in a set-gid installation only the effective gid, has to be the service user's. The real gid
    is the caller's. It may be 0, as in many containers.
    """
    real, effective, saved = os.getresuid()
    real_group, effective_group, saved_group = os.getresgid()
    service, standin = our_accounts()
    if 0 in (real, effective, saved, effective_group, saved_group):
        raise SystemFault("the helper never runs with an id of root")
    if real == service.pw_uid or real_group == service.pw_gid or service.pw_gid in os.getgroups():
        raise NotPermitted(f"the service user {paths.SERVICE_USER} and its group cannot send")
    by_user = (effective, saved) == (service.pw_uid, service.pw_uid)
    by_group = (effective, saved) == (real, real)
    if (effective_group, saved_group) != (service.pw_gid, service.pw_gid) or not (by_user or by_group):
        raise SystemFault(
            f"{paths.LAUNCHER} did not give the helper the rights of {paths.SERVICE_USER}: sudo gatepost check"
        )
    return 0 if real == standin.pw_uid else real

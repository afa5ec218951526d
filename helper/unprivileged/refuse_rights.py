"""Begin without privilege: nobody has lent us rights, and what the caller has none to stays out of reach."""

from __future__ import annotations

import os
import sys

from helper.failure import NotPermitted, SystemFault
from helper.privileged import paths
from helper.privileged.accounts import find_account, passwd
from helper.privileged.begin import CHANNEL, check_channel
from helper.privileged.drop import (
    die_with_frontend,
    drop_groups,
    drop_user,
    empty_capabilities,
    no_core_file,
    no_new_privileges,
    not_dumpable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

AT_SECURE = 23  # in the auxiliary vector (getauxval(3)): the file that this process executes gave it rights
WORD_OCTETS = 8 if sys.maxsize > 1 << 32 else 4
AUXILIARY_LIMIT = 4096  # octets; some twenty pairs of words


def begin() -> int:
    """Return the uid of who called (0 if root did); refuse a process that has any rights but an ordinary user's.

    A configuration of the caller's choice, read with the rights of somebody else, was CVE-2010-4345 (Exim). SystemFault
    names what is wrong; NotPermitted an account that cannot send.
    """
    auxiliary = auxiliary_vector()  # before this process is not dumpable: /proc is closed to it then
    begin_without_files()
    refuse_lent_rights(os.getresuid(), os.getresgid())
    refuse_secure_execution(auxiliary)
    refuse_service_user()
    return identify_caller()


def begin_without_files() -> int:
    """Return the caller's uid, and ask no file who that is."""
    check_channel()
    os.closerange(CHANNEL + 1, os.sysconf("SC_OPEN_MAX"))
    os.chdir("/")
    empty_capabilities()
    not_dumpable()
    no_core_file()
    return os.getuid()


def drop() -> None:
    """Do what comes last, when the configuration has been read and its programs have run, as at the end of drop().

    Rights that somebody has lent us are given up, too: begin() has refused to use them, which is still to be told.
    """
    if len(set(os.getresgid())) > 1:  # else nothing is asked: in a user namespace the kernel may know no number for us
        drop_groups()
    if len(set(os.getresuid())) > 1:
        drop_user()
    not_dumpable()
    die_with_frontend()
    no_new_privileges()


def refuse_lent_rights(users: Collection[int], groups: Collection[int]) -> None:
    """Raise SystemFault if real, effective and saved ids are not the same, and for root."""
    if len(set(users)) > 1 or len(set(groups)) > 1:
        raise SystemFault("the caller's own configuration is never used with another user's rights")
    if 0 in users:
        raise SystemFault("root must use the installed sendmail, which drops root first, or send as an ordinary user")


def refuse_secure_execution(auxiliary: bytes) -> None:
    """Raise SystemFault if the kernel says that the interpreter was given rights by its file (ld.so(8))."""
    words = [
        int.from_bytes(auxiliary[at : at + WORD_OCTETS], sys.byteorder) for at in range(0, len(auxiliary), WORD_OCTETS)
    ]
    if any(key == AT_SECURE and value for key, value in zip(words[::2], words[1::2], strict=False)):
        raise SystemFault("the caller's own configuration is never used in secure-execution mode")


def auxiliary_vector() -> bytes:
    """Return what the kernel told this process at its start; nothing if there is no /proc to ask."""
    try:
        descriptor = os.open("/proc/self/auxv", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    with open(descriptor, "rb", buffering=0) as file:
        return file.read(AUXILIARY_LIMIT) or b""


def refuse_service_user() -> None:
    """Raise NotPermitted for who can read the secrets of the installation: as with the launcher, none of them sends."""
    service = find_account(paths.SERVICE_USER, passwd())
    if service is None:  # an installation of a user's own has no such account
        return
    if os.getuid() == service.pw_uid or service.pw_gid in (os.getgid(), *os.getgroups()):
        raise NotPermitted(f"the service user {paths.SERVICE_USER} and its group cannot send")


def identify_caller() -> int:
    """Return the caller's uid, root's where it is the stand-in's: only root can become that."""
    standin = find_account(paths.STANDIN_USER, passwd())
    return 0 if standin is not None and os.getuid() == standin.pw_uid else os.getuid()

"""Accept behind gatepost.socket: who is at the other end, attested by the kernel, and is this what systemd started."""

from __future__ import annotations

import _socket
import os
import sys

from helper.failure import NotPermitted, SystemFault
from helper.privileged import paths
from helper.privileged.accounts import account, our_accounts
from helper.privileged.begin import CHANNEL, check_channel, check_interpreter
from helper.privileged.drop import (
    empty_capabilities,
    no_core_file,
    no_new_privileges,
    not_dumpable,
    prove_no_way_back,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE_CANNOT_SEND = f"the service user {paths.SERVICE_USER} and its group cannot send"

INT_OCTETS = 4
# What the kernel calls a user of whom it knows nothing here: one of a container, say (user_namespaces(7)).
OVERFLOW_UID = 65534
OVERFLOW_UID_FILE = "/proc/sys/kernel/overflowuid"


def begin() -> int:
    """Return the uid of who is connected; refuse a process that was not started by systemd for one connection.

    Nothing that the caller wrote is read. SystemFault names what is wrong; NotPermitted an account that cannot send.
    """
    check_channel()
    check_activation(os.environ, os.getpid())
    check_interpreter()
    not_dumpable()
    check_service_user()
    return peer_uid()


def shut_in() -> None:
    """Give up what can be given up without becoming somebody else. SystemFault where the kernel does not confirm it."""
    prove_no_way_back(os.geteuid(), os.getegid())
    empty_capabilities()
    not_dumpable()
    no_core_file()
    no_new_privileges()


def check_activation(environment: Mapping[str, str], pid: int) -> None:
    """Refuse a descriptor that is not the one connection that was handed to this very process (sd_listen_fds(3))."""
    if (environment.get("LISTEN_FDS"), environment.get("LISTEN_PID")) != ("1", str(pid)):
        raise SystemFault("this helper is started by gatepost.socket, not by hand")


def check_service_user() -> None:
    """Refuse to run as anybody but the service user, all ids alike: nobody has lent it anything."""
    service = account(paths.SERVICE_USER)
    users, groups = os.getresuid(), os.getresgid()
    if set(users) != {service.pw_uid} or set(groups) != {service.pw_gid} or 0 in os.getgroups():
        raise SystemFault(f"gatepost@.service must run as {paths.SERVICE_USER} and its group, and nobody else")


def peer_uid() -> int:
    """Return the uid of who made the connection: what the kernel noted at connect(2), never what anybody says.

    SCM_CREDENTIALS, which a sender writes, are not asked for. The pid may be another process by now, and the group is
    one of many: neither is looked at.
    """
    connection = _socket.socket(fileno=CHANNEL)
    try:
        if connection.family != _socket.AF_UNIX:
            raise SystemFault(
                "gatepost.socket must have a path: only of a caller on this machine the kernel knows who it is"
            )
        credentials = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 3 * INT_OCTETS)
    finally:
        connection.detach()
    uid = int.from_bytes(credentials[INT_OCTETS : 2 * INT_OCTETS], sys.byteorder)
    refuse_stranger(uid, overflow_uids())
    refuse_accounts_of_ours(uid)
    return uid


def refuse_stranger(uid: int, overflow: frozenset[int]) -> None:
    """Raise NotPermitted for a uid that stands for many users, or for none."""
    if uid in overflow or uid >= (1 << 32) - 1:
        raise NotPermitted(
            f"the kernel does not say who is calling (uid {uid}, as of a container's user that is unknown here)"
        )


def overflow_uids() -> frozenset[int]:
    """Return the uids that stand for users without one, the usual one and this machine's."""
    try:
        descriptor = os.open(OVERFLOW_UID_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return frozenset((OVERFLOW_UID,))
    with open(descriptor, "rb", buffering=0) as file:
        return frozenset((OVERFLOW_UID, int(file.read(16) or b"65534")))


def refuse_accounts_of_ours(uid: int) -> None:
    """Raise NotPermitted for the service user and the stand-in: neither of them sends, as elsewhere."""
    service, standin = our_accounts()
    if uid == service.pw_uid:
        raise NotPermitted(SERVICE_CANNOT_SEND)
    if uid == standin.pw_uid:
        raise NotPermitted(f"the stand-in user {paths.STANDIN_USER} cannot send")

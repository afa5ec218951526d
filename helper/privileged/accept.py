"""Accept behind gatepost.socket: the kernel says who is connected; check that systemd started this process."""

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
# The uid that the kernel reports for a user without one here, such as a container's (user_namespaces(7)).
OVERFLOW_UID = 65534
OVERFLOW_UID_FILE = "/proc/sys/kernel/overflowuid"


def begin() -> int:
    """Return the uid of the caller. Refuse a process that systemd did not start for one connection.

    This reads nothing that the caller wrote. SystemFault names what is wrong, NotPermitted an account that cannot send.
    """
    check_channel()
    check_activation(os.environ, os.getpid())
    check_interpreter()
    not_dumpable()
    check_service_user()
    return peer_uid()


def drop() -> None:
    """Give up everything except the service user's ids. SystemFault if the kernel does not confirm a step."""
    prove_no_way_back(os.geteuid(), os.getegid())
    empty_capabilities()
    not_dumpable()
    no_core_file()
    no_new_privileges()


def check_activation(environment: Mapping[str, str], pid: int) -> None:
    """Refuse to run unless systemd passed exactly one connection to this process (sd_listen_fds(3))."""
    if (environment.get("LISTEN_FDS"), environment.get("LISTEN_PID")) != ("1", str(pid)):
        raise SystemFault("this helper is started by gatepost.socket, not by hand")


def check_service_user() -> None:
    """Refuse to run with any id that is not the service user's."""
    service = account(paths.SERVICE_USER)
    users, groups = os.getresuid(), os.getresgid()
    if set(users) != {service.pw_uid} or set(groups) != {service.pw_gid} or 0 in os.getgroups():
        raise SystemFault(f"gatepost@.service must run as {paths.SERVICE_USER} with its group and no other")


def peer_uid() -> int:
    """Return the uid that the kernel recorded at connect(2).

    SCM_CREDENTIALS are not used, because the sender writes them. The pid may belong to another process by now, and the
    gid is only one of the caller's groups, so neither is used.
    """
    connection = _socket.socket(fileno=CHANNEL)
    try:
        if connection.family != _socket.AF_UNIX:
            raise SystemFault(
                "gatepost.socket must be a Unix socket with a path, so that the kernel can say who is calling"
            )
        credentials = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 3 * INT_OCTETS)
    finally:
        connection.detach()
    uid = int.from_bytes(credentials[INT_OCTETS : 2 * INT_OCTETS], sys.byteorder)
    refuse_stranger(uid, overflow_uids())
    refuse_accounts_of_ours(uid)
    return uid


def refuse_stranger(uid: int, overflow: frozenset[int]) -> None:
    """Raise NotPermitted for a uid that stands for many users or for none."""
    if uid in overflow or uid >= (1 << 32) - 1:
        raise NotPermitted(
            f"the kernel does not say who is calling (uid {uid}: perhaps a container's user that is unknown on "
            "this host)"
        )


def overflow_uids() -> frozenset[int]:
    """Return the overflow uids: the usual one and this machine's."""
    try:
        descriptor = os.open(OVERFLOW_UID_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return frozenset((OVERFLOW_UID,))
    with open(descriptor, "rb", buffering=0) as file:
        return frozenset((OVERFLOW_UID, int(file.read(16) or b"65534")))


def refuse_accounts_of_ours(uid: int) -> None:
    """Raise NotPermitted for the service user and the stand-in user, who cannot send."""
    service, standin = our_accounts()
    if uid == service.pw_uid:
        raise NotPermitted(SERVICE_CANNOT_SEND)
    if uid == standin.pw_uid:
        raise NotPermitted(f"the stand-in user {paths.STANDIN_USER} cannot send")

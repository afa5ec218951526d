"""A sendmail that waits with both its processes running; it is ended before it has a message to send."""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterator, Mapping
from time import monotonic, sleep

from admin.apart import ENVIRONMENT, Apart, program
from admin.finding import Caution
from admin.installed import SENDMAIL
from admin.selftest.attacker import TIME_LIMIT_S
from admin.selftest.held import status_of
from helper.failure import SystemFault
from helper.privileged import paths

NEXT_S = 3  # between one helper and the next


@contextlib.contextmanager
def halves(
    *arguments: str, who: pwd.struct_passwd | None, environment: Mapping[str, str] = ENVIRONMENT
) -> Iterator[tuple[int, int]]:
    """Give the pids of frontend and helper, once the helper has dropped and the frontend reads standard input.

    None sends as root. Whoever uses this sees to it by the arguments that an empty input sends nothing, in case that
    we are killed.
    """
    with Apart(who, program(str(SENDMAIL), *arguments, environment=environment), TIME_LIMIT_S) as frontend:
        yield frontend.pid, helper_of(frontend)


def helper_of(frontend: Apart) -> int:
    """Return the helper, once it has dropped (no_new_privs is the last step). SystemFault if there is none.

    A child that still executes sendmail is no helper: root's sendmail has one that can connect to gatepost.socket.
    """
    end = last = monotonic() + TIME_LIMIT_S
    while not frontend.has_ended() and monotonic() < end:
        children = children_of(frontend.pid)
        alive = {pid: each for pid, each in children.items() if each["State"][0] not in "ZX"}
        for pid, status in alive.items():
            if status["NoNewPrivs"] == "1" and program_of(pid) != program_of(frontend.pid):
                return pid
        if alive or (children and end == last):
            end = min(last, monotonic() + NEXT_S)  # after one that gives it no rights, sendmail starts another
        sleep(0.005)
    if os.path.exists(paths.SOCKET):
        raise Caution("the helper runs behind gatepost.socket; sendmail did not start it")
    raise SystemFault("sendmail started no helper")


def program_of(pid: int) -> str:
    """Return which file a process executes, nothing of one that has gone."""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe")
    return ""


def children_of(pid: int) -> dict[int, dict[str, str]]:
    """Return the processes that a process has started, with what the kernel says of them."""
    everybody = {int(name): status_of(int(name)) for name in os.listdir("/proc") if name.isdigit()}
    return {child: status for child, status in everybody.items() if status.get("PPid") == str(pid)}

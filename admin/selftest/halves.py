"""Halves: a sendmail that stands still, with both its halves running; it is ended before it has a message to send."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from time import monotonic, sleep
from typing import Any

from admin.installed import SENDMAIL
from admin.selftest.attacker import ENVIRONMENT, TIME_LIMIT_S
from admin.selftest.held import status_of
from helper.failure import SystemFault


@contextlib.contextmanager
def halves(*arguments: str, rights: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Give the pids of frontend and helper, once the helper has dropped and the frontend reads standard input.

    Whoever uses this sees to it by the arguments that an empty input sends nothing, in case that we are killed.
    """
    process = subprocess.Popen(
        [SENDMAIL, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=ENVIRONMENT,
        **rights,
    )
    try:
        yield process.pid, helper_of(process)
    finally:
        process.kill()  # first: what ends by itself is logged
        process.communicate()


def helper_of(frontend: subprocess.Popen[bytes]) -> int:
    """Return the helper, once it has dropped (no_new_privs is the last step). SystemFault where there is none."""
    end = monotonic() + TIME_LIMIT_S
    while frontend.poll() is None and monotonic() < end:
        children = children_of(frontend.pid)
        for pid, status in children.items():
            if status["NoNewPrivs"] == "1":
                return pid
        if children and all(status["State"].startswith("Z") for status in children.values()):
            break
        sleep(0.005)
    raise SystemFault("sendmail started no helper")


def children_of(pid: int) -> dict[int, dict[str, str]]:
    """Return the processes that a process has started, with what the kernel says of them."""
    everybody = {int(name): status_of(int(name)) for name in os.listdir("/proc") if name.isdigit()}
    return {child: status for child, status in everybody.items() if status.get("PPid") == str(pid)}

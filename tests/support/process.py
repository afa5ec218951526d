"""What the kernel tells root about the processes of a send."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")
PATIENCE_S = 30


def wait_for(condition: Callable[[], Found | None], what: str) -> Found:
    """Return what the condition gives as soon as it gives anything."""
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)
    return found


def status_of(pid: int) -> dict[str, str]:
    """Return /proc/PID/status; nothing for a process that has ended."""
    try:
        text = Path("/proc", str(pid), "status").read_text()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def command_of(pid: int) -> list[bytes]:
    """Return the argument vector of a process; nothing for one that has ended."""
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")[:-1]
    except OSError:
        return []


def children_of(pid: int) -> list[int]:
    """Return the processes that this one has started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_helper(pid: int) -> bool:
    """Say whether the interpreter of the helper runs in this process."""
    command = command_of(pid)
    return len(command) == 5 and command[-1].endswith(b"/helper/__main__.py")


def has_dropped(pid: int) -> bool:
    """Say whether this process is a helper that has given its rights up (no_new_privs is the last step)."""
    return is_helper(pid) and status_of(pid).get("NoNewPrivs") == "1"


def helper_below(pid: int) -> int:
    """Wait until a process has a helper that has dropped, directly or through others, and return it."""

    def find() -> int | None:
        below = [pid]
        for each in below:
            below += children_of(each)
        return next(filter(has_dropped, below), None)

    return wait_for(find, "a helper that has given its rights up")


def files_of(pid: int) -> dict[int, str]:
    """Return the open descriptors of a process and what they are."""
    folder = f"/proc/{pid}/fd"
    return {int(name): os.readlink(f"{folder}/{name}") for name in os.listdir(folder)}

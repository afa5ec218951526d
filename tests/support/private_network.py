"""A network of its own for some part of a test: loopback and nothing else, with kernel settings of its own."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

CLONE_NEWNET = 0x40000000

Result = TypeVar("Result")


def in_private_network(do: Callable[[], Result], settings: Mapping[str, str]) -> Result:
    """Do something in a new network namespace: sockets that it opens and processes that it starts are inside.

    A namespace belongs to a thread, and this one's ends with it. `settings` are names below /proc/sys/net.
    """

    def inside() -> Result:
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for name, value in settings.items():
            Path("/proc/sys/net", name).write_text(value)
        return do()

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(inside).result()


def counter(name: str) -> int:
    """Return one of the kernel's counters of this thread's network, as nstat(8) names them: `TcpExt` and the name."""
    names, values = [line.split()[1:] for line in Path("/proc/thread-self/net/netstat").read_text().splitlines()[:2]]
    return int(values[names.index(name.removeprefix("TcpExt"))])

"""Every way that Linux has to inspect another process of the same user. Run by the attacker."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from functools import partial

from admin.selftest.attacker import allowed

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long] * 4
LIBC.ptrace.restype = LIBC.syscall.restype = ctypes.c_long
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438  # the same on every architecture
READABLE = ("environ", "maps", "smaps", "auxv", "io", "syscall", "pagemap", "stack")
LINKS = ("exe", "cwd", "root", "fd/3")
LISTS = ("fd", "fdinfo", "map_files")


class Span(ctypes.Structure):
    """A piece of memory (struct iovec)."""

    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def spy_on(pid: int) -> list[str]:
    """Return the ways into this process that the kernel allows."""
    ways: dict[str, Callable[[], object]] = {
        "ptrace (seize)": partial(trace, PTRACE_SEIZE, pid),
        "ptrace (attach)": partial(trace, PTRACE_ATTACH, pid),
        "process_vm_readv": partial(read_memory, pid),
        "pidfd_getfd": partial(take_descriptor, pid),
    }
    ways |= {f"/proc/PID/{name}": partial(read_file, f"/proc/{pid}/{name}") for name in READABLE}
    ways["/proc/PID/mem"] = partial(open_file, f"/proc/{pid}/mem", os.O_RDONLY)
    ways["/proc/PID/mem for writing"] = partial(open_file, f"/proc/{pid}/mem", os.O_RDWR)
    ways |= {f"/proc/PID/{name}": partial(os.readlink, f"/proc/{pid}/{name}") for name in LINKS}
    ways |= {f"/proc/PID/{name}": partial(os.listdir, f"/proc/{pid}/{name}") for name in LISTS}
    return allowed(ways)


def trace(how: int, pid: int) -> None:
    """Become its tracer; the end of this process lets it go again."""
    check(LIBC.ptrace(how, pid, 0, 0))


def read_memory(pid: int) -> None:
    """Read an octet of its memory. The kernel looks at who asks first: "no such address" means that we may."""
    octet = ctypes.create_string_buffer(1)
    ours, theirs = Span(ctypes.addressof(octet), 1), Span(4096, 1)
    try:
        check(LIBC.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0))
    except OSError as error:
        if error.errno != errno.EFAULT:
            raise


def take_descriptor(pid: int) -> None:
    """Take a copy of the descriptor by which it speaks."""
    process = check(LIBC.syscall(SYS_PIDFD_OPEN, pid, 0, 0))
    check(LIBC.syscall(SYS_PIDFD_GETFD, process, 3, 0))


def read_file(path: str) -> None:
    """Read something of a file."""
    with open(path, "rb", buffering=0) as file:
        file.read(16)


def open_file(path: str, how: int) -> None:
    """Open a file and close it again."""
    os.close(os.open(path, how | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY))


def check(result: int) -> int:
    """Return what a system call returned. OSError if that is a failure."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result

"""Every way that Linux has to look into another process of one's own, tried by the user whose process it is."""

from __future__ import annotations

import json

from tests.support.installation import Installation

# Runs as the attacker: tries each way, prints which ones the kernel allowed and whether the secret was seen.
SPY = r"""
import ctypes, json, os, sys

pid, secret = int(sys.argv[1]), sys.stdin.buffer.read()
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = libc.syscall.argtypes = [ctypes.c_long] * 4
libc.ptrace.restype = libc.syscall.restype = ctypes.c_long
PTRACE_ATTACH, PTRACE_DETACH, PTRACE_SEIZE = 16, 17, 0x4206
PIDFD_OPEN, PIDFD_GETFD = 434, 438
allowed, seen = [], []

def attempt(name, action):
    try:
        found = action()
    except OSError:
        return
    allowed.append(name)
    if isinstance(found, bytes) and secret in found:
        seen.append(name)

def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result

def regions():
    for line in open(f"/proc/{pid}/maps"):
        span, rights = line.split()[:2]
        if rights.startswith("rw"):
            yield [int(end, 16) for end in span.split("-")]

def read_file(name):
    with open(f"/proc/{pid}/{name}", "rb", buffering=0) as file:
        return file.read()

def mem():
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        found = b""
        for start, end in regions():
            file.seek(start)
            found += file.read(end - start)
        return found

class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

def read_remote(start, length):
    buffer = ctypes.create_string_buffer(length)
    local, remote = Iovec(ctypes.addressof(buffer), length), Iovec(start, length)
    # The kernel looks at who asks before it looks at the address: EFAULT would mean that we may.
    count = libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
    if count < 0 and ctypes.get_errno() != 14:
        raise OSError(ctypes.get_errno(), "refused")
    return buffer.raw[:max(count, 0)]

def process_vm_readv():
    found = read_remote(4096, 1)
    try:
        found += b"".join(read_remote(start, end - start) for start, end in regions())
    except OSError:
        pass
    return found

def seize():
    check(libc.ptrace(PTRACE_SEIZE, pid, 0, 0))
    os.kill(pid, 19)
    os.waitpid(pid, 0x40000000)
    libc.ptrace(PTRACE_DETACH, pid, 0, 0)
    os.kill(pid, 18)

def attach():
    check(libc.ptrace(PTRACE_ATTACH, pid, 0, 0))
    os.waitpid(pid, 0x40000000)
    libc.ptrace(PTRACE_DETACH, pid, 0, 0)

def steal_descriptor():
    check(libc.syscall(PIDFD_GETFD, check(libc.syscall(PIDFD_OPEN, pid, 0, 0)), 3, 0))

attempt("ptrace attach", attach)
attempt("ptrace seize", seize)
attempt("process_vm_readv", process_vm_readv)
attempt("mem", mem)
attempt("mem for writing", lambda: os.close(os.open(f"/proc/{pid}/mem", os.O_RDWR)))
attempt("pidfd_getfd", steal_descriptor)
for name in ("environ", "maps", "smaps", "auxv", "io", "syscall", "pagemap", "stack"):
    attempt(name, lambda: read_file(name)[:0])
for name in ("exe", "cwd", "root", "fd/3"):
    attempt(name, lambda: os.readlink(f"/proc/{pid}/{name}"))
for name in ("fd", "fdinfo", "map_files", "task/%d/fd" % pid):
    attempt(name, lambda: os.listdir(f"/proc/{pid}/{name}"))
attempt("coredump_filter", lambda: os.close(os.open(f"/proc/{pid}/coredump_filter", os.O_RDWR)))
print(json.dumps([allowed, seen]))
"""


def spy_on(installation: Installation, pid: int, secret: str, user: str = "alice") -> tuple[list[str], list[str]]:
    """Return the ways that the kernel allowed, and those in which the secret was seen."""
    done = installation.run_as(user, "/usr/bin/python3", "-c", SPY, str(pid), stdin=secret.encode())
    assert done.status == 0, done.stderr
    allowed, seen = json.loads(done.stdout)
    return allowed, seen

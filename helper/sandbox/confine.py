"""The sandbox: give up all rights that a delivery does not need. After drop() the helper still has the caller's rights.

In two steps. Before the first octet from outside: no writing, no other program or process, no connection but to the
smart hosts' ports. Before the first connection, when routing has read what aliases and .forward files name: no reading
but of the system's own files. Whatever a hostile smart host makes of us then finds neither keys nor mail.
"""

from __future__ import annotations

import posix as os
import sys

from helper.failure import SystemFault
from helper.privileged.kernel import Memory, call
from helper.sandbox import landlock
from helper.sandbox.seccomp import INSTRUCTION_OCTETS, filter_for
from helper.sandbox.system_calls import MACHINES, SECCOMP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

SET_FILTER, IS_ACTION_THERE = 1, 2  # linux/seccomp.h
RETURN_ERRNO = (0x00050000).to_bytes(4, sys.byteorder)

# Modules, certificates and configuration, where distributions have them; what name-service modules read (systemd, nscd,
# sssd, libvirt); what OpenSSL asks the kernel. Neither homes nor mail nor /tmp.
SYSTEM_FILES = (
    "/etc",
    "/usr",
    "/lib",
    "/lib64",
    "/nix/store",
    "/gnu/store",
    "/var/lib/ca-certificates",
    "/run/systemd",
    "/run/nscd",
    "/var/cache/nscd",
    "/var/lib/sss",
    "/var/lib/libvirt/dnsmasq",
    "/proc/sys",
    "/dev/urandom",
)
RESOLV_CONF = "/etc/resolv.conf"

OWN_PROGRAM = "/proc/self/exe"
ELF_CLASS, ELF_MACHINE, ELF_HEAD_OCTETS = 4, 18, 20
# ELFCLASS64, and EM_X86_64 or EM_AARCH64 (both processors are little-endian).
ELF_MACHINES = {b"\x02\x3e\x00": "x86_64", b"\x02\xb7\x00": "aarch64"}


class Sandbox:
    """The rights of this process: they can only be reduced.

    `ports` are those that it connects to by TCP, None for any; `certificates` the files and directories of CAs that the
    configuration names; `is_required`: send nothing if the kernel lacks a part of the sandbox.
    """

    def __init__(
        self,
        ports: Collection[int] | None = (),
        certificates: Collection[str] = (),
        *,
        may_bind: bool = False,
        is_required: bool = False,
    ) -> None:
        self.strength = ""  # for the log, if the kernel lacks a part of the sandbox
        self._ports = ports
        self._certificates = certificates
        self._may_bind = may_bind
        self._is_required = is_required
        self._landlock = 0
        self._reads_anything = True

    def shut_in(self) -> None:
        """Give up writing, executing, other processes, and TCP but to the ports.

        SystemFault if the kernel refuses, or has too little and a sandbox is required.
        """
        self._landlock, has_seccomp = landlock.abi(), seccomp_is_there()
        self.strength = strength_of(self._landlock, has_seccomp)
        if self._is_required and not (self._landlock and has_seccomp):
            lacking = "seccomp" if self._landlock else "Landlock"
            raise SystemFault(f'the configuration says sandbox = "required", and this kernel has no {lacking}')
        try:
            if self._landlock:
                landlock.leave_only_reading(self._landlock, self._ports, may_bind=self._may_bind)
            if has_seccomp:
                filter_system_calls()
        except OSError as error:
            raise SystemFault(f"the kernel refused the sandbox: {error.strerror}") from None

    def shut_in_further(self, kept_back: str = "") -> None:
        """Give up reading, except what resolving names and TLS need; the directory `kept_back` is given up too.

        SystemFault if the kernel refuses.
        """
        if not self._landlock or not self._reads_anything:
            return
        self._reads_anything = False  # each time more would be one of the 16 that the kernel keeps
        try:
            landlock.leave_only_reading_of(
                each for path in readable(self._certificates) for each in around(kept_back, path)
            )
        except OSError as error:
            raise SystemFault(f"the kernel refused the second step of the sandbox: {error.strerror}") from None


def strength_of(landlock_abi: int, has_seccomp: bool) -> str:
    """Return the parts of the sandbox that the kernel has, empty if it has all."""
    if landlock_abi >= landlock.FIRST_WITH_SCOPES and has_seccomp:
        return ""
    parts = [f"landlock-{landlock_abi}"] if landlock_abi else []
    parts += ["seccomp"] if has_seccomp else []
    return "+".join(parts) or "none"


def seccomp_is_there() -> bool:
    """Return whether the kernel filters system calls, by numbers that we know."""
    own = machine()
    if own not in MACHINES:
        return False
    try:
        call(seccomp_number(own), IS_ACTION_THERE, 0, RETURN_ERRNO)
    except OSError:
        return False
    return True


def filter_system_calls() -> None:
    """Let the kernel filter all system calls of this process from now on."""
    own = machine()
    program = Memory(filter_for(own, os.getpid()))
    count = program.size_octets // INSTRUCTION_OCTETS
    call(seccomp_number(own), SET_FILTER, 0, count.to_bytes(8, sys.byteorder) + program.pointer)  # struct sock_fprog


def seccomp_number(machine: str) -> int:
    """Return the number of seccomp(2)."""
    return SECCOMP[MACHINES.index(machine)]


def machine() -> str:
    """Return the processor by whose numbers this process calls; empty for one that is none of ours.

    As the head of the interpreter's own file says (elf(5)). Not by uname(2), which says what personality(2) has it say:
    a caller could switch the filter off.
    """
    for program in (OWN_PROGRAM, sys.executable):
        try:
            with open(program, "rb", buffering=0) as file:
                head = file.read(ELF_HEAD_OCTETS)
        except OSError:
            continue
        return ELF_MACHINES.get(head[ELF_CLASS : ELF_CLASS + 1] + head[ELF_MACHINE:], "")
    return ""


def readable(certificates: Collection[str]) -> Iterator[str]:
    """Yield the files and directories that are read during a delivery."""
    yield from SYSTEM_FILES
    yield resolver_configuration(real_path(RESOLV_CONF))
    yield from (sys.prefix, sys.base_prefix, *sys.path)  # what a delivery needs late is imported late
    for path in certificates:
        yield path
        yield from (real_path(entry.path) for entry in entries(path) if entry.is_symlink())


def around(kept_back: str, path: str) -> Iterator[str]:
    """Yield a path; for a directory above the one that is kept back, everything else in it."""
    if path == kept_back:
        return
    if not kept_back.startswith(f"{path.rstrip('/')}/"):
        yield path
        return
    for entry in entries(path):
        if not entry.is_symlink():  # it could lead back
            yield from around(kept_back, entry.path)


def resolver_configuration(path: str) -> str:
    """Return the directory of resolv.conf, because the file may be replaced; the file if it is in a top-level one."""
    directory = path.rpartition("/")[0]
    return directory if directory.count("/") > 1 else path


def real_path(path: str) -> str:
    """Return a path with all links followed, as the kernel resolves it; the path itself if it does not exist."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return path
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:  # there is no /proc
        return path
    finally:
        os.close(descriptor)


def entries(path: str) -> list[os.DirEntry[str]]:
    """Return the entries of a directory, nothing for anything else."""
    try:
        with os.scandir(path) as found:
            return list(found)
    except OSError:
        return []

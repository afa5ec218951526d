"""Process: what the kernel is told of this one, and asked about it (prctl(2), capset(2), setrlimit(2)).

By a few numbers of the kernel's own: importing python-prctl took 3 ms of every send, for libcap and for an object for
each capability that there is. The tests look at the outcome by python-prctl, and in /proc.
"""

from __future__ import annotations

import sys

from helper.privileged.kernel import Memory, call_function

# linux/prctl.h; the same on all processors.
SET_DEATH_SIGNAL, GET_DEATH_SIGNAL = 1, 2
GET_DUMPABLE, SET_DUMPABLE = 3, 4
GET_SECUREBITS = 27
SET_NO_NEW_PRIVS, GET_NO_NEW_PRIVS = 38, 39

KEEP_CAPABILITIES, NO_SETUID_FIXUP = 1 << 4, 1 << 2  # linux/securebits.h
CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h: three sets of 64 bits, in two rows of 32
CAPABILITY_OCTETS = 2 * 3 * 4
OWN = 0  # the pid that stands for this process

RLIMIT_CORE = 4  # asm-generic/resource.h; on all processors that differ it is 4, too
LIMIT_OCTETS = 2 * 8


def is_dumpable() -> bool:
    """Say whether others of the same user may read the memory of this process."""
    return prctl(GET_DUMPABLE) != 0


def set_dumpable(value: int) -> None:
    """Let others of the same user read the memory of this process (1), or not (0)."""
    prctl(SET_DUMPABLE, value)


def death_signal() -> int:
    """Return which signal this process is sent when its parent dies, 0 for none."""
    answer = Memory(bytes(4))
    prctl(GET_DEATH_SIGNAL, answer.address)
    return int.from_bytes(answer.octets, sys.byteorder)


def set_death_signal(signal: int) -> None:
    """Have the kernel send it when the parent dies."""
    prctl(SET_DEATH_SIGNAL, signal)


def has_no_new_privs() -> bool:
    """Say whether no execve(2) gives this process rights any more."""
    return prctl(GET_NO_NEW_PRIVS) != 0


def set_no_new_privs() -> None:
    """Let no execve(2) give this process rights any more; there is no way back."""
    prctl(SET_NO_NEW_PRIVS, 1)


def keeps_capabilities() -> bool:
    """Say whether capabilities outlive a change of user (capabilities(7), securebits)."""
    return prctl(GET_SECUREBITS) & (KEEP_CAPABILITIES | NO_SETUID_FIXUP) != 0


def empty_capabilities() -> None:
    """Make the effective, the permitted and the inheritable set empty, and so the ambient one."""
    call_function("capset", capability_header(), bytes(CAPABILITY_OCTETS))


def has_capabilities() -> bool:
    """Say whether one of the three sets holds anything."""
    sets = Memory(b"\xff" * CAPABILITY_OCTETS)
    call_function("capget", capability_header(), sets.address)
    return sets.octets != bytes(CAPABILITY_OCTETS)


def capability_header() -> bytes:
    """Return who is meant, and in which layout."""
    return CAPABILITY_VERSION_3.to_bytes(4, sys.byteorder) + OWN.to_bytes(4, sys.byteorder)


def forbid_core_file() -> None:
    """Limit core files to no octet, for good."""
    call_function("setrlimit", RLIMIT_CORE, bytes(LIMIT_OCTETS))


def prctl(option: int, argument: int = 0) -> int:
    """Return the result of prctl(2). OSError where the kernel refuses."""
    return call_function("prctl", option, argument, 0, 0, 0)

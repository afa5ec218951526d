"""The names of python-prctl that we use, by `_ctypes`, for a Python that the package is not there for."""

from __future__ import annotations

import sys

from helper.privileged.kernel import Memory, call_function

CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h: three sets of 64 bits, in two rows of 32
SET_OCTETS, OWN = 4, 0  # of a row; the pid that stands for this process
PERMITTED, EFFECTIVE, INHERITABLE = 1, 0, 2  # as in libcap; in a row they stand in the order of their numbers
TSC_ENABLE = 1  # linux/prctl.h
ALL_CAPS, ALL_FLAGS = tuple(range(64)), (EFFECTIVE, PERMITTED, INHERITABLE)


def set_dumpable(value: int) -> int:
    """Let others of the same user read the memory of this process (1), or not (0)."""
    return prctl(4, value)


def get_dumpable() -> int:
    """Say whether they may."""
    return prctl(3)


def set_pdeathsig(signal: int) -> int:
    """Have the kernel send it when the parent dies."""
    return prctl(1, signal)


def get_pdeathsig() -> int:
    """Return the signal that it sends then, 0 for none."""
    answer = Memory(bytes(4))
    prctl(2, answer.address)
    return int.from_bytes(answer.octets, sys.byteorder)


def set_no_new_privs(value: int) -> int:
    """Let no execve(2) give this process rights any more."""
    return prctl(38, value)


def get_no_new_privs() -> int:
    """Say whether none does."""
    return prctl(39)


def set_tsc(value: int) -> int:
    """Let this process read the processor's clock (TSC_ENABLE)."""
    return prctl(26, value)


class Securebits:
    """The securebits of this process (linux/securebits.h)."""

    @property
    def keep_caps(self) -> bool:
        """Say whether the next change of user keeps what is permitted."""
        return bool(prctl(27) & 1 << 4)

    @property
    def no_setuid_fixup(self) -> bool:
        """Say whether no change of user changes a set."""
        return bool(prctl(27) & 1 << 2)


securebits = Securebits()


class Capset:
    """One of the sets of capabilities."""

    def __init__(self, number: int) -> None:
        self._number = number

    def limit(self) -> None:
        """Make it empty."""
        octets = bytearray(sets())
        for row in range(0, len(octets), 3 * SET_OCTETS):
            start = row + self._number * SET_OCTETS
            octets[start : start + SET_OCTETS] = bytes(SET_OCTETS)
        call_function("capset", header(), bytes(octets))


cap_effective, cap_permitted, cap_inheritable = Capset(EFFECTIVE), Capset(PERMITTED), Capset(INHERITABLE)


def get_caps(_wanted: tuple[tuple[int, ...], tuple[int, ...]]) -> dict[int, dict[int, bool]]:
    """Return which capabilities each set holds; always all of them."""
    octets = sets()
    words = [int.from_bytes(octets[at : at + SET_OCTETS], sys.byteorder) for at in range(0, len(octets), SET_OCTETS)]
    return {flag: {cap: bool(words[cap // 32 * 3 + flag] >> cap % 32 & 1) for cap in ALL_CAPS} for flag in ALL_FLAGS}


def sets() -> bytes:
    """Return the three sets as capget(2) gives them."""
    answer = Memory(bytes(2 * 3 * SET_OCTETS))
    call_function("capget", header(), answer.address)
    return answer.octets


def header() -> bytes:
    """Return which process is meant, and which layout."""
    return CAPABILITY_VERSION_3.to_bytes(4, sys.byteorder) + OWN.to_bytes(4, sys.byteorder)


def prctl(option: int, argument: int = 0) -> int:
    """Return the result of prctl(2); the numbers are those of linux/prctl.h. OSError where the kernel refuses."""
    return call_function("prctl", option, argument, 0, 0, 0)

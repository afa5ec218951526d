"""What we use of `_prctl`, the C module of python-prctl, by `_ctypes`: for a Python without the package."""

from __future__ import annotations

import sys

from helper.privileged.kernel import Memory, call_function

# linux/prctl.h, linux/securebits.h
PR_SET_PDEATHSIG, PR_GET_PDEATHSIG = 1, 2
PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4
PR_SET_TSC, PR_TSC_ENABLE = 26, 1
PR_GET_SECUREBITS = 27
SECBIT_NO_SETUID_FIXUP, SECBIT_KEEP_CAPS = 1 << 2, 1 << 4
PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS = 38, 39

CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h: three sets of 64 bits, in two rows of 32
SETS, ROWS, WORD_OCTETS, OWN = 3, 2, 4, 0  # the last is the pid that stands for this process


def prctl(option: int, argument: int = 0) -> int:
    """Return the result of prctl(2), or what it writes. OSError if the kernel refuses."""
    if option == PR_GET_PDEATHSIG:
        answer = Memory(bytes(WORD_OCTETS))
        call_function("prctl", option, answer.address)
        return int.from_bytes(answer.octets, sys.byteorder)
    return call_function("prctl", option, argument, 0, 0, 0)


def get_caps(*asked: list[int]) -> dict[int, dict[int, bool]]:
    """Return which of these capabilities the effective, the permitted and the inheritable set hold, by its number."""
    words = held()
    return {
        number: {cap: bool(words[cap // 32 * SETS + number] >> cap % 32 & 1) for cap in caps}
        for number, caps in enumerate(asked)
    }


def set_caps(*changes: list[int]) -> None:
    """Put the first three lists into the three sets, and take the last three out of them, all at once."""
    words = held()
    for number, caps in enumerate(changes):
        for cap in caps:
            at, bit = cap // 32 * SETS + number % SETS, 1 << cap % 32
            words[at] = words[at] | bit if number < SETS else words[at] & ~bit
    call_function("capset", header(), b"".join(word.to_bytes(WORD_OCTETS, sys.byteorder) for word in words))


def held() -> list[int]:
    """Return the three sets as capget(2) gives them."""
    answer = Memory(bytes(SETS * ROWS * WORD_OCTETS))
    call_function("capget", header(), answer.address)
    octets = answer.octets
    return [int.from_bytes(octets[at:][:WORD_OCTETS], sys.byteorder) for at in range(0, len(octets), WORD_OCTETS)]


def header() -> bytes:
    """Return which process is meant, and which layout."""
    return CAPABILITY_VERSION_3.to_bytes(4, sys.byteorder) + OWN.to_bytes(4, sys.byteorder)

"""What the kernel is told of a process that drops privilege, and asked about it (prctl(2), capabilities(7)).

An upgrade of the distribution can leave the interpreter and python-prctl apart for a while. Mail goes on then: a
stand-in has the same names, and `gatepost check` warns.
"""

from __future__ import annotations

import resource

from helper.privileged.python_prctl import (
    PR_GET_SECUREBITS,
    SECBIT_KEEP_CAPS,
    SECBIT_NO_SETUID_FIXUP,
    get_caps,
    prctl,
    set_caps,
)

EVERY_CAP = list(range(64))  # as many as the kernel's sets can hold (capget(2)), named or not; a list is what C takes


def empty_capabilities() -> None:
    """Make the effective, the permitted and the inheritable set empty, all at once, and so the ambient one."""
    set_caps([], [], [], EVERY_CAP, EVERY_CAP, EVERY_CAP)


def has_capabilities() -> bool:
    """Return whether one of the three sets holds anything."""
    sets = get_caps(EVERY_CAP, EVERY_CAP, EVERY_CAP)
    return any(any(held.values()) for held in sets.values())


def keeps_capabilities() -> bool:
    """Return whether capabilities outlive a change of user (capabilities(7), securebits)."""
    return bool(prctl(PR_GET_SECUREBITS) & (SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP))


def forbid_core_file() -> None:
    """Limit core files to no octet, for good (setrlimit(2))."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

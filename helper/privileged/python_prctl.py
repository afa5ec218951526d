"""The names of python-prctl that we use, made of `_prctl`, its C module.

Importing the package itself takes 2 ms of each send, for hundreds of names that nothing here uses. A test compares the
two. A Python without `_prctl` gets the same names from a stand-in.
"""

from __future__ import annotations

import sys

from helper.privileged.paths import PYTHON_MODULES

# The one directory, besides the standard library, in which the helper looks for modules.
if PYTHON_MODULES not in sys.path:
    sys.path.append(PYTHON_MODULES)

try:
    from _prctl import (
        PR_GET_DUMPABLE,
        PR_GET_NO_NEW_PRIVS,
        PR_GET_PDEATHSIG,
        PR_GET_SECUREBITS,
        PR_SET_DUMPABLE,
        PR_SET_NO_NEW_PRIVS,
        PR_SET_PDEATHSIG,
        PR_SET_TSC,
        PR_TSC_ENABLE,
        SECBIT_KEEP_CAPS,
        SECBIT_NO_SETUID_FIXUP,
        get_caps,
        prctl,
        set_caps,
    )
except ImportError:
    from helper.privileged.prctl_stand_in import (
        PR_GET_DUMPABLE,
        PR_GET_NO_NEW_PRIVS,
        PR_GET_PDEATHSIG,
        PR_GET_SECUREBITS,
        PR_SET_DUMPABLE,
        PR_SET_NO_NEW_PRIVS,
        PR_SET_PDEATHSIG,
        PR_SET_TSC,
        PR_TSC_ENABLE,
        SECBIT_KEEP_CAPS,
        SECBIT_NO_SETUID_FIXUP,
        get_caps,
        prctl,
        set_caps,
    )

__all__ = (
    "EVERY_CAP",
    "SECBIT_KEEP_CAPS",
    "SECBIT_NO_SETUID_FIXUP",
    "TSC_ENABLE",
    "get_caps",
    "get_dumpable",
    "get_no_new_privs",
    "get_pdeathsig",
    "get_securebits",
    "set_caps",
    "set_dumpable",
    "set_no_new_privs",
    "set_pdeathsig",
    "set_tsc",
)

EVERY_CAP = list(range(64))  # as many as the kernel's sets can hold (capget(2)), named or not; a list is what C takes
TSC_ENABLE = PR_TSC_ENABLE


def set_dumpable(value: int) -> None:
    """Let others of the same user read the memory of this process (1), or not (0)."""
    prctl(PR_SET_DUMPABLE, value)


def get_dumpable() -> int:
    """Say whether they may."""
    return int(prctl(PR_GET_DUMPABLE))


def set_pdeathsig(signal: int) -> None:
    """Have the kernel send it when the parent dies."""
    prctl(PR_SET_PDEATHSIG, signal)


def get_pdeathsig() -> int:
    """Return the signal that it sends then, 0 for none."""
    return int(prctl(PR_GET_PDEATHSIG))


def set_no_new_privs(value: int) -> None:
    """Let no execve(2) give this process rights any more."""
    prctl(PR_SET_NO_NEW_PRIVS, value)


def get_no_new_privs() -> int:
    """Say whether none does."""
    return int(prctl(PR_GET_NO_NEW_PRIVS))


def set_tsc(value: int) -> None:
    """Let this process read the processor's clock (TSC_ENABLE)."""
    prctl(PR_SET_TSC, value)


def get_securebits() -> int:
    """Return what capabilities do when the user changes (linux/securebits.h)."""
    return int(prctl(PR_GET_SECUREBITS))

"""Process: what the kernel is told of this one, and asked about it, by python-prctl (prctl(2), capabilities(7)).

An upgrade of the distribution can leave the interpreter and the package apart for a while. Mail goes on then: a
stand-in has the same names, and `gatepost check` warns.
"""

from __future__ import annotations

import resource
import sys

from helper.privileged.paths import PYTHON_MODULES

# The one directory, besides the standard library, in which the helper looks for modules.
if PYTHON_MODULES not in sys.path:
    sys.path.append(PYTHON_MODULES)

try:
    import prctl
except ImportError:
    from helper.privileged import prctl_stand_in as prctl

__all__ = ("empty_capabilities", "forbid_core_file", "has_capabilities", "keeps_capabilities", "prctl")


def empty_capabilities() -> None:
    """Make the effective, the permitted and the inheritable set empty, and so the ambient one.

    In this order: what is effective must be permitted, and a set can only shrink after those that depend on it.
    """
    prctl.cap_effective.limit()
    prctl.cap_permitted.limit()
    prctl.cap_inheritable.limit()


def has_capabilities() -> bool:
    """Say whether one of the three sets holds anything."""
    return any(any(held.values()) for held in prctl.get_caps((prctl.ALL_CAPS, prctl.ALL_FLAGS)).values())


def keeps_capabilities() -> bool:
    """Say whether capabilities outlive a change of user (capabilities(7), securebits)."""
    return bool(prctl.securebits.keep_caps or prctl.securebits.no_setuid_fixup)


def forbid_core_file() -> None:
    """Limit core files to no octet, for good (setrlimit(2))."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

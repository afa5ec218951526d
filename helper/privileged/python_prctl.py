"""What we use of python-prctl, from `_prctl`, its C module: prctl(2) with its constants, and the sets of capabilities.

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
    from helper.privileged.prctl_fallback import (
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
    "PR_GET_DUMPABLE",
    "PR_GET_NO_NEW_PRIVS",
    "PR_GET_PDEATHSIG",
    "PR_GET_SECUREBITS",
    "PR_SET_DUMPABLE",
    "PR_SET_NO_NEW_PRIVS",
    "PR_SET_PDEATHSIG",
    "PR_SET_TSC",
    "PR_TSC_ENABLE",
    "SECBIT_KEEP_CAPS",
    "SECBIT_NO_SETUID_FIXUP",
    "get_caps",
    "prctl",
    "set_caps",
)

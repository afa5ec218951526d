"""Missing module: say in one line which module cannot be imported; a checkout or a copy from pip has no `make deps`."""

from __future__ import annotations

import os

from helper import status
from helper.request import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

CHANNEL = 3
HINTS = {"_ctypes": "use a Python that was built with libffi"}


def end_without(module: str | None) -> NoReturn:
    """Tell the frontend which module is missing, and end."""
    reason = f"the Python module {module} cannot be imported"
    if module in HINTS:
        reason += f": {HINTS[module]}"
    line = f"sendmail: not sent: {reason}".encode("ascii", "backslashreplace")
    os.write(CHANNEL, wire.frame(wire.LINE, line) + wire.frame(wire.STATUS, bytes([status.FAILED, True])))
    os._exit(status.FAILED)

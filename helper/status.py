"""The statuses of a send: sysexits.h by name, and what the caller sees of them.

helper/sentence.py says which failure has which status. A HostFailed has its own, given where it is raised.
"""

from __future__ import annotations

SENT = 0
FAILED = 1
USAGE = 64  # EX_USAGE: the command line could not be understood
DATA = 65  # EX_DATAERR: the message cannot be sent as it is
NO_USER = 67  # EX_NOUSER: a recipient is unknown
NO_HOST = 68  # EX_NOHOST: a host name is unknown
UNAVAILABLE = 69  # EX_UNAVAILABLE: refused for good (5xx)
SOFTWARE = 70  # EX_SOFTWARE: a defect of ours
SYSTEM = 71  # EX_OSERR: the operating system refused
FILE = 73  # EX_CANTCREAT
INPUT_OUTPUT = 74  # EX_IOERR
TEMPORARY = 75  # EX_TEMPFAIL: refused for now (4xx), no connection, a time-out
PROTOCOL = 76  # EX_PROTOCOL: the smart host does not speak SMTP
NOT_PERMITTED = 77  # EX_NOPERM: a policy, or failed authentication
CONFIGURATION = 78  # EX_CONFIG


def simple(status: int) -> int:
    """Return the status that `exit_codes = "simple"` shows for a sysexits.h status: 0, 1 or 64."""
    return status if status in (SENT, USAGE) else FAILED

"""What `gatepost-sendmail` runs: the frontend, from this package's folder, where nobody else sees its names."""

import contextlib
import os
import sys

CHANNEL = 3


def main() -> None:
    """Send without privilege, as `sendmail` does where it has none to offer."""
    sys.path.append(os.path.dirname(__file__))
    with contextlib.suppress(OSError):
        os.close(CHANNEL)  # whatever it is, sendmail did not leave it there
    sys.argv.insert(0, sys.argv[0])  # the frontend expects its own name first, then the caller's argv (sendmail.c)

    from frontend.main import main as frontend

    frontend()

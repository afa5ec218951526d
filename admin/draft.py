"""Write a draft beside the file that it will replace, with its owner and mode set before its content."""

from __future__ import annotations

import os
from pathlib import Path


def draft(path: Path, octets: bytes, group: int, mode: int) -> Path:
    """Write a draft of a file for its owner and a group, and return its name; no other user can ever read it."""
    drafted = path.with_name(f".{path.name}.new")
    drafted.unlink(missing_ok=True)
    descriptor = os.open(drafted, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        os.fchown(descriptor, os.geteuid(), group)
        os.fchmod(descriptor, mode)
        file.write(octets)
        file.flush()
        os.fsync(descriptor)
    return drafted

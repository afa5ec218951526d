"""Draft: a file beside the one that it will be, with owner and mode before its first octet."""

from __future__ import annotations

import os
from pathlib import Path


def draft(path: Path, octets: bytes, group: int, mode: int) -> Path:
    """Write a draft of a file, ours and a group's, and return its name; nobody else has ever been able to read it."""
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

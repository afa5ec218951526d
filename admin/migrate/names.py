"""The names of the machine that is migrated, from files below its root directory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

NAME_LIMIT_OCTETS = 64 * 1024


@dataclass(frozen=True)
class Names:
    """`mail_name` is the word in /etc/mailname, `host_name` the kernel's, `full_name` the one with a domain."""

    mail_name: str = ""
    host_name: str = ""
    full_name: str = ""

    @classmethod
    def of(cls, root: Path) -> Names:
        """Return the names of a machine; each is empty if nothing says it."""
        kernels = os.uname().nodename if root == Path("/") else first_word(root / "etc/hostname")
        return cls(first_word(root / "etc/mailname").lower(), kernels, full_name(kernels, root / "etc/hosts").lower())


def full_name(name: str, hosts: Path) -> str:
    """Return the name with a domain that stands beside a name in a file like /etc/hosts, else the name itself."""
    if not name or "." in name:
        return name
    for line in content(hosts).splitlines():
        names = line.partition("#")[0].split()[1:]
        if name in names:
            return next((each for each in names if "." in each), name)
    return name


def first_word(path: Path) -> str:
    """Return the first word of a file that holds one name, empty if there is none."""
    words = content(path).partition("\n")[0].split()
    return words[0] if words else ""


def content(path: Path) -> str:
    """Return the content of a small system file, nothing if it cannot be read."""
    try:
        return path.read_bytes()[:NAME_LIMIT_OCTETS].decode("utf-8", "replace") if path.is_file() else ""
    except OSError:
        return ""

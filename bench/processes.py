"""What /proc says about the processes of a send."""

from __future__ import annotations

from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Return the processes below this one."""
    children = [int(child) for child in octets_of(f"/proc/{pid}/task/{pid}/children").split()]
    return children + [below for child in children for below in descendants(child)]


def octets_of(file: str) -> bytes:
    """Return what a file in /proc says; nothing if the process has gone."""
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""

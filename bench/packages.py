"""Debian's packages of the peers: fetched and unpacked, with the libraries that the machine lacks, never installed."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.packages import CannotBeHad, download, extract, needed_for, run


def unpack(package: str, cache: Path, target: Path) -> dict[str, str]:
    """Unpack a package below `target`; return the environment in which its programs find their libraries.

    The archives stay in the cache, so that only the first run needs the network. CannotBeHad where that fails.
    """
    archives = cache / package
    if not (archives / "complete").exists():
        fetch(package, archives)
    extract(archives, target)
    folders = [*target.glob("lib/*-linux-gnu*"), *target.glob("usr/lib/*-linux-gnu*")]
    return {"LD_LIBRARY_PATH": ":".join(map(str, folders))} if folders else {}


def version(package: str, cache: Path) -> str:
    """Return the version of a package that has been fetched."""
    return next((cache / package).glob(f"{package}_*.deb")).name.split("_")[1].replace("%3a", ":")


def fetch(package: str, archives: Path) -> None:
    """Fetch a package and what it needs that is not installed."""
    shutil.rmtree(archives, ignore_errors=True)
    archives.mkdir(parents=True)
    try:
        needed = needed_for([package])
    except CannotBeHad:
        run("apt-get", "update", "-q")
        needed = needed_for([package])
    download({package, *needed}, archives)
    (archives / "complete").touch()

"""Debian's packages of the peers: fetched and unpacked, with the libraries that the machine lacks, never installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

# Their libraries are found by LD_LIBRARY_PATH, which a set-id program would not follow.
SET_ID = 0o6000


class CannotBeHad(Exception):
    """A package could not be fetched; the sentence says why."""


def unpack(package: str, cache: Path, target: Path) -> dict[str, str]:
    """Unpack a package below `target`; return the environment in which its programs find their libraries.

    The archives stay in the cache, so that only the first run needs the network. CannotBeHad where that fails.
    """
    archives = cache / package
    if not (archives / "complete").exists():
        fetch(package, archives)
    for archive in archives.glob("*.deb"):
        run("dpkg", "-x", archive, target)
    for file in target.rglob("*"):
        if not file.is_symlink() and file.stat().st_mode & SET_ID:
            file.chmod(0o755)
    folders = [*target.glob("lib/*-linux-gnu*"), *target.glob("usr/lib/*-linux-gnu*")]
    return {"LD_LIBRARY_PATH": ":".join(map(str, folders))} if folders else {}


def version(package: str, cache: Path) -> str:
    """Return the version of a package that has been fetched."""
    return next((cache / package).glob(f"{package}_*.deb")).name.split("_")[1].replace("%3a", ":")


def fetch(package: str, archives: Path) -> None:
    """Fetch a package and what it needs that is not installed."""
    if not shutil.which("apt-get"):
        raise CannotBeHad("there is no apt-get")
    shutil.rmtree(archives, ignore_errors=True)
    archives.mkdir(parents=True)
    try:
        needed = absent_packages(package)
    except CannotBeHad:
        run("apt-get", "update", "-q")
        needed = absent_packages(package)
    run("apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", *{package, *needed}, cwd=archives)
    (archives / "complete").touch()


def absent_packages(package: str) -> list[str]:
    """Return which packages would have to be installed for this one, as the package manager sees it."""
    plan = run("apt-get", "install", "--simulate", "-q", "--no-install-recommends", package)
    return [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]


def run(*command: object, cwd: Path | None = None) -> str:
    """Run a command and return what it writes. CannotBeHad where it fails."""
    words = [str(word) for word in command]
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotBeHad(f"{words[0]} {words[1]} failed: {(done.stderr.splitlines() or ['?'])[-1]}")
    return done.stdout

"""Debian packages that are unpacked and never installed: fetched with what they need, by apt-get, into a folder.

For `make deps` (the real servers of the tests) and `make bench` (the peers).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

SET_ID = 0o6000


class CannotBeHad(Exception):
    """A package could not be fetched; the sentence says why."""


def needed_for(packages: Collection[str], *options: object) -> list[str]:
    """Return which packages would have to be installed to have these, as the package manager sees it."""
    plan = run("apt-get", *options, "install", "--simulate", "-q", "--no-install-recommends", *packages)
    return [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]


def download(packages: Collection[str], archives: Path, *options: object) -> None:
    """Fetch packages into a folder that exists; root's own sandbox user could not write there."""
    run("apt-get", *options, "download", "-q", "-o", "APT::Sandbox::User=root", *packages, cwd=archives)


def extract(archives: Path, target: Path) -> None:
    """Unpack all archives of a folder, the set-id bits taken away: root's programs must do nothing for others there."""
    for archive in archives.glob("*.deb"):
        run("dpkg", "-x", archive, target)
    for file in target.rglob("*"):
        if not file.is_symlink() and file.stat().st_mode & SET_ID:
            file.chmod(0o755)


def run(*command: object, cwd: Path | None = None) -> str:
    """Run a command and return what it writes. CannotBeHad where it fails."""
    words = [str(word) for word in command]
    if not shutil.which(words[0]):
        raise CannotBeHad(f"there is no {words[0]}")
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotBeHad(f"{words[0]} failed: {(done.stderr.splitlines() or ['?'])[-1]}")
    return done.stdout

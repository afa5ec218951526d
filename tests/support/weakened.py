"""Installations with one defence taken out: an attack that fails there too was no attack."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.support.accounts import run
from tests.support.installation import CHECKOUT, Installation

# File to replacements; each old text must stand there exactly once, so that a change of the file cannot disarm a test.
Weakening = Mapping[str, Mapping[str, str]]


class Workshop:
    """Builds weakened installations beside an ordinary one, with the same accounts."""

    def __init__(self, original: Installation) -> None:
        self._original = original
        self._made: dict[str, Installation] = {}

    def weakened(self, weakening: Weakening) -> Installation:
        """Return an installation made from sources with these replacements; made once, configured anew each time."""
        name = hashlib.sha256(repr(weakening).encode()).hexdigest()[:12]
        if name not in self._made:
            self._made[name] = self._make(name, weakening)
        installation = self._made[name]
        installation.mode(0o6755)
        installation.configure("")
        return installation

    def _make(self, name: str, weakening: Weakening) -> Installation:
        tag = self._original.root.name.removeprefix("gatepost-test-")
        installation = Installation(tag, self._original.root / "weakened" / name)
        source = installation.root / "source"
        copy_sources(source)
        for file, replacements in weakening.items():
            replace_in(source / file, replacements)
        settings = {
            "PREFIX": installation.prefix,
            "SYSCONFDIR": installation.sysconfdir,
            "SERVICE_USER": installation.logins["mail"],
            "STANDIN_USER": installation.logins["null"],
            "PYTHON": "/usr/bin/python3",
            "SOCKET": installation.socket,
            "CFLAGS": "-O0 -U_FORTIFY_SOURCE",  # compiled in half the time, for what is attacked a few times
        }
        run("make", "-C", source, "install", *(f"{key}={value}" for key, value in settings.items()))
        for folder in ("log", "mnt", "private"):
            (installation.root / folder).mkdir()
        return installation


def copy_sources(target: Path) -> None:
    """Copy what `make install` needs."""
    without_caches = shutil.ignore_patterns("__pycache__")
    for folder in ("admin", "frontend", "helper", "packaging"):
        shutil.copytree(CHECKOUT / folder, target / folder, ignore=without_caches)
    shutil.copy(CHECKOUT / "Makefile", target)


def replace_in(file: Path, replacements: Mapping[str, str]) -> None:
    """Replace texts that stand in the file exactly once."""
    text = file.read_text()
    for old, new in replacements.items():
        assert text.count(old) == 1, f"{file.name} has {text.count(old)} times, not once: {old!r}"
        text = text.replace(old, new)
    file.write_text(text)

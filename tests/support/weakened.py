"""Installations with one defence taken out: an attack that fails there too was no attack."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.support.accounts import run
from tests.support.installation import CHECKOUT, Installation

# File to replacements; each old text must stand there exactly once, so that a change of the file cannot disarm a test.
Weakening = Mapping[str, Mapping[str, str]]

PYTHON = "/usr/bin/python3"
PATHS = "helper/privileged/paths.py"
NAME_LENGTH = 12  # of the folder of each


class Workshop:
    """Builds weakened installations beside an ordinary one, with the same accounts."""

    def __init__(self, original: Installation) -> None:
        self._original = original
        self._made: dict[str, Installation] = {}

    def weakened(self, weakening: Weakening) -> Installation:
        """Return an installation made from sources with these replacements; made once, configured anew each time."""
        name = hashlib.sha256(repr(weakening).encode()).hexdigest()[:NAME_LENGTH]
        if name not in self._made:
            self._made[name] = self._make(name, weakening)
        installation = self._made[name]
        installation.mode(0o6755)
        installation.configure("")
        return installation

    def _make(self, name: str, weakening: Weakening) -> Installation:
        installation = self._place(name)
        if weakening and all(file.startswith(("admin/", "frontend/", "helper/")) for file in weakening):
            self._copy(installation, weakening)
        else:
            install(installation, weakening)
        return installation

    def _place(self, name: str) -> Installation:
        tag = self._original.root.name.removeprefix("gatepost-test-")
        installation = Installation(tag, self._original.root / "weakened" / name)
        # One for all: a compiler spreads this path over instructions, where replace_path() does not find it.
        installation.socket = self._original.root / "weakened-run/socket"
        return installation

    def _copy(self, installation: Installation, weakening: Weakening) -> None:
        """Make it of one that is not weakened: with paths of the same length, and what was changed made anew."""
        unweakened = self._place("0" * NAME_LENGTH)
        if not unweakened.root.exists():
            install(unweakened, {})
            shutil.rmtree(unweakened.root / "source")
        run("cp", "-a", unweakened.root, installation.root)
        replace_path(installation.root, str(unweakened.root), str(installation.root))
        modules = {file: texts for file, texts in weakening.items() if file.endswith(".py")}
        if modules:
            renew_modules(installation.prefix / "lib/gatepost", modules)
        if modules != weakening:
            renew_programs(installation, {file: texts for file, texts in weakening.items() if file not in modules})


def install(installation: Installation, weakening: Weakening) -> None:
    """Install from sources with these replacements, which stay beside it."""
    make(installation, weakening, "install")
    for folder in ("log", "mnt", "private"):
        (installation.root / folder).mkdir()


def make(installation: Installation, weakening: Weakening, target: str) -> Path:
    """Make a target of sources with these replacements; return their folder."""
    source = installation.root / "source"
    copy_sources(source)
    for file, replacements in weakening.items():
        replace_in(source / file, replacements)
    settings = {
        "PREFIX": installation.prefix,
        "SYSCONFDIR": installation.sysconfdir,
        "SERVICE_USER": installation.logins["mail"],
        "STANDIN_USER": installation.logins["null"],
        "PYTHON": PYTHON,
        "SOCKET": installation.socket,
        "CFLAGS": "-O0 -U_FORTIFY_SOURCE",  # compiled in half the time, for what is attacked a few times
    }
    run("make", "-C", source, target, *(f"{key}={value}" for key, value in settings.items()))
    return source


def renew_modules(lib: Path, weakening: Weakening) -> None:
    """Change modules where they are installed, and compile them as packaging/compile.sh does."""
    for file, replacements in weakening.items():
        replace_in(lib / file, replacements)
    changed = [lib / file for file in (PATHS, *weakening)]
    run(PYTHON, "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", *changed)
    run(PYTHON, "-I", "-B", "-X", "no_debug_ranges", CHECKOUT / "packaging/bundle.py", lib, lib)


def renew_programs(installation: Installation, weakening: Weakening) -> None:
    """Put in their places the two programs made from changed sources."""
    source = make(installation, weakening, "all")
    for program in (installation.sendmail, installation.launcher):
        shutil.copyfile(source / "build" / program.name, program)
    shutil.rmtree(source)


def replace_path(root: Path, old: str, new: str) -> None:
    """Replace a path by one of the same length, in programs and compiled modules as well."""
    for folder, _, names in os.walk(root):
        for file in (Path(folder, name) for name in names):
            if not file.is_symlink() and old.encode() in (content := file.read_bytes()):
                file.write_bytes(content.replace(old.encode(), new.encode()))


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

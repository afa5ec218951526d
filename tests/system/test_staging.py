"""`make install DESTDIR=...`, from which packages are made: what it stages, and that it is the same everywhere."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.accounts import machine_lock
from tests.support.installation import CHECKOUT
from tests.support.shipped import STAGED, code, compiled

LEFT_OUT = (".git", "build", "__pycache__", ".*_cache")
WORLDS = {"C": ("022", "1", "UTC0"), "C.UTF-8": ("077", "2", "JST-9")}


def staged(source: Path, language: str) -> Path:
    """Stage a copy of the source in a world of its own: language, umask, order of sets, time zone."""
    umask, seed, zone = WORLDS[language]
    with machine_lock():
        shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(*LEFT_OUT))
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": language, "PYTHONHASHSEED": seed, "TZ": zone}
    command = ["make", "-s", "install", f"DESTDIR={source}/stage"]
    subprocess.run(command, cwd=source, env=environment, umask=int(umask, 8), check=True, capture_output=True)
    return source / "stage"


@pytest.fixture(scope="module")
def stages(tmp_path_factory) -> list[Path]:
    place = tmp_path_factory.mktemp("stages")
    return [staged(place / name, world) for name, world in zip(("one", "an/other"), WORLDS, strict=True)]


def test_what_is_staged_is_this_and_nothing_else(stages):
    found = {
        str(path.relative_to(stages[0])): stat.filemode(path.lstat().st_mode)
        for path in stages[0].rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    assert found == STAGED | code(CHECKOUT) | compiled(CHECKOUT, str(sys.implementation.cache_tag))
    folders = {path: stat.S_IMODE(path.stat().st_mode) for path in stages[0].rglob("*") if path.is_dir()}
    assert folders.pop(stages[0] / "etc/gatepost/secrets") == 0o750
    assert set(folders.values()) == {0o755}


def test_staged_elsewhere_in_another_world_it_is_the_same(stages):
    one, other = (contents(stage) for stage in stages)
    assert one.keys() == other.keys()
    assert [path for path in one if one[path] != other[path]] == []


def contents(stage: Path) -> dict[str, tuple[int, bytes]]:
    """Return mode and octets of every path."""
    return {str(path.relative_to(stage)): (path.lstat().st_mode, octets_of(path)) for path in stage.rglob("*")}


def octets_of(path: Path) -> bytes:
    """Return what a file holds or where a link leads."""
    if path.is_symlink():
        return os.fsencode(path.readlink())
    return b"" if path.is_dir() else path.read_bytes()

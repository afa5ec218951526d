"""A checkout goes on belonging to its owner: `sudo make …` leaves nothing there that stands in the owner's way."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.installation import CHECKOUT
from tests.system.test_install import CHEAP

LEFT_OUT = shutil.ignore_patterns(".git", "build", "__pycache__")


def run(checkout: Path, *command: object, **options) -> None:
    done = subprocess.run(
        list(map(str, command)), cwd=checkout, capture_output=True, text=True, check=False, umask=0o022, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def rights_of(account) -> dict[str, object]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": account.pw_dir, "LOGNAME": account.pw_name}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "env": environment}


def names_in(checkout: Path) -> set[str]:
    return {str(path.relative_to(checkout)) for path in checkout.rglob("*") if path.name != "build"}


@pytest.fixture
def owner(installation):
    return installation.account("alice")


@pytest.fixture
def checkout(installation, owner):
    """A copy of this checkout that belongs to alice."""
    place = installation.root / "checkout"
    shutil.copytree(CHECKOUT, place, symlinks=True, ignore=LEFT_OUT)
    for path in (place, *place.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    yield place
    shutil.rmtree(place)


def test_after_root_has_built_and_installed_the_owner_can_go_on(installation, owner, checkout):
    before = names_in(checkout)
    nothing_made = subprocess.run(
        ["make", "-s", "check", "PYTHON=/bin/true"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert (nothing_made.returncode, nothing_made.stderr) == (0, "")
    run(checkout, "make", "-s", "install", f"DESTDIR={installation.root}/staged", CHEAP)
    run(checkout, "make", "-s", "check", "CHECK=-n 0 -k test_threats --ignore-glob=*/tests/unit/*/*")
    assert {path for path in checkout.rglob("*") if path.lstat().st_uid != owner.pw_uid} == set()

    places = ("PREFIX=$(HOME)/.local", "SYSCONFDIR=$(HOME)/.config")
    run(checkout, "make", "-s", "install", *places, CHEAP, **rights_of(owner))
    assert Path(owner.pw_dir, ".local/sbin/sendmail").stat().st_uid == owner.pw_uid
    for place in (".local", ".config"):
        shutil.rmtree(Path(owner.pw_dir, place))
    run(checkout, "make", "-s", "clean", **rights_of(owner))
    assert names_in(checkout) == before

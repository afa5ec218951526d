"""The unit and system tests in Debian 13 and sid: another Python, another OpenSSL, another C library."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packages.conftest import CHECKOUT
from tests.packages.system import ENVIRONMENT, copy_of_the_tree
from tests.support.packages import run
from tests.support.realservers.tree import mirror

CACHE = CHECKOUT / "build/releases"
# The lists of sid are valid for some days, which the clock of a test machine may have left behind.
RELEASES = {"trixie": (), "sid": ('--aptopt=Acquire::Check-Valid-Until "false"',)}
MOUNTS = """
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount --rbind /sys "$0/sys"
exec chroot "$@"
"""
TIME_LIMIT_S = 1800


def packages() -> list[str]:
    """Return what `make deps` and `make test-deps` install."""
    makefile = (CHECKOUT / "Makefile").read_text().replace("\\\n", "")
    lists = re.findall(r"^(?:TEST_)?DEPS +=(.*)$", makefile, re.MULTILINE)
    assert len(lists) == 2
    return " ".join(lists).split()


@pytest.fixture(scope="module", params=RELEASES)
def release(request) -> Path:
    """A system of the release with these packages, kept below build/ as long as the packages are the same."""
    key = hashlib.sha256(" ".join(packages()).encode()).hexdigest()[:12]
    root = CACHE / f"{request.param}-{key}"
    if not root.exists():
        unfinished = CACHE / f"{request.param}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        include = f"--include={','.join(packages())}"
        options = ("--quiet", "--variant=minbase", "--mode=root", include, *RELEASES[request.param])
        run("mmdebstrap", *options, request.param, unfinished, mirror())
        subprocess.run(["chroot", unfinished, "useradd", "--create-home", "tester"], env=ENVIRONMENT, check=True)
        unfinished.rename(root)
    tree = root / "home/tester/gatepost"
    shutil.rmtree(tree, ignore_errors=True)
    copy_of_the_tree(CHECKOUT, tree)
    (tree / "build").mkdir()
    run("cp", "-a", "--reflink=auto", CHECKOUT / "build/servers", tree / "build/servers")
    subprocess.run(["chroot", root, "chown", "-R", "tester:tester", "/home/tester"], env=ENVIRONMENT, check=True)
    return root


# The linters are of no release; `make check` runs them.
@pytest.mark.parametrize(
    ("user", "arguments"),
    [
        ("tester", ("tests/unit", "--ignore", "tests/unit/test_linters.py")),
        ("root", ("tests/system",)),
    ],
    ids=["unit", "system"],
)
def test_nothing_fails_in_another_release(release, user, arguments):
    as_user = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--reset-env")
    there = ("env", "--chdir=/home/tester/gatepost", "/usr/bin/python3", "-m", "pytest", "-n", "3", *arguments)
    enter = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", MOUNTS, release, release)
    command = [str(word) for word in (*enter, *as_user, *there)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=TIME_LIMIT_S)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE), done.stdout[-2000:]

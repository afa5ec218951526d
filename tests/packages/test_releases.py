"""The tests in other releases of Debian, with another Python, OpenSSL and C library; and without python-prctl."""

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
OPTIONS = {"sid": ('--aptopt=Acquire::Check-Valid-Until "false"',)}
# `make test` runs the tests in the machine's own release, with the package.
SYSTEMS = [("bookworm", False), ("trixie", True), ("trixie", False), ("sid", True)]
# A layer over the directory of Python's packages, which goes with the mount namespace, takes python-prctl away.
HIDE = """
mount -t tmpfs none "$0/mnt"
mkdir "$0/mnt/upper" "$0/mnt/work"
modules=$0/usr/lib/python3/dist-packages
mount -t overlay -o "lowerdir=$modules,upperdir=$0/mnt/upper,workdir=$0/mnt/work" none "$modules"
rm "$modules/prctl.py" "$modules"/_prctl.*.so
if chroot "$0" /usr/bin/python3 -c 'import prctl' 2>/dev/null; then exit 1; fi
"""
MOUNTS = """
mount --bind "$0" "$0"
{hide}
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount --rbind /sys "$0/sys"
cd "$0"
pivot_root . .  # not chroot(2), in which nobody can make a user namespace
umount -l .
exec "$@"
"""
TIME_LIMIT_S = 3600


def packages() -> list[str]:
    """Return what `make deps` and `make test-deps` install."""
    makefile = (CHECKOUT / "Makefile").read_text().replace("\\\n", "")
    lists = re.findall(r"^(?:TEST_)?DEPS +=(.*)$", makefile, re.MULTILINE)
    assert len(lists) == 2
    return " ".join(lists).split()


def name_of(param: tuple[str, bool]) -> str:
    release, has_prctl = param
    return f"{release} {'with' if has_prctl else 'without'} prctl"


@pytest.fixture(scope="module", params=SYSTEMS, ids=name_of)
def release(request) -> tuple[Path, bool]:
    """A system of a release, and whether python-prctl is to be seen in it."""
    name, has_prctl = request.param
    root = system_of(name)
    tree = root / "home/tester/gatepost"
    shutil.rmtree(tree, ignore_errors=True)
    copy_of_the_tree(CHECKOUT, tree)
    (tree / "build").mkdir()
    run("cp", "-a", "--reflink=auto", CHECKOUT / "build/servers", tree / "build/servers")
    subprocess.run(["chroot", root, "chown", "-R", "tester:tester", "/home/tester"], env=ENVIRONMENT, check=True)
    return root, has_prctl


def system_of(release: str) -> Path:
    """Return a system with these packages, kept below build/ as long as the packages are the same."""
    key = hashlib.sha256(" ".join(packages()).encode()).hexdigest()[:12]
    root = CACHE / f"{release}-{key}"
    if not root.exists():
        unfinished = CACHE / f"{release}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        include = f"--include={','.join(packages())}"
        options = ("--quiet", "--variant=minbase", "--mode=root", include, *OPTIONS.get(release, ()))
        run("mmdebstrap", *options, release, unfinished, mirror())
        subprocess.run(["chroot", unfinished, "useradd", "--create-home", "tester"], env=ENVIRONMENT, check=True)
        run("cp", "-a", unfinished / "etc", accounts_of(root))
        unfinished.rename(root)
    return root


def accounts_of(root: Path) -> Path:
    """Return where its first /etc is kept."""
    return root.with_name(f"{root.name}.etc")


def remove_what_a_killed_run_left(root: Path) -> None:
    """Remove installations, files and accounts; in a pid namespace, the next run has the same names."""
    for path in (root / "etc", *root.glob("opt/*"), *root.glob("tmp/*")):
        run("rm", "-rf", path)
    run("cp", "-a", accounts_of(root), root / "etc")


# The linters are of no release; `make check` runs them.
@pytest.mark.parametrize(
    ("user", "arguments"),
    [
        ("tester", ("tests/unit", "--ignore", "tests/unit/test_linters.py")),
        ("root", ("tests/system",)),
        ("root", ("tests/attack",)),
    ],
    ids=["unit", "system", "attack"],
)
def test_nothing_fails_in_another_release(release, user, arguments):
    root, has_prctl = release
    remove_what_a_killed_run_left(root)
    mounts = MOUNTS.format(hide="" if has_prctl else HIDE)
    as_user = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--reset-env")
    there = ("env", "--chdir=/home/tester/gatepost", "/usr/bin/python3", "-m", "pytest", "-n", "3", *arguments)
    enter = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", mounts, root)
    command = [str(word) for word in (*enter, *as_user, *there)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=TIME_LIMIT_S)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    summary = re.search(r"^\d+ passed.*", done.stdout, re.MULTILINE)
    assert summary, done.stdout[-2000:]
    print(summary[0])

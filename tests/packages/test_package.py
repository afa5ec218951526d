"""The Debian package as a file: what is in it, that nothing is wrong with it, that it is the same each time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.packages.conftest import CHECKOUT
from tests.packages.system import build, copy_of_the_tree
from tests.support.shipped import DEBIAN, code, guides


def written_by(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tree_of(package: Path) -> Path:
    """Return the tree that it was made from, which nobody edits meanwhile."""
    return package.parents[2]


def test_it_ships_the_code_and_this_and_nothing_else(package):
    lines = [line.split() for line in written_by("dpkg-deb", "--contents", package).splitlines()]
    found = {words[5].removeprefix("./"): words[0] for words in lines if not words[0].startswith("d")}
    assert found == DEBIAN | code(tree_of(package)) | guides(tree_of(package))
    assert {words[1] for words in lines} == {"root/root"}
    assert {words[0] for words in lines if words[0].startswith("d")} == {"drwxr-xr-x"}


def test_lintian_has_nothing_to_say(package):
    (changes,) = package.parent.glob("*.changes")
    command = ("lintian", "--allow-root", "--display-info", "--pedantic", "--fail-on", "pedantic,info,warning,error")
    assert written_by(*command, changes) == ""


def test_built_again_elsewhere_in_another_world_it_is_the_same(package, place):
    tree = copy_of_the_tree(tree_of(package), place / "somewhere" / "else")
    for path in (tree, *tree.rglob("*")):
        os.utime(path, follow_symlinks=False)
    again = build(tree, umask=0o077, LC_ALL="C.UTF-8", TZ="JST-9", PYTHONHASHSEED="7")
    assert again.read_bytes() == package.read_bytes()


def test_a_build_leaves_nothing_in_a_clean_tree(package, place):
    tree = copy_of_the_tree(tree_of(package), place / "clean")
    before = set(tree.rglob("*"))
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    subprocess.run(
        ["dpkg-buildpackage", "-us", "-uc", "-b"], cwd=tree, env=environment, check=True, capture_output=True
    )
    assert list(place.glob("gatepost_*.deb"))
    subprocess.run(["dpkg-buildpackage", "-T", "clean"], cwd=tree, env=environment, check=True, capture_output=True)
    assert set(tree.rglob("*")) - before <= {tree / "build"} | {tree / "debian/files"}


def test_the_apparmor_profile_can_be_read():
    written_by("apparmor_parser", "-QKT", Path(CHECKOUT, "packaging/apparmor/usr.libexec.gatepost.launcher"))

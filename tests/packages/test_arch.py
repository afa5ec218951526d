"""The PKGBUILD for Arch, built with Debian's makepkg: what is in it, and who owns what in the end."""

from __future__ import annotations

import os
import pwd
import re
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from helper.version import VERSION
from tests.packages.conftest import CHECKOUT
from tests.packages.system import copy_of_the_tree
from tests.support.shipped import FILE, STAGED, code, compiled

ARCH = CHECKOUT / "packaging/arch"
ADDED = {
    ".BUILDINFO": FILE,
    ".INSTALL": FILE,
    ".MTREE": FILE,
    ".PKGINFO": FILE,
    "usr/lib/sysusers.d/gatepost.conf": FILE,
}


@pytest.fixture(scope="module")
def archive(place) -> Path:
    """The package of this tree."""
    folder = place / "arch"
    copy_of_the_tree(CHECKOUT, folder / f"gatepost-{VERSION}")
    subprocess.run(["tar", "-czf", f"gatepost-{VERSION}.tar.gz", f"gatepost-{VERSION}"], cwd=folder, check=True)
    for name in ("PKGBUILD", "gatepost.install"):
        (folder / name).write_bytes((ARCH / name).read_bytes())
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    done = subprocess.run(
        ["makepkg", "--nodeps", "--skipinteg"],
        cwd=folder,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder)},
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reference to" not in done.stdout + done.stderr  # to the folder that it was built in
    (package,) = folder.glob("*.pkg.tar*")
    return package


def test_it_ships_what_is_staged_below_usr_bin(archive):
    expected = {
        re.sub(r"^usr/sbin/", "usr/bin/", re.sub(r"(/man\d/.*)", r"\1.gz", path)): mode
        for path, mode in (STAGED | code(CHECKOUT) | compiled(CHECKOUT, str(sys.implementation.cache_tag))).items()
    }
    with tarfile.open(archive) as tar:
        members = [member for member in tar if not member.isdir()]
    kinds = {True: "l", False: "-"}
    found = {each.name: kinds[each.issym()] + stat.filemode(each.mode)[1:] for each in members}
    assert found == expected | ADDED
    assert {(each.uname, each.gname) for each in members} == {("root", "root")}

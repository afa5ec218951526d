"""The spec for Fedora, built with Debian's rpm: what is in it with which owner and mode, and what rpmlint says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.packages.conftest import CHECKOUT
from tests.packages.system import copy_of_the_tree
from tests.packages.test_package import written_by
from tests.support.shipped import FILE, code

RPM = CHECKOUT / "packaging/rpm"


@pytest.fixture(scope="module")
def rpm(place) -> Path:
    """The package of this tree."""
    tree = copy_of_the_tree(CHECKOUT, place / "rpm")
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    done = subprocess.run(["make", "rpm"], cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (package,) = tree.glob("build/rpm/RPMS/*/*.rpm")
    return package


def test_owners_and_modes_are_those_of_an_installation(rpm):
    query = "[%{FILENAMES} %{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME}\n]"
    lines = [line.split() for line in written_by("rpm", "-qp", "--nosignature", "--qf", query, rpm).splitlines()]
    found = {path: (mode, owner) for path, mode, owner in lines}
    service = "mailuser"
    expected = {
        "/etc/gatepost/gatepost.toml": ("-rw-r-----", f"root:{service}"),
        "/etc/gatepost/secrets": ("drwxr-x---", f"root:{service}"),
    }
    assert {path: found[path] for path in found if found[path][1] != "root:root"} == expected
    assert found["/usr/libexec/gatepost/launcher"] == ("-rwxr-xr-x", "root:root")  # %post gives it its owner and bits
    assert {path for path, (mode, _) in found.items() if "s" in mode} == set()
    assert {path: found[f"/{path}"][0] for path in code(CHECKOUT)} == dict.fromkeys(code(CHECKOUT), FILE)


def test_the_guides_are_in_it(rpm):
    listed = written_by("rpm", "-qpl", "--nosignature", rpm).split()
    assert {f"/usr/share/doc/gatepost/docs/{path.name}" for path in CHECKOUT.glob("docs/*")} <= set(listed)


def test_rpmlint_says_nothing_that_is_not_explained(rpm):
    done = subprocess.run(
        ["rpmlint", "--config", RPM / "rpmlint.toml", RPM / "gatepost.spec", rpm],
        capture_output=True,
        text=True,
        check=False,
    )
    assert " 0 errors, 0 warnings" in done.stdout, done.stdout

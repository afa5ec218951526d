"""What the packages repeat of what others own is the same there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from helper.wire import VERSION

PACKAGING = Path(__file__).parents[2] / "packaging"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("debian/changelog", f"gatepost ({VERSION}) unstable; urgency=medium"),
        ("rpm/gatepost.spec", f"Version:        {VERSION}"),
        ("arch/PKGBUILD", f"pkgver={VERSION}"),
        ("alpine/APKBUILD", f"pkgver={VERSION}"),
        ("nix/package.nix", f'  version = "{VERSION}";'),
    ],
)
def test_a_package_has_the_version_of_the_program(name, line):
    assert line in (PACKAGING / name).read_text().splitlines()


def test_the_ebuild_has_the_version_of_the_program_in_its_name():
    (ebuild,) = (PACKAGING / "gentoo/mail-mta/gatepost").iterdir()
    assert ebuild.name == f"gatepost-{VERSION}.ebuild"


@pytest.mark.parametrize(
    "script", [*PACKAGING.rglob("*.ebuild"), PACKAGING / "arch/PKGBUILD"], ids=lambda path: path.name
)
def test_a_script_of_bashs_has_no_syntax_error(script):
    assert subprocess.run(["bash", "-n", script], capture_output=True, check=True).stderr == b""


def test_an_apkbuild_has_no_syntax_error():
    assert subprocess.run(["sh", "-n", PACKAGING / "alpine/APKBUILD"], capture_output=True, check=True).stderr == b""


def test_the_lines_that_the_debian_package_fills_in_stand_in_the_configuration():
    lines = (PACKAGING / "gatepost.toml").read_text().splitlines()
    patterns = re.findall(r"^ +'(.+ = )'\*\)$", (PACKAGING / "debian/gatepost.postinst").read_text(), re.MULTILINE)
    assert patterns == ["hosts = ", "# auth = "]
    assert [sum(line.startswith(pattern) for line in lines) for pattern in patterns] == [1, 1]


@pytest.mark.parametrize("name", ["gatepost.config", "gatepost.postinst"])
def test_every_question_of_the_debian_package_has_a_template(name):
    script = (PACKAGING / f"debian/{name}").read_text()
    asked = set(re.findall(r"(?:db_[a-z]+ |db_input [a-z]+ |answer )(gatepost/[a-z]+)", script))
    templates = re.findall(r"^Template: (.*)$", (PACKAGING / "debian/gatepost.templates").read_text(), re.MULTILINE)
    assert {"gatepost/smarthost", "gatepost/password"} <= asked
    assert asked <= set(templates)

"""What the packages repeat of what others own is the same there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from helper.version import VERSION

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


ROOT = PACKAGING.parent
NAMES_THE_CONTACT = ("SECURITY.md", "debian/control", "debian/changelog", "alpine/APKBUILD", "rpm/gatepost.spec")


def variable(name: str, makefile: Path = ROOT / "Makefile") -> str:
    (value,) = re.findall(rf"^{name} *= (.*)$", makefile.read_text(), re.MULTILINE)
    return value


@pytest.mark.parametrize("name", NAMES_THE_CONTACT)
def test_the_contact_is_that_of_the_makefile(name):
    path = ROOT / name if name.endswith(".md") else PACKAGING / name
    assert set(re.findall(r"<([^<>@ ]+@[^<>@ ]+)>", path.read_text())) == {variable("CONTACT")}


def test_contact_and_home_page_are_changed_everywhere_by_one_command(tmp_path):
    shutil.copytree(PACKAGING, tmp_path / "packaging", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "SECURITY.md"):
        shutil.copy(ROOT / name, tmp_path)
    new = {"CONTACT": "security@other.example", "HOMEPAGE": "https://other.example/mail/"}
    subprocess.run(
        ["make", "-s", "contact", *(f"{key}={value}" for key, value in new.items())], cwd=tmp_path, check=True
    )
    texts = [file.read_text("utf-8") for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(variable("CONTACT") in text or variable("HOMEPAGE") in text for text in texts)
    assert sum(new["CONTACT"] in text for text in texts) == len(NAMES_THE_CONTACT) + 1
    assert variable("HOMEPAGE", tmp_path / "Makefile") == new["HOMEPAGE"]


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
    (at,) = (number for number, line in enumerate(lines) if line.startswith("hosts = "))
    assert lines[at + 1].startswith("# auth = ")


@pytest.mark.parametrize("name", ["gatepost.config", "gatepost.postinst"])
def test_every_question_of_the_debian_package_has_a_template(name):
    script = (PACKAGING / f"debian/{name}").read_text()
    asked = set(re.findall(r"(?:db_[a-z]+ |db_input [a-z]+ |ask [a-z]+ |answer )(gatepost/[a-z]+)", script))
    templates = re.findall(r"^Template: (.*)$", (PACKAGING / "debian/gatepost.templates").read_text(), re.MULTILINE)
    assert {"gatepost/mailname", "gatepost/password"} <= asked
    assert asked <= set(templates)


# The scripts that could take over an account, beside the spec, which writes a percent sign twice.
TAKES_ACCOUNTS = ("owner.sh", "debian/gatepost.preinst", "alpine/gatepost.pre-install", "arch/gatepost.install")
OURS = "mailuser:x:990:990:Gatepost:/nonexistent:/usr/sbin/nologin", "mailuser:x:990:"


def rule_of(name: str) -> str:
    """Return the functions that say whether an account is foreign, as a script has them."""
    text = (PACKAGING / name).read_text()
    rest = text[text.index("# Say why an account cannot") :]
    return "\n}\n".join(rest.split("\n}\n", 2)[:2]) + "\n}\n"


def test_every_package_has_the_same_rule_for_accounts():
    rules = {rule_of(name) for name in TAKES_ACCOUNTS} | {rule_of("rpm/gatepost.spec").replace("%%", "%")}
    assert len(rules) == 1
    assert rules.pop().split("\n}\n")[0] in (PACKAGING / "debian/gatepost.config").read_text()


@pytest.mark.parametrize(
    ("account", "group", "others", "problem"),
    [
        ("", "", "", ""),
        (*OURS, "", ""),
        ("mailuser:x:990:990::/:/sbin/nologin", "mailuser:x:990:", "", ""),
        ("mailuser:x:990:990::/nonexistent:/bin/false", "mailuser:x:990:", "", ""),
        ("", "mailuser:x:990:", "", ""),
        ("mailuser:x:1000:1000::/home/m:/bin/bash", "mailuser:x:1000:", "", "its id 1000 is outside"),
        ("mailuser:x:1000:1000::/nonexistent:/usr/sbin/nologin", "mailuser:x:1000:", "", "its id 1000 is outside"),
        ("mailuser:x:0:0::/nonexistent:/usr/sbin/nologin", "mailuser:x:0:", "", "its id 0 is outside"),
        ("mailuser:x:8:8::/nonexistent:/usr/sbin/nologin", "mailuser:x:8:", "", "its id 8 is outside"),
        ("mailuser:x:990:8::/nonexistent:/usr/sbin/nologin", "mailuser:x:8:", "", "its id 8 is outside"),
        ("", "mailuser:x:1000:", "", "its id 1000 is outside"),
        ("", "mailuser:x:990:alice", "", "its group has members"),
        (OURS[0], "mailuser:x:990:alice,bob", "", "its group has members"),
        ("mailuser:x:990:990::/nonexistent:/bin/sh", "mailuser:x:990:", "", "it has a login shell"),
        ("mailuser:x:990:990::/nonexistent:", "mailuser:x:990:", "", "it has a login shell"),
        ("mailuser:x:990:990::/tmp:/usr/sbin/nologin", "mailuser:x:990:", "", "it has the home directory /tmp"),
        ("mailuser:x:990:991::/nonexistent:/usr/sbin/nologin", "mailuser:x:990:", "", "its group is not mailuser"),
        ("mailuser:x:990:991::/nonexistent:/usr/sbin/nologin", "", "", "its group is not mailuser"),
        (*OURS, "vmail:x:991:990::/nonexistent:/usr/sbin/nologin", "other accounts have the same group"),
    ],
)
def test_an_account_of_anothers_is_refused_before_anything_is_replaced(tmp_path, account, group, others, problem):
    getent = tmp_path / "getent"
    getent.write_text(
        f"""#!/bin/sh
case "$*" in
"passwd mailuser") [ -n "{account}" ] && echo "{account}" ;;
"group mailuser") [ -n "{group}" ] && echo "{group}" ;;
passwd) printf '%s\\n' "{account}" "{others}" ;;
esac
"""
    )
    getent.chmod(0o755)
    script = f"set -eu\nPATH={tmp_path}:$PATH\n{rule_of('owner.sh')}\nrefuse_foreign_accounts mailuser"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    if problem:
        assert done.returncode == 1
        assert done.stderr.startswith(f"gatepost: the account mailuser is not Gatepost's: {problem}")
    else:
        assert (done.returncode, done.stderr) == (0, "")

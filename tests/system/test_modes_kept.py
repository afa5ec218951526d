"""The launcher's owner and mode are the administrator's choice: no installation over an older one changes them."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.installation import CHECKOUT
from tests.system.test_install import installed

PACKAGING = CHECKOUT / "packaging"
# Owner (s: the service user) and mode, before and after.
CHOICES = [("s", 0o6755, "s", 0o6755), ("root", 0o2755, "root", 0o2755), ("root", 0o755, "root", 0o755)]
IDS = ["6755", "2755", "0755"]


@pytest.fixture
def place(installation):
    folder = installation.root / "packaged"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def choose(installation, launcher: Path, who: str, mode: int) -> None:
    service = installation.account("mail")
    os.chown(launcher, service.pw_uid if who == "s" else 0, service.pw_gid)
    launcher.chmod(mode)


def choice_of(installation, launcher: Path) -> tuple[str, int]:
    status = launcher.stat()
    names = {installation.account("mail").pw_uid: "s", 0: "root"}
    return names.get(status.st_uid, "?"), stat.S_IMODE(status.st_mode)


AGAIN = [("root", 0o2755, "root", 0o2755), ("s", 0o755, "root", 0o755), ("root", 0o4755, "s", 0o6755)]


def test_installing_again_keeps_what_was_chosen(installation, place):
    """What is no choice of ours becomes what is usual, and no user's file is left to be executed by all."""
    installed(installation, place)
    launcher = place / "usr/libexec/gatepost/launcher"
    for who, mode, then, mode_then in AGAIN:
        choose(installation, launcher, who, mode)
        installed(installation, place)
        assert choice_of(installation, launcher) == (then, mode_then)


def arch(step: str) -> str:
    names = {"installed": "post_install", "before": "pre_upgrade", "after": "post_upgrade"}
    return f"systemd-sysusers() {{ :; }}\n{(PACKAGING / 'arch/gatepost.install').read_text()}\n{names[step]}"


def alpine(step: str) -> str:
    names = {"installed": "post-install", "before": "pre-upgrade", "after": "post-upgrade"}
    return (PACKAGING / f"alpine/gatepost.{names[step]}").read_text()


def rpm(step: str) -> str:
    spec = (PACKAGING / "rpm/gatepost.spec").read_text()
    name = "pre" if step == "before" else "post"
    text = re.search(rf"^%{name}\n(.*?)^(?:%[a-z]+$|%{{_sbindir}})", spec, re.MULTILINE | re.DOTALL)[1]
    macros = {"%{launcher}": "/usr/libexec/gatepost/launcher", "%{service}": "mailuser", "%{_sysconfdir}": "/etc"}
    for macro, value in {**macros, "%%": "%"}.items():
        text = text.replace(macro, value)
    return f"set -- {1 if step == 'installed' else 2}\n{text}"


@pytest.mark.parametrize("script", [arch, alpine, rpm])
@pytest.mark.parametrize(("who", "mode", "then", "mode_then"), CHOICES, ids=IDS)
def test_a_packages_scripts_set_it_once_and_then_keep_what_was_chosen(
    installation, place, script, who, mode, then, mode_then
):
    """As a package manager calls them; what it unpacks between two of them is root's and has no set-id bit."""
    launcher, secret = place / "usr/libexec/gatepost/launcher", place / "etc/gatepost/secrets/relay.oauth"

    def unpack() -> None:
        launcher.unlink(missing_ok=True)
        launcher.write_text("new")
        launcher.chmod(0o755)

    def run(step: str) -> None:
        text = script(step).replace("mailuser", installation.logins["mail"])
        text = text.replace("/usr/libexec", "usr/libexec").replace("/etc/", "etc/")
        done = subprocess.run(["/bin/bash", "-ec", text], cwd=place, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    launcher.parent.mkdir(parents=True)
    secret.parent.mkdir(parents=True)
    for file in (secret, place / "etc/gatepost/gatepost.toml"):
        file.touch(0o600)
    unpack()
    run("installed")
    assert choice_of(installation, launcher) == ("s", 0o6755)
    choose(installation, launcher, who, mode)
    kept = place / "kept"
    os.link(launcher, kept)
    run("before")
    unpack()
    run("after")
    assert choice_of(installation, launcher) == (then, mode_then)
    if script is not rpm:  # rpm takes the bits of a file that it replaces itself
        assert not kept.stat().st_mode & 0o6000
    assert sorted(path.name for path in launcher.parent.iterdir()) == ["launcher"]
    assert (secret.stat().st_uid, secret.stat().st_gid, stat.S_IMODE(secret.stat().st_mode)) == (0, 0, 0o600)


OVERRIDES = r"""#!/bin/sh
case $1 in
--list) grep " $2\$" overrides ;;
--remove) : >overrides ;;
--add) echo "$2 $3 $4 $5" >overrides ;;
esac
"""


@pytest.mark.parametrize(
    ("who", "mode", "kept"),
    [
        ("s", 0o6755, "{0} {0} 6755"),
        ("root", 0o2755, "root {0} 2755"),
        ("root", 0o755, "root {0} 755"),
        ("s", 0o755, "root root 755"),
        ("root", 0o4755, "{0} {0} 6755"),
    ],
)
def test_debians_override_takes_over_what_was_chosen_by_hand(installation, place, who, mode, kept):
    """Before dpkg unpacks the new launcher with owner and mode of the override."""
    service, launcher = installation.logins["mail"], place / "usr/libexec/gatepost/launcher"
    launcher.parent.mkdir(parents=True)
    launcher.touch()
    choose(installation, launcher, who, mode)
    (place / "dpkg-statoverride").write_text(OVERRIDES)
    (place / "dpkg-statoverride").chmod(0o755)
    (place / "overrides").write_text(f"{service} {service} 6755 {launcher}\n")
    script = (PACKAGING / "debian/gatepost.preinst").read_text().partition("#DEBHELPER#")[0]
    script = script.replace("mailuser", service).replace("=/usr", f"={place}/usr")
    environment = {"PATH": f"{place}:/usr/bin:/bin"}
    subprocess.run(["/bin/sh", "-c", script, "preinst", "upgrade", "0.0.9"], cwd=place, env=environment, check=True)
    assert (place / "overrides").read_text() == f"{kept.format(service)} {launcher}\n"

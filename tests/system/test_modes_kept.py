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


@pytest.fixture
def place(installation):
    folder = installation.root / "packaged"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


# Owner and group (s: the service user's, a: an ordinary user's) and mode, before and after.
KEPT = [
    *[("s", "s", mode) for mode in (0o6755, 0o6711, 0o6750, 0o6700)],
    *[("root", "s", mode) for mode in (0o2755, 0o2711, 0o2750, 0o755, 0o750, 0o711)],
    *[("root", "root", mode) for mode in (0o755, 0o750, 0o711, 0o700, 0o600, 0)],
    ("root", "a", 0o750),
]
MENDED = [
    *[(("s", "s", mode), ("root", "root", mode)) for mode in (0o755, 0o750)],
    *[(("a", "a", mode), ("root", "root", mode)) for mode in (0o755, 0o700)],
    (("root", "s", 0o2775), ("root", "s", 0o2755)),
    (("root", "root", 0o777), ("root", "root", 0o755)),
    (("s", "s", 0o6777), ("s", "s", 0o6755)),
]
NEVER_RIGHT = [
    *[("root", "root", mode) for mode in (0o4755, 0o4711, 0o2755, 0o6755)],
    *[("root", "s", mode) for mode in (0o4755, 0o6755, 0o6711)],
    *[("s", "s", mode) for mode in (0o4755, 0o2755, 0o6644)],
    *[("s", "root", mode) for mode in (0o4755, 0o6755)],
    ("root", "a", 0o2755),
    ("a", "a", 0o6755),
    ("a", "s", 0o2755),
]
USUAL = ("s", "s", 0o6755)
EACH = [*((choice, choice) for choice in KEPT), *MENDED, *((choice, USUAL) for choice in NEVER_RIGHT)]


def ids(installation) -> dict[str, tuple[int, int]]:
    accounts = {"s": installation.account("mail"), "a": installation.account("alice")}
    return {"root": (0, 0)} | {name: (account.pw_uid, account.pw_gid) for name, account in accounts.items()}


def set_choice(installation, launcher: Path, user: str, group: str, mode: int) -> None:
    known = ids(installation)
    os.chown(launcher, known[user][0], known[group][1])
    launcher.chmod(mode)


def whole_choice_of(installation, launcher: Path) -> tuple[str, str, int]:
    status, known = launcher.stat(), ids(installation)
    users, groups = ({pair[place]: name for name, pair in known.items()} for place in (0, 1))
    return users[status.st_uid], groups[status.st_gid], stat.S_IMODE(status.st_mode)


def run_step(text: str, installation, place: Path) -> str:
    """Run a package's script in a root of its own, and return what it says."""
    text = text.replace("mailuser", installation.logins["mail"])
    text = text.replace("/usr/libexec", "usr/libexec").replace("/etc/", "etc/")
    done = subprocess.run(["/bin/bash", "-ec", text], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_installing_again_keeps_what_was_chosen(installation, place):
    installed(installation, place)
    launcher = place / "usr/libexec/gatepost/launcher"
    etc = place / "etc"
    etc.chmod(0o711)
    for before, after in [(("root", "s", 0o2711), ("root", "s", 0o2711)), (("root", "root", 0o4755), USUAL)]:
        set_choice(installation, launcher, *before)
        installed(installation, place)
        assert whole_choice_of(installation, launcher) == after
    assert stat.S_IMODE(etc.stat().st_mode) == 0o711


LAUNCHER = "/usr/libexec/gatepost/launcher"


def make(step: str) -> str:
    """What install.sh does with the old launcher and the new one."""
    return {
        "installed": f"chown mailuser:mailuser {LAUNCHER}; chmod 6755 {LAUNCHER}",
        "before": f"mv {LAUNCHER} {LAUNCHER}.old",
        "after": f"""
            . {PACKAGING}/owner.sh
            choose_as_before {LAUNCHER}.old mailuser
            rm {LAUNCHER}.old; chown "$owner" {LAUNCHER}; chmod "$mode" {LAUNCHER}""",
    }[step]


def gentoo(step: str) -> str:
    """Portage gives the new launcher in its image owner and mode before it is merged."""
    ebuild = next((PACKAGING / "gentoo/mail-mta/gatepost").glob("*.ebuild")).read_text()
    preinst = re.search(r"^pkg_preinst\(\) \{.*?^\}", ebuild, re.MULTILINE | re.DOTALL)[0]
    image = f"image/{LAUNCHER}"
    return {
        "installed": make("installed"),
        "before": f"""
            ewarn() {{ echo "$*" >&2; }}; EROOT= ED=image/
            mkdir -p image//usr/libexec/gatepost; touch {image}
            {preinst}
            pkg_preinst""",
        "after": f"mv {image} {LAUNCHER}",
    }[step]


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


def unpack(launcher: Path) -> None:
    """Unpack the new launcher as a package manager does: it is root's, and has no set-id bit."""
    launcher.unlink(missing_ok=True)
    launcher.write_text("new")
    launcher.chmod(0o755)


@pytest.mark.parametrize("script", [make, arch, alpine, rpm, gentoo])
def test_an_upgrade_keeps_what_was_chosen_and_says_what_it_mends(installation, place, script):
    """Each choice in its turn; only what works for nobody is told, and becomes what is usual."""
    launcher, secret = place / LAUNCHER[1:], place / "etc/gatepost/secrets/relay.oauth"
    launcher.parent.mkdir(parents=True)
    secret.parent.mkdir(parents=True)
    for file in (secret, place / "etc/gatepost/gatepost.toml"):
        file.touch(0o600)
    unpack(launcher)
    run_step(script("installed"), installation, place)
    assert whole_choice_of(installation, launcher) == USUAL
    kept, wrong = place / "kept", []
    for before, after in EACH:
        set_choice(installation, launcher, *before)
        os.link(launcher, kept)
        said = run_step(script("before"), installation, place)
        unpack(launcher)
        said += run_step(script("after"), installation, place)
        found = whole_choice_of(installation, launcher)
        if found != after or ("which is wrong" in said) != (before in NEVER_RIGHT):
            wrong.append((before, found, after, said))
        if script in (arch, alpine):  # install.sh does it itself, and so do rpm and Portage with what they replace
            assert not kept.stat().st_mode & 0o6000
        kept.unlink()
    assert wrong == []
    assert sorted(path.name for path in launcher.parent.iterdir()) == ["launcher"]
    assert (secret.stat().st_uid, secret.stat().st_gid, stat.S_IMODE(secret.stat().st_mode)) == (0, 0, 0o600)


OVERRIDES = r"""#!/bin/sh
case $1 in
--list) grep " $2\$" overrides ;;
--remove) : >overrides ;;
--add) echo "$2 $3 $4 $5" >overrides ;;
esac
"""


def test_debians_override_takes_over_what_was_chosen_by_hand(installation, place):
    """Before dpkg unpacks the new launcher with owner and mode of the override."""
    launcher, overrides, wrong = place / LAUNCHER[1:], place / "overrides", []
    launcher.parent.mkdir(parents=True)
    launcher.touch()
    (place / "dpkg-statoverride").write_text(OVERRIDES)
    (place / "dpkg-statoverride").chmod(0o755)
    logins = {"s": installation.logins["mail"], "a": installation.logins["alice"]}
    script = (PACKAGING / "debian/gatepost.preinst").read_text().partition("#DEBHELPER#")[0]
    script = f"set -- upgrade 0.0.9; PATH={place}:$PATH\n{script}"
    for before, after in EACH:
        set_choice(installation, launcher, *before)
        overrides.write_text(f"{logins['s']} {logins['s']} 6755 {LAUNCHER[1:]}\n")
        said = run_step(script, installation, place)
        user, group = (logins.get(name, name) for name in after[:2])
        expected = f"{user} {group} {after[2]:o} {LAUNCHER[1:]}\n"
        if overrides.read_text() != expected or ("which is wrong" in said) != (before in NEVER_RIGHT):
            wrong.append((before, overrides.read_text(), expected, said))
    assert wrong == []


def test_a_send_says_that_the_launchers_mode_is_wrong_and_who_knows_the_remedy(installation):
    """Whatever the mode gives instead, root's rights included: nothing runs with them."""
    wrong, modes = [], [choice for choice in NEVER_RIGHT if choice[2] & 0o111 and choice[1:] != ("s", 0o2755)]
    reason = f"{installation.launcher} has the wrong owner or mode, so it does not give the rights of"
    try:
        for choice in modes:
            set_choice(installation, installation.launcher, *choice)
            result = installation.send("carol@example.org", stdin=b"Subject: x\n\nx\n")
            if result.status != 1 or reason not in result.stderr or "gatepost check" not in result.stderr:
                wrong.append((choice, result))
    finally:
        installation.mode(0o6755)
    assert wrong == []

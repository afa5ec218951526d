"""A8: who keeps a launcher by a hard link, for the day on which a hole in it is known, keeps no privilege."""

from __future__ import annotations

import copy
import os
import stat

import pytest

from tests.support.accounts import run
from tests.support.forged import ForgedFrontend, memory_file

KEPT = {"packaging/install.sh": {'    chmod 0755 "$libexec/launcher.old"\n': ""}}
MESSAGE = b"\nhello\n"


def upgrade(installation):
    """Install again over what is there."""
    settings = {
        "PREFIX": installation.prefix,
        "SYSCONFDIR": installation.sysconfdir,
        "SERVICE_USER": installation.logins["mail"],
        "STANDIN_USER": installation.logins["null"],
        "PYTHON": "/usr/bin/python3",
    }
    run("make", "-C", installation.root / "source", "install", *(f"{key}={value}" for key, value in settings.items()))


def keep(installation):
    """Keep the launcher by a hard link, which the attacker could make where fs.protected_hardlinks is 0."""
    link = installation.root / "kept"
    link.unlink(missing_ok=True)
    os.link(installation.launcher, link)
    return link


def set_id_bits(file):
    return file.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)


def test_an_upgrade_takes_the_bits_of_the_old_one(weakened):
    installation = weakened({})
    link = keep(installation)
    assert set_id_bits(link)
    upgrade(installation)
    assert not set_id_bits(link)
    assert set_id_bits(installation.launcher)
    assert not link.samefile(installation.launcher)
    assert not installation.launcher.with_name("launcher.old").exists()


@pytest.mark.parametrize("kind", ["hard", "symbolic"])
def test_by_another_name_it_does_the_same(installation, smarthost, kind):
    """It knows its own path from when it was built, and looks for nothing beside itself."""
    host = smarthost()
    installation.configure_relay(host)
    link = installation.root / f"{kind}-link"
    (os.link if kind == "hard" else os.symlink)(installation.launcher, link)
    renamed = copy.copy(installation)
    renamed.launcher = link
    try:
        with ForgedFrontend(renamed, arguments=[b"/tmp/sendmail"]) as forged:
            forged.ready()
            forged.submit(memory_file(MESSAGE))
            assert forged.end() == ([], 0)
    finally:
        link.unlink()
    assert host.message.reverse_path == installation.account("alice").pw_name.encode() + b"@example.net"


def test_control_an_upgrade_that_forgets_it_leaves_the_bits(weakened):
    installation = weakened(KEPT)
    link = keep(installation)
    upgrade(installation)
    assert set_id_bits(link)

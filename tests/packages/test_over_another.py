"""The Debian package over another mail-transport-agent, and back: mail goes, and nothing is left behind."""

from __future__ import annotations

import pytest

from tests.packages.system import System
from tests.packages.terminal import Terminal
from tests.packages.test_debian import everything, send_through

OTHERS = {
    "exim4-daemon-light": "/usr/sbin/exim4",
    "postfix": "/usr/sbin/postfix",
    "msmtp-mta": "/usr/bin/msmtp",
}
# What other packages make while they are configured, removed and installed again; none of it is ours.
OTHERS_OWN = ("/var/lib/dpkg", "/var/lib/apt", "/var/lib/exim4", "/var/spool", "/var/lib/postfix", "/etc/aliases")


def apt(system: System, *words: str) -> str:
    return system.must("apt-get", *words[:1], "-q", "-y", "--no-install-recommends", *words[1:])


@pytest.mark.parametrize("other", OTHERS)
def test_it_takes_the_place_of_another_and_gives_it_back(system, old_package, package, host, answers, other):
    (system.root / "etc/mailname").write_text("ws1.example.net\n")  # which is no package's, and stays
    apt(system, "install", other)
    before, owner = everything(system), owner_of_sendmail(system)
    assert owner == other
    system.answer(answers)
    system.install(old_package)
    assert owner_of_sendmail(system) == "gatepost"
    send_through(system, host)
    system.install(package)
    send_through(system, host)

    apt(system, "install", other)  # which removes ours
    assert owner_of_sendmail(system) == other
    assert system.run("test", "-x", OTHERS[other]).returncode == 0
    assert "gatepost" not in system.must("sh", "-c", "ps -e -o args || true; dpkg-query -W -f '${Provides}\\n'")
    system.install(package)
    send_through(system, host)
    apt(system, "install", other)
    apt(system, "purge", "gatepost")
    left = [path for path in everything(system) - before if not path.startswith(OTHERS_OWN)]
    assert left == []
    assert owner_of_sendmail(system) == other
    assert system.run("dpkg-statoverride", "--list", "/usr/libexec/gatepost/launcher").stdout == b""
    assert system.run("dpkg", "--audit").stdout == b""


def owner_of_sendmail(system: System) -> str:
    return system.must("dpkg", "-S", "/usr/sbin/sendmail").split(":")[0]


@pytest.fixture
def taken(system: System) -> System:
    """A system with another mail-transport-agent, and somebody's account of the service user's name."""
    apt(system, "install", "msmtp-mta", "apt-utils")
    system.must("useradd", "--create-home", "--shell", "/bin/bash", "mailuser")
    return system


def test_the_command_that_brings_back_what_apt_removed_for_nothing_is_told(taken, package):
    done = taken.run("apt-get", "install", "-q", "-y", "--no-install-recommends", taken.bring(package))
    assert done.returncode != 0
    told = done.stdout.decode() + done.stderr.decode()
    assert "the account mailuser is not Gatepost's: its id " in told
    assert told.index("Interrupt the installation now") < told.index("Removing msmtp-mta")
    (remedy,) = [line.split("To install them again: ")[1] for line in told.splitlines() if "install them again" in line]
    taken.must(*remedy.split(), "-y")
    assert owner_of_sendmail(taken) == "msmtp-mta"
    assert taken.run("dpkg", "--audit").stdout == b""


def test_who_interrupts_it_then_keeps_the_other(taken, package):
    command = ("apt-get", "install", "-y", "--no-install-recommends", taken.bring(package))
    terminal = Terminal(taken, *command, environment={"DEBIAN_FRONTEND": "teletype"})
    assert 'the account "mailuser"' in terminal.expect("groupmod --new-name NEW mailuser")
    terminal.interrupt()
    assert terminal.status() != 0
    assert owner_of_sendmail(taken) == "msmtp-mta"
    assert taken.run("dpkg", "--audit").stdout == b""


def test_dpkg_alone_removes_nothing(taken, package):
    done = taken.run("dpkg", "-i", taken.bring(package))
    assert done.returncode != 0
    assert b"To install them again" not in done.stderr
    assert owner_of_sendmail(taken) == "msmtp-mta"

"""The commands of the README, typed by a user with sudo on fresh systems: they work, and the checkout stays theirs."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packages.conftest import CHECKOUT, PASSWORD, USER
from tests.packages.system import System, copy_of_the_tree, make_system
from tests.packages.test_debian import send_through

README = (CHECKOUT / "README.md").read_text()
CONFIGURATION = """
qualify_domain = "ws1.example.net"

[transports.relay]
driver = "smtp"
hosts = ["localhost:{port}"]
auth = {{ user = '{user}', password_file = "relay.password" }}
"""
MIB = 1 << 20


class Newcomer:
    """An ordinary user with sudo, in a checkout of theirs."""

    def __init__(self, system: System) -> None:
        self.system = system
        self._tree = copy_of_the_tree(CHECKOUT, system.root / "home/alice/gatepost")
        system.must("chown", "-R", "alice:", "/home/alice/gatepost")
        (system.root / "etc/sudoers.d/alice").write_text("alice ALL=(ALL) NOPASSWD: ALL\n")

    def types(self, command: str, octets: bytes = b"") -> str:
        """Run a line, and say what it took. What root made in the checkout must be its owner's."""
        packages, fetched, start = *self._has(), time.monotonic()
        line = f"cd ~/gatepost && {command}"
        done = self.system.run("env", "HOME=/home/alice", "sh", "-c", line, user="alice", octets=octets)
        assert done.returncode == 0, f"{command}: {done.stdout.decode()}{done.stderr.decode()}"
        now = self._has()
        took = f"{time.monotonic() - start:.0f} s, {now[0] - packages} packages, {(now[1] - fetched) / MIB:.0f} MiB"
        print(f"{self.system.root.name}: {command.splitlines()[0]}: {took}")
        assert self._not_theirs() == []
        return done.stdout.decode() + done.stderr.decode()

    def _has(self) -> tuple[int, int]:
        """Return how many packages the system has, and how many octets of them were fetched."""
        archives = (self.system.root / "var/cache/apt/archives").glob("*.deb")
        installed = self.system.must("dpkg-query", "-W", "-f", "${Package}\n")
        return installed.count("\n"), sum(archive.stat().st_size for archive in archives)

    def _not_theirs(self) -> list[Path]:
        """Return what is another's in the checkout, and what a build leaves between the sources."""
        owner = self._tree.stat().st_uid
        found = (path.relative_to(self._tree) for path in self._tree.rglob("*") if path.lstat().st_uid != owner)
        between = [*self._tree.rglob("__pycache__"), *self._tree.rglob("*.egg-info")]
        return [*found, *(path for path in between if path.relative_to(self._tree).parts[0] != "build")]


@pytest.fixture(params=["bookworm", "trixie"])
def newcomer(request, place, certificates) -> Iterator[Newcomer]:
    system = make_system(place / request.param, certificates, request.param, "make", "sudo")
    yield Newcomer(system)
    shutil.rmtree(system.root)


def in_the_readme(command: str) -> str:
    assert command in README
    return command


def test_the_readme_is_typed_without_a_surprise(newcomer, host, answers):
    system = newcomer.system
    assert "Demo finished" in newcomer.types(in_the_readme("sudo make demo"))
    newcomer.types("make clean")

    newcomer.types(in_the_readme("sudo make deps"))
    newcomer.types(in_the_readme("sudo make install"))
    text = CONFIGURATION.format(port=host.port, user=USER)
    newcomer.types("sudo tee /etc/gatepost/gatepost.toml", text.encode())
    newcomer.types(
        in_the_readme("sudo install -o root -g mailuser -m 0640 /dev/null /etc/gatepost/secrets/relay.password")
    )
    newcomer.types("sudo tee /etc/gatepost/secrets/relay.password", PASSWORD.encode())
    newcomer.types(in_the_readme("sudo gatepost check"))
    send_through(system, host)

    newcomer.types("make install PREFIX=$HOME/.local SYSCONFDIR=$HOME/.config/gatepost")
    newcomer.types("sudo make uninstall && sudo rm -r /etc/gatepost")

    (needed,) = re.findall(r"`make deb` builds a package \(it needs ([^)]+)\)", README)
    newcomer.types(
        f"sudo apt-get install -q -y --no-install-recommends {needed.replace(',', '').replace(' and ', ' ')}"
    )
    newcomer.types("make deb")
    system.answer(answers)
    newcomer.types("sudo DEBIAN_FRONTEND=noninteractive apt-get install -q -y ./build/deb/gatepost_*.deb")
    send_through(system, host)

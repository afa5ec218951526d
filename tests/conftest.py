"""What all tests may ask for."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from tests.support.certificates import Certificates, make_certificates
from tests.support.installation import Installation
from tests.support.second_door import SecondDoor
from tests.support.smarthost import SmartHost
from tests.support.weakened import Weakening, Workshop

# The same examples each time, however slow the machine: what is found by chance belongs to fuzzing, and then to a test.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("house")
set_hypothesis_home_dir(Path(__file__).parents[1] / "build/hypothesis")

gc.disable()  # while the tests are collected, nothing is garbage: looking for it takes a fifth of the time

os.umask(0o022)  # root's own may be stricter than the folders allow that callers of ours have to reach
# Nor is what a shell's background jobs ignore, or nohup(1): a send would ignore it as well.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
# sudo(8) sets the hard limit of core files to 0. The tests raise it again, to show that no core is dumped even then.
# Without CAP_SYS_RESOURCE, as in many containers, root cannot, and the tests that need it fail.
with contextlib.suppress(ValueError):
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.RLIM_INFINITY))
# `gatepost selftest` attacks as the user who called sudo: here, as nobody.
for name in ("SUDO_USER", "SUDO_UID", "SUDO_GID", "SUDO_COMMAND"):
    os.environ.pop(name, None)


def pytest_collection_finish() -> None:
    """Look for garbage again, but not among what was collected."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A CA and certificates for servers, good and bad."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def smarthost(certificates: Certificates) -> Iterator[Callable[..., SmartHost]]:
    """Start smart hosts, with the good certificate unless told otherwise; they end, and are judged, with the test."""
    with contextlib.ExitStack() as hosts:

        def start(**options: Any) -> SmartHost:
            return hosts.enter_context(SmartHost(**{"certificate": certificates.good} | options))

        yield start


@pytest.fixture
def second_door() -> Iterator[Callable[..., SecondDoor]]:
    """Open the second door of an installation, as systemd would; it is closed with the test."""
    with contextlib.ExitStack() as doors:

        def start(installation: Installation, **options: Any) -> SecondDoor:
            return doors.enter_context(SecondDoor(installation, **options))

        yield start


@pytest.fixture(scope="session")
def shared_installation() -> Iterator[Installation]:
    """Install once for this test process (each worker of pytest-xdist is one), and remove it whatever happens."""
    refuse_unfit_machine()
    installation = Installation(str(os.getpid()))
    try:
        installation.make()
        yield installation
    finally:
        installation.remove()


@pytest.fixture
def installation(shared_installation: Installation) -> Installation:
    """The installation, its launcher in the usual mode, without any configuration of an earlier test."""
    shared_installation.mode(0o6755)
    shared_installation.configure("")
    return shared_installation


@pytest.fixture(scope="session")
def workshop(shared_installation: Installation) -> Workshop:
    """Makes weakened installations, which go with the ordinary one."""
    return Workshop(shared_installation)


@pytest.fixture
def weakened(workshop: Workshop) -> Callable[[Weakening], Installation]:
    """Return an installation from sources with replacements: weakened({file: {old text: new text}})."""
    return workshop.weakened


def refuse_unfit_machine() -> None:
    """Fail every test that needs an installation where set-id programs have no effect: a skip would say "all is well".

    Not by pytest.exit, whose sentence is lost in a worker of pytest-xdist.
    """
    with open("/proc/self/status") as status:
        no_new_privs = "NoNewPrivs:\t1\n" in status.readlines()
    if os.getuid() != 0:
        pytest.fail("system and attack tests create users and set-id programs: run them as root (make test)", False)
    if no_new_privs:
        pytest.fail("system and attack tests need set-id programs, and no_new_privs is set for this process", False)
    if os.statvfs("/opt").f_flag & os.ST_NOSUID:
        pytest.fail("system and attack tests need set-id programs, and /opt is mounted nosuid", False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many faults were injected (tests/faults), how many sends killed (tests/load), and what came of them."""
    stats = terminalreporter.stats
    counted: dict[str, Counter[str]] = {"faults": Counter(), "killed": Counter()}
    for report in chain.from_iterable(stats.get(kind, []) for kind in ("passed", "failed")):
        properties = dict(report.user_properties)
        for name, counter in counted.items():
            counter.update(properties.get(name, {}))
        if "crowd" in properties:
            terminalreporter.write_line(f"crowd: {properties['crowd']}")
    if faults := counted["faults"]:
        outcomes = ", ".join(f"{faults[name]} {name}" for name in ("sent", "in doubt", "not sent", "violations"))
        terminalreporter.write_line(f"faults: {faults['cases']} cases: {outcomes}; {faults['excluded']} excluded")
    if killed := counted["killed"]:
        terminalreporter.write_line(f"killed: {', '.join(f'{count} {name}' for name, count in killed.items())}")

"""The packages and the systems that they are installed in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from helper.version import VERSION
from tests.packages.system import System, build, copy_of_the_tree, copy_system, make_system
from tests.support.certificates import Certificates
from tests.support.smarthost import SmartHost

CHECKOUT = Path(__file__).parents[2]
OLD_VERSION = "0.0.9"
DEPENDENCIES = ("adduser", "ca-certificates", "python3", "python3-dnspython", "python3-prctl")
# With everything that a shell, TOML or debconf could take for something else.
USER = 'w\\s"1'
PASSWORD = "correct 'horse' \"battery\" $HOME \\staple"


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder on a file system that is not mounted nosuid, which a temporary one may be."""
    folder = CHECKOUT / "build/packages"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def package(place: Path) -> Path:
    """The package of this tree."""
    return build(copy_of_the_tree(CHECKOUT, place / "this"))


@pytest.fixture(scope="session")
def old_package(place: Path) -> Path:
    """The same with an older version's number."""
    tree = copy_of_the_tree(CHECKOUT, place / "old")
    for name, line in (("helper/version.py", 'VERSION = "{}"'), ("packaging/debian/changelog", "gatepost ({})")):
        text = (tree / name).read_text()
        assert line.format(VERSION) in text
        (tree / name).write_text(text.replace(line.format(VERSION), line.format(OLD_VERSION)))
    return build(tree)


@pytest.fixture(scope="session")
def fresh_system(place: Path, certificates: Certificates) -> System:
    """A system as it is before anything of ours."""
    return make_system(place / "fresh", certificates)


@pytest.fixture(scope="session")
def ready_system(place: Path, fresh_system: System) -> System:
    """A system that has what the package depends on, to save each test the time."""
    ready = copy_system(fresh_system, place / "ready")
    ready.must("apt-get", "install", "-q", "-y", "--no-install-recommends", *DEPENDENCIES)
    return ready


@pytest.fixture
def system(place: Path, ready_system: System) -> Iterator[System]:
    """Such a system for one test."""
    copy = copy_system(ready_system, place / "system")
    yield copy
    shutil.rmtree(copy.root)


@pytest.fixture(scope="session")
def kept_system(place: Path, ready_system: System) -> Iterator[System]:
    """A system for many tests."""
    copy = copy_system(ready_system, place / "kept")
    yield copy
    shutil.rmtree(copy.root)


@pytest.fixture
def purged(kept_system: System) -> System:
    """A system without our package and its answers."""
    kept_system.must("dpkg", "--purge", "gatepost")
    kept_system.run("sh", "-c", "echo PURGE | debconf-communicate gatepost")
    return kept_system


@pytest.fixture
def fresh_copy(place: Path, fresh_system: System) -> Iterator[System]:
    """A fresh system for one test."""
    copy = copy_system(fresh_system, place / "fresh-copy")
    yield copy
    shutil.rmtree(copy.root)


@pytest.fixture
def host(smarthost) -> SmartHost:
    """A smart host that wants TLS and a password."""
    return smarthost(tls="starttls", auth={USER: PASSWORD})


@pytest.fixture
def answers(host: SmartHost) -> dict[str, object]:
    """What the package asks."""
    return {
        "mailname": "ws1.example.net",
        "smarthost": "localhost",
        "port": host.port,
        "user": USER,
        "password": PASSWORD,
    }

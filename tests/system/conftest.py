"""What every system test promises besides its own words: nothing of ours goes on running."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.certificates import Certificates
from tests.support.gatherer import SANITIZED, SHORT, Gatherer, gatherer
from tests.support.installation import Installation
from tests.support.personal import PASSWORD as OWN_PASSWORD
from tests.support.personal import Personal
from tests.support.realservers.server import RealServer
from tests.support.smarthost import SmartHost

pytest.register_assert_rewrite("tests.system.outcome", "tests.system.reader", "tests.system.real")

ENDING_S = 3  # the helper may tidy up a little after its frontend has ended


@pytest.fixture(autouse=True)
def no_process_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no process of ours outlive the test that started it."""
    installation = request.getfixturevalue("installation") if "installation" in request.fixturenames else None
    yield
    if installation is None:
        return
    end = time.monotonic() + ENDING_S
    while (left := installation.processes()) and time.monotonic() < end:
        time.sleep(0.02)
    assert left == [], "processes outlive the send"


@pytest.fixture(scope="session")
def running_servers(
    shared_installation: Installation, certificates: Certificates
) -> Iterator[Callable[[type[RealServer]], RealServer]]:
    """The real servers of this test process: each is started when it is first asked for, and ends with the process."""
    running: dict[type[RealServer], RealServer] = {}
    with contextlib.ExitStack() as servers:

        def get(kind: type[RealServer]) -> RealServer:
            if kind not in running:
                folder = shared_installation.root / "servers" / kind.__name__
                running[kind] = servers.enter_context(kind(folder, certificates))
            return running[kind]

        yield get


@pytest.fixture
def real(running_servers: Callable[[type[RealServer]], RealServer]) -> Callable[[type[RealServer]], RealServer]:
    """A real server with empty mailboxes."""

    def get(kind: type[RealServer]) -> RealServer:
        server = running_servers(kind)
        server.empty()
        return server

    return get


@pytest.fixture
def personal(installation: Installation) -> Iterator[Personal]:
    """The folder of alice's own configuration, where it is looked for, and nothing in it."""
    folder = Personal(installation)
    yield folder
    folder.remove()


@pytest.fixture
def own_host(personal: Personal, smarthost: Callable[..., SmartHost]) -> SmartHost:
    """A smart host of alice's own, which she is configured for; the installation has none."""
    host = smarthost(tls="starttls", auth={"alice": OWN_PASSWORD})
    personal.configure(host)
    return host


@pytest.fixture(scope="session")
def program() -> Iterator[Gatherer]:
    """The C program alone, with sanitizers, whose helpers are the test; its time limits are short."""
    with gatherer(SANITIZED, **SHORT) as made:
        yield made


@pytest.fixture(scope="session")
def shipped_program() -> Iterator[Gatherer]:
    """The same as it is shipped."""
    with gatherer() as made:
        yield made

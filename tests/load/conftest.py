"""What load tests may ask for, and how much of them is run: some in `make test`, all in `make load`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.load.workbench import AUTH, Workbench
from tests.support.accounts import files_of
from tests.support.installation import Installation
from tests.support.smarthost import SmartHost
from tests.system.conftest import no_process_is_left

__all__ = ["no_process_is_left"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that are run in two sizes the one that was asked for (GATEPOST_LOAD=all: `make load`)."""
    if "is_all" in metafunc.fixturenames:
        is_all = os.environ.get("GATEPOST_LOAD") == "all"
        metafunc.parametrize("is_all", [is_all], ids=["all" if is_all else "some"])


@pytest.fixture(autouse=True)
def no_file_is_left(installation: Installation) -> Iterator[None]:
    """Let no file of a caller's or of the service user's outlive the test."""
    before = files_of_all(installation)
    yield
    assert files_of_all(installation) <= before, "files outlive the send"


@pytest.fixture
def workbench(installation: Installation, smarthost: Callable[..., SmartHost], tmp_path: Path) -> Workbench:
    """Sends under the tracer, to a smart host with TLS and AUTH."""
    return Workbench(installation, smarthost(tls="starttls", auth=AUTH), tmp_path / "report")


def files_of_all(installation: Installation) -> set[str]:
    """Return the files of all accounts of a test process."""
    accounts = [installation.account(who) for who in installation.logins]
    return files_of({account.pw_uid for account in accounts}, {account.pw_dir for account in accounts})

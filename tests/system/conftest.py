"""What every system test promises besides its own words: nothing of ours goes on running."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.system.outcome")

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

"""What is said where neither door is open."""

from __future__ import annotations

import pytest

from frontend.door import why_closed
from frontend.paths import SOCKET

CLOSED = b"sendmail: not sent: no_new_privs is set"


def test_a_door_that_does_not_exist_is_not_spoken_of():
    assert why_closed(CLOSED, FileNotFoundError(2, "No such file or directory")) == CLOSED


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(111, "Connection refused"), "Connection refused"), (TimeoutError(), "nobody answers")],
)
def test_one_that_stays_shut_is(error, reason):
    assert why_closed(CLOSED, error) == CLOSED + f", and {SOCKET} cannot be connected to: {reason}".encode()

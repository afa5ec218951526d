"""A token that has expired stops the send that would need it, by a clock that is given."""

from __future__ import annotations

import re

import pytest

from helper.delivery.access import now, refuse_stale
from helper.failure import StaleToken
from helper.secret import Secret

NOON = "2026-11-28T12:00:00Z"


@pytest.mark.parametrize("clock", [NOON, "2026-11-28T12:00:01Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"])
def test_from_its_time_on_it_is_stale(clock):
    with pytest.raises(StaleToken) as raised:
        refuse_stale(Secret(b"token", "/etc/g/token", NOON), clock)
    assert raised.value.file == "/etc/g/token"
    assert raised.value.problem == f"the access token expired at {NOON}: gatepost refresh"


@pytest.mark.parametrize("clock", ["2026-11-28T11:59:59Z", "2026-02-28T23:00:00Z", "2025-12-31T23:59:59Z"])
def test_until_then_it_is_good(clock):
    refuse_stale(Secret(b"token", "/etc/g/token", NOON), clock)


def test_what_has_no_time_is_never_stale():
    refuse_stale(Secret(b"password"), "9999-12-31T23:59:59Z")


def test_the_clock_has_the_form_of_the_file():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", now())

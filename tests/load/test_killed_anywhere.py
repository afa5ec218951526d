"""Killed before any of its system calls, either half: nobody is told that a message was sent which was not.

The clock is the half whose calls are counted, the victim the one that is killed when the clock is about to do its Nth.
The clock stands still meanwhile, so that each case is one moment of a send, and not a race. `make test` tries some
moments, `make load` all of them.
"""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from tests.load.workbench import HALVES, IN_DOUBT, NOT_SENT, Workbench, moments
from tests.support.result import Result

EVERY = 5  # of root's many moments: only how the two halves begin differs from an ordinary user's


def lies_of(workbench: Workbench, result: Result, traced: dict, clock: str, victim: str) -> list[str]:
    """Return what is wrong with a send that may have been killed."""
    lies = workbench.lies_about_acceptance(result)
    if traced["is_killed"] and victim == "frontend":
        lies += lies_of_dead_frontend(workbench, result, traced, clock)
    elif result.status != 0:
        lies += workbench.lies_in_one_line(result)
        lies += [] if traced["is_killed"] else ["failed, though nobody was killed"]
    return lies


def lies_of_dead_frontend(workbench: Workbench, result: Result, traced: dict, clock: str) -> list[str]:
    """The helper dies with it, once it could send anything."""
    lies = []
    if (result.status, result.stderr) != (-signal.SIGKILL, ""):
        lies.append("did not die of the signal")
    if clock == "helper" and traced["calls_afterwards"] and workbench.host.connections:
        lies.append("the helper went on to send")
    return lies


@pytest.mark.parametrize("victim", HALVES)
@pytest.mark.parametrize("clock", HALVES)
@pytest.mark.parametrize("user", ["alice", "root"])
def test_nobody_lies_wherever_one_half_is_killed(workbench, record_property, user, clock, victim, is_all):
    calls = workbench.send(user, clock, 0, victim)[1]["calls"]
    wrong, counted = [], Counter()
    for number in moments(calls, is_all)[:: EVERY if (user, clock) == ("root", "helper") else 1]:
        result, traced = workbench.send(user, clock, number, victim)
        lies = lies_of(workbench, result, traced, clock, victim)
        wrong += [f"call {number}: {', '.join(lies)}: {result}, {traced}"] if lies else []
        counted["moments"] += traced["is_killed"]
        counted["accepted"] += bool(workbench.host.messages)
        counted["told as sent"] += result.status == 0
        counted["in doubt"] += result.stderr.startswith(IN_DOUBT)
        counted["not sent"] += result.stderr.startswith(NOT_SENT)
        counted["lies"] += bool(lies)
    print(f"{user}'s {victim} killed before calls of the {clock} ({calls}): {dict(counted)}")
    record_property("killed", dict(counted))
    assert not wrong, "\n".join(wrong[:20])
    assert counted["moments"] > 0


@pytest.mark.parametrize(("clock", "least"), [("frontend", 50), ("helper", 100)])
def test_a_send_that_nobody_kills_goes_through_under_the_tracer(workbench, clock, least):
    result, traced = workbench.send("alice", clock, 0, "helper")
    assert (result.status, result.stderr, len(workbench.host.messages)) == (0, "", 1)
    assert traced["calls"] > least
    assert not traced["is_killed"]

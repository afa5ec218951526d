"""Killed before any of its system calls, either half: nobody is told that a message was sent which was not.

The clock is the half whose calls are counted, the victim the one that is killed when the clock is about to do its Nth.
The clock stands still meanwhile, so that each case is one moment of a send, and not a race. `make test` tries some
moments, `make load` all of them.
"""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.support import kill_at
from tests.support.installation import Installation
from tests.support.result import Result
from tests.support.smarthost import SmartHost

THREE = ("carol@example.org", "dave@example.org", "erin@example.org")
END = b"the end\r\n"
MESSAGE = b"Subject: hello\n\n" + b"0123456789abcde\n" * 8192 + b"the end\n"
AUTH = {"ws1": "correct horse battery"}
# Of the calls, most are the interpreters' start; what matters more comes when the two have met.
LATE_CALLS, LATE_STEP, EARLY_STEP = 240, 24, 200
FEWEST = 10  # moments, however few the calls are
HALVES = ("frontend", "helper")
NOT_SENT, IN_DOUBT = "sendmail: not sent: ", "sendmail: may have been sent: "
EVERY = 5  # of root's many moments: only how the two halves begin differs from an ordinary user's


class Workbench:
    """An installation and a smart host on which one send after the other is killed."""

    def __init__(self, installation: Installation, host: SmartHost, report: Path) -> None:
        self.installation, self.host, self.report = installation, host, report
        installation.configure_relay(host)

    def send(self, user: str, clock: str, number: int, victim: str) -> tuple[Result, dict]:
        """Send with the kill at that moment; return what the caller saw, and what the tracer saw."""
        for seen in (self.host.messages, self.host.sessions):
            seen.clear()
        tracer = ("/usr/bin/python3", "-I", "-S", kill_at.__file__, self.report, self.installation.sendmail)
        moment = (clock, str(number), victim)
        result = self.installation.send(*THREE, stdin=MESSAGE, user=user, outer=(*tracer, *moment))
        self.host.settle()
        return result, json.loads(self.report.read_text())

    def lies(self, result: Result, traced: dict, clock: str, victim: str) -> list[str]:
        """Return what is wrong with a send that may have been killed."""
        lies = []
        if len(self.host.messages) > 1:
            lies.append("accepted more than once")
        for message in self.host.messages:
            if not message.octets.endswith(END) or message.addresses != [each.encode() for each in THREE]:
                lies.append("accepted in part")
        if result.status == 0 and (not self.host.messages or result.stderr):
            lies.append("status 0 without acceptance, or with a complaint")
        if traced["is_killed"] and victim == "frontend":
            lies += self.lies_of_dead_frontend(result, traced, clock)
        elif result.status != 0:
            lies += self.lies_of_dead_helper(result, traced)
        return lies

    def lies_of_dead_frontend(self, result: Result, traced: dict, clock: str) -> list[str]:
        """The helper dies with it, once it could send anything."""
        lies = []
        if (result.status, result.stderr) != (-signal.SIGKILL, ""):
            lies.append("did not die of the signal")
        if clock == "helper" and traced["calls_afterwards"] and self.host.connections:
            lies.append("the helper went on to send")
        return lies

    def lies_of_dead_helper(self, result: Result, traced: dict) -> list[str]:
        """The frontend says in one line what became of the message."""
        lies = []
        if result.status != 1 or result.stderr.count("\n") != 1 or not result.stderr.startswith((NOT_SENT, IN_DOUBT)):
            lies.append("did not fail with one line")
        if result.stderr.startswith(NOT_SENT) and self.host.messages:
            lies.append("accepted, and told as not sent")
        if not traced["is_killed"]:
            lies.append("failed, though nobody was killed")
        return lies


@pytest.fixture
def workbench(installation, smarthost, certificates, tmp_path):
    """Sends under the tracer, to a smart host with TLS and AUTH."""
    return Workbench(installation, smarthost(tls="starttls", auth=AUTH), tmp_path / "report")


def moments(calls: int, is_all: bool) -> list[int]:
    """Return before which calls to kill; all of them and one beyond the last, so that none is missed."""
    if is_all:
        return list(range(1, calls + 2))
    late = max(1, calls - LATE_CALLS)
    step = min(LATE_STEP, max(1, calls // FEWEST))  # the frontend makes few calls, and each of them matters
    return [*range(1, late, EARLY_STEP), *range(late, calls + 1, step)]


@pytest.mark.parametrize("victim", HALVES)
@pytest.mark.parametrize("clock", HALVES)
@pytest.mark.parametrize("user", ["alice", "root"])
def test_nobody_lies_wherever_one_half_is_killed(workbench, record_property, user, clock, victim, is_all):
    calls = workbench.send(user, clock, 0, victim)[1]["calls"]
    wrong, counted = [], Counter()
    for number in moments(calls, is_all)[:: EVERY if (user, clock) == ("root", "helper") else 1]:
        result, traced = workbench.send(user, clock, number, victim)
        lies = workbench.lies(result, traced, clock, victim)
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

"""Sends under the tracer of tests/support/attack_at.py: one half is attacked before one of its system calls."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support import attack_at
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


class Workbench:
    """An installation and a smart host on which one send after the other is attacked."""

    def __init__(self, installation: Installation, host: SmartHost, report: Path) -> None:
        self.installation, self.host, self.report = installation, host, report
        installation.configure_relay(host)

    def send(self, user: str, clock: str, number: int, victim: str, attack: str = "kill") -> tuple[Result, dict]:
        """Send with the attack at that moment; return what the caller saw, and what the tracer saw."""
        for seen in (self.host.messages, self.host.sessions):
            seen.clear()
        tracer = ("/usr/bin/python3", "-I", "-S", attack_at.__file__, self.report, self.installation.sendmail)
        moment = (clock, str(number), victim, attack)
        result = self.installation.send(*THREE, stdin=MESSAGE, user=user, outer=(*tracer, *moment))
        self.host.settle()
        return result, json.loads(self.report.read_text())

    def lies_about_acceptance(self, result: Result) -> list[str]:
        """Return what is wrong with what the smart host has, and with a status of 0."""
        lies = []
        if len(self.host.messages) > 1:
            lies.append("accepted more than once")
        for message in self.host.messages:
            if not message.octets.endswith(END) or message.addresses != [each.encode() for each in THREE]:
                lies.append("accepted in part")
        if result.status == 0 and (not self.host.messages or result.stderr):
            lies.append("status 0 without acceptance, or with a complaint")
        return lies

    def lies_in_one_line(self, result: Result) -> list[str]:
        """Return what is wrong with how the frontend tells a failure."""
        lies = []
        if result.status != 1 or result.stderr.count("\n") != 1 or not result.stderr.startswith((NOT_SENT, IN_DOUBT)):
            lies.append("did not fail with one line")
        if result.stderr.startswith(NOT_SENT) and self.host.messages:
            lies.append("accepted, and told as not sent")
        return lies


def moments(calls: int, is_all: bool) -> list[int]:
    """Return before which calls to kill; all of them and one beyond the last, so that none is missed."""
    if is_all:
        return list(range(1, calls + 2))
    late = max(1, calls - LATE_CALLS)
    step = min(LATE_STEP, max(1, calls // FEWEST))  # the frontend makes few calls, and each of them matters
    return [*range(1, late, EARLY_STEP), *range(late, calls + 1, step)]

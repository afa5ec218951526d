"""A worker that keeps one `sendmail -bs` for long: Symfony Mailer's own transport, as Debian has it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

from tests.callers.attempt import PATIENCE_S, Machine
from tests.callers.caller import REASON, Caller
from tests.callers.languages import LANGUAGES, SYMFONY, SYMFONY_FAILS, SYMFONY_NEW_PASSWORD
from tests.support.smarthost import SmartHost

NEW_PASSWORD = "another password"


def worker(script: str) -> Caller:
    """Return Symfony Mailer with another script of PHP."""
    (symfony,) = (caller for caller in LANGUAGES if "Symfony" in caller.name)
    return replace(symfony, files={"home/alice/send.php": SYMFONY + script})


def change_the_password(host: SmartHost, shared: Path) -> None:
    """Let the smart host know another password once it has a message, and then tell the worker."""
    end = time.monotonic() + PATIENCE_S
    while not host.messages and time.monotonic() < end:
        time.sleep(0.01)
    host.auth = {"ws1": NEW_PASSWORD}
    (shared / "changed").touch()


def test_a_change_of_password_costs_one_message(machine: Machine):
    attempt = machine.accepted(worker(SYMFONY_NEW_PASSWORD), change_the_password)
    first, sudo, refused, *later = json.loads(attempt.said)
    assert (first, sudo, later) == ("", 0, ["", ""]), attempt
    assert "535" in refused
    assert [message.addresses for message in attempt.messages] == [
        [b"carol@example.org"],
        [b"erin@example.org"],
        [b"carol@example.org"],
    ]


def test_a_thousand_failures_and_a_message_that_is_sent(machine: Machine):
    """It reads standard error only after standard output has ended: as many lines would fill the pipe."""
    attempt = machine.refused(worker(SYMFONY_FAILS))
    assert json.loads(attempt.said) == [1000, ""], attempt.said
    assert attempt.status == 0
    assert [message.addresses for message in attempt.messages] == [[b"dave@example.org"]]
    assert sum(REASON in line for line in attempt.log if "outcome=refused" in line) == 1000

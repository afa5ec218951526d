"""What came of a send, read from everything that it leaves behind: status, standard error, log, smart host."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.support.installation import Installation
from tests.support.result import Result
from tests.support.smarthost import SmartHost

MESSAGE = b"From: Alice <alice@example.net>\nTo: <carol@example.org>\nSubject: hello\n\nA line.\n"
ONE = ("carol@example.org",)
FIVE = tuple(f"user{number}@example.org" for number in range(1, 6))

WITH_CHUNKS = ("PIPELINING", "CHUNKING", "8BITMIME", "SIZE 100000000")
WITH_DATA = ("PIPELINING", "8BITMIME", "SIZE 100000000")
CHUNKS_STEPWISE = ("CHUNKING", "8BITMIME", "SIZE 100000000")
DATA_STEPWISE = ("8BITMIME", "SIZE 100000000")
EXTENSIONS = {
    "pipelining-chunking": WITH_CHUNKS,
    "pipelining-data": WITH_DATA,
    "stepwise-chunking": CHUNKS_STEPWISE,
    "stepwise-data": DATA_STEPWISE,
}

FACT = re.compile(r'([a-z-]+)=("(?:[^"\\]|\\.)*"|[^ "]*)(?: |\Z)')


def dialogue_of(result: Result) -> list[str]:
    """Return the dialogue that -v showed, without the time at which each line was said."""
    lines = [re.fullmatch(r"(\d+\.\d{3}) ((?:>>|<<|--) .*)", line) for line in result.stderr.splitlines()]
    times = [float(line[1]) for line in lines if line]
    assert times == sorted(times)
    return [line[2] for line in lines if line]


def facts_of(line: str) -> dict[str, str]:
    """Return the `name=value` pairs of a line of the log; every octet of it belongs to one."""
    facts, at = {}, 0
    while at < len(line):
        match = FACT.match(line, at)
        assert match, f"no fact begins at {line[at:]!r}"
        name, value = match.groups()
        assert name not in facts, f"{name} stands twice in {line!r}"
        facts[name] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        at = match.end()
    return facts


def bracketed(recipients: Sequence[str]) -> str:
    """Return recipients as the log has them."""
    return ",".join(f"<{recipient}>" for recipient in recipients)


def label(host: SmartHost) -> str:
    """Return a smart host as messages call it."""
    return f"{host.address}:{host.port}"


def assert_sent(result: Result, host: SmartHost, recipients: Sequence[str]) -> None:
    """The smart host has the message for every recipient, and nobody was bothered."""
    host.settle()
    assert (result.status, result.stdout, result.stderr) == (0, "", "")
    assert host.message.addresses == [recipient.encode() for recipient in recipients]
    facts = facts_of(result.log_line)
    assert (facts["outcome"], facts["status"], facts["to"]) == ("accepted", "0", bracketed(recipients))


def assert_not_sent(
    result: Result,
    reason: str,
    *,
    status: int,
    recipients: Sequence[str],
    outcome: str = "failed",
    hosts: Sequence[SmartHost] = (),
) -> None:
    """One line says why, the same line stands in the log with the recipients, and no smart host has the message."""
    assert result.reason == reason
    assert (result.status, result.stdout) == (status, "")
    assert_logged(result, status=status, recipients=recipients, outcome=outcome)
    for host in hosts:
        host.settle()
        assert host.messages == []


def assert_in_doubt(result: Result, reason: str, *, status: int, recipients: Sequence[str]) -> None:
    """One line says that the message may have been sent, and why nobody knows; the log has the same."""
    assert result.stderr == f"sendmail: may have been sent: {reason}\n"
    assert (result.status, result.stdout) == (status, "")
    assert_logged(result, status=status, recipients=recipients, outcome="in-doubt")


def assert_logged(result: Result, *, status: int, recipients: Sequence[str], outcome: str) -> None:
    """The only line of the log says what standard error says, and whom it is about."""
    facts = facts_of(result.log_line)
    assert facts["reason"] == result.stderr.removesuffix("\n")
    assert (facts["outcome"], facts["status"]) == (outcome, str(status))
    assert facts.get("to", "") == bracketed(recipients)


def configure(installation: Installation, host: SmartHost, exit_codes: str = "sysexits", **transport: object) -> None:
    """Configure for a smart host, with time-outs that a test can wait for."""
    usual = dict.fromkeys(("connect_timeout", "command_timeout", "data_timeout", "final_timeout"), "1s")
    installation.configure_relay(host, {"exit_codes": exit_codes}, **(usual | transport))


def shown_status(status: int, exit_codes: str) -> int:
    """Return what a sysexits.h status becomes (contract, section 4)."""
    return status if exit_codes == "sysexits" or status in (0, 64) else 1

"""The one case in which nobody knows: the message was sent to its end, and no reply says what became of it."""

from __future__ import annotations

import pytest

from tests.support.misbehaviour import AcceptThen, Behaviour, Close, Delay, Dribble, Endless, Raw, Reset, Silent
from tests.system.outcome import (
    EXTENSIONS,
    FIVE,
    MESSAGE,
    ONE,
    WITH_CHUNKS,
    assert_in_doubt,
    assert_logged,
    assert_sent,
    configure,
    label,
    shown_status,
)

TEMPORARY = 75
LOST = "the connection was lost before the reply"
LATE = "no reply within 1 s"

with_each_extension = pytest.mark.parametrize("extensions", EXTENSIONS.values(), ids=EXTENSIONS)
with_each_count = pytest.mark.parametrize("recipients", [ONE, FIVE], ids=["one", "five"])

ENDS: dict[str, tuple[Behaviour, str]] = {
    "close": (Close(), LOST),
    "reset": (Reset(), LOST),
    "silent": (Silent(), LATE),
}
NONSENSE: dict[str, Behaviour] = {
    "words": Raw(b"thank you\r\n"),
    "half-a-reply": AcceptThen(Close()),
    "a-bare-LF": Raw(b"250 ok\n"),
    "differing-codes": Raw(b"250-good\r\n550 bad\r\n"),
    "an-endless-line": Endless(b"250"),
    "an-endless-reply": Endless(b"250-more\r\n"),
    "another-acceptance": Raw(b"354 go on\r\n"),
    "dribbling": Dribble(b"250-taken\r\n" * 50, pause_s=0.03),
}


@pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])
@with_each_extension
@with_each_count
@pytest.mark.parametrize(("behaviour", "problem"), ENDS.values(), ids=ENDS)
def test_a_host_that_takes_the_message_and_vanishes_leaves_doubt(
    installation, smarthost, extensions, recipients, behaviour, problem, exit_codes
):
    host = smarthost(extensions=extensions, at={"MESSAGE": AcceptThen(behaviour)})
    configure(installation, host, exit_codes)
    result = installation.send(*recipients, stdin=MESSAGE, time_limit_s=8)
    status = shown_status(TEMPORARY, exit_codes)
    assert_in_doubt(result, f"{label(host)}: the message: {problem}", status=status, recipients=recipients)
    host.settle()
    assert host.message.addresses == [recipient.encode() for recipient in recipients]


@with_each_extension
@pytest.mark.parametrize(("behaviour", "problem"), ENDS.values(), ids=ENDS)
def test_a_host_that_vanishes_without_the_message_leaves_the_same_doubt(
    installation, smarthost, extensions, behaviour, problem
):
    host = smarthost(extensions=extensions, at={"MESSAGE": behaviour})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert_in_doubt(result, f"{label(host)}: the message: {problem}", status=TEMPORARY, recipients=FIVE)
    host.settle()
    assert host.messages == []


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "BDAT"])
@pytest.mark.parametrize(("behaviour", "problem"), ENDS.values(), ids=ENDS)
def test_doubt_begins_early_where_all_goes_in_one_turn(installation, smarthost, step, behaviour, problem):
    """For a single recipient envelope and message leave together: the reply to MAIL may be lost after the delivery."""
    host = smarthost(extensions=WITH_CHUNKS, at={step: behaviour})
    configure(installation, host)
    result = installation.send(*ONE, stdin=MESSAGE, time_limit_s=8)
    assert result.stderr.startswith(f"sendmail: may have been sent: {label(host)}: ")
    assert result.stderr.endswith(f": {problem}\n")
    assert result.status == TEMPORARY
    assert_logged(result, status=TEMPORARY, recipients=ONE, outcome="in-doubt")


@with_each_extension
@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_in_reply_to_the_message_leaves_doubt(installation, smarthost, extensions, nonsense):
    host = smarthost(extensions=extensions, at={"MESSAGE": nonsense}, expect_violations=True)
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert result.stderr.startswith(f"sendmail: may have been sent: {label(host)}: ")
    assert result.stderr.count("\n") == 1
    assert result.status in (TEMPORARY, 76)
    assert_logged(result, status=result.status, recipients=FIVE, outcome="in-doubt")


@with_each_extension
@pytest.mark.parametrize("behaviour", [AcceptThen(Close()), AcceptThen(Silent()), Raw(b"what?\r\n")])
def test_no_other_host_is_tried_in_doubt(installation, smarthost, extensions, behaviour):
    """It could only deliver a second time."""
    first, second = smarthost(extensions=extensions, at={"MESSAGE": behaviour}), smarthost()
    configure(installation, first, hosts=[label(first), label(second)])
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert result.stderr.startswith("sendmail: may have been sent: ")
    assert second.connections == 0


@with_each_extension
def test_a_refusal_that_comes_late_leaves_no_doubt(installation, smarthost, extensions):
    host = smarthost(extensions=extensions, refuse={"MESSAGE": "452 4.3.1 disk full"})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert result.reason == f"{label(host)}: the message was refused: 452 4.3.1 disk full"


@with_each_extension
@with_each_count
def test_a_late_acceptance_is_an_acceptance(installation, smarthost, extensions, recipients):
    host = smarthost(extensions=extensions, at={"MESSAGE": Delay(0.5)})
    configure(installation, host)
    assert_sent(installation.send(*recipients, stdin=MESSAGE), host, recipients)


def test_replies_to_one_turn_share_its_time(installation, smarthost):
    """With the message in the group, each reply could else take as long as the last: three times ten minutes."""
    host = smarthost(extensions=WITH_CHUNKS, at={"MAIL": Delay(0.7), "RCPT": Delay(0.7)})
    configure(installation, host)
    result = installation.send(*ONE, stdin=MESSAGE)
    problem = f"RCPT TO:<{ONE[0]}>: no reply within 1 s"
    assert_in_doubt(result, f"{label(host)}: {problem}", status=TEMPORARY, recipients=ONE)

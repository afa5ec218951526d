"""The judge of the fault injector: a client that does not tell the truth is found out."""

from __future__ import annotations

import contextlib

import pytest

from helper.delivery.deliver import deliver
from helper.failure import Failure, HostFailed, InDoubt, Refused
from helper.smtp.reply import Reply
from tests.faults.case import LONG_S, codes, hold, turned_a_refusal
from tests.faults.dialogues import SECRET, WAYS, Dialogue
from tests.support.faults import Fault

TAKEN = Dialogue("taken", WAYS["chunk"])
REFUSED = Dialogue("refused", WAYS["data"], refuse={"MESSAGE": "552 no"})
REFUSED_EARLY = Dialogue("refused-early", WAYS["data"], 3, refuse={"RCPT 3": "550 no"})


def then(error: Exception | None):
    """Return a client that does all as it should, and then says something else; nothing: that it was sent."""

    def client(*arguments) -> None:
        with contextlib.suppress(Failure):
            deliver(*arguments)
        if error is not None:
            raise error

    return client


@pytest.mark.parametrize(
    ("dialogue", "says", "lie"),
    [
        (TAKEN, Refused("the message", Reply(552, (b"no",))), "the message was accepted"),
        (TAKEN, HostFailed("lost", 75), "the message was accepted"),
        (REFUSED, None, "nothing was accepted"),
        (REFUSED_EARLY, None, "nothing was accepted"),
        (REFUSED_EARLY, InDoubt("lost"), "in doubt before the end of the message was out"),
        (REFUSED, HostFailed("lost", 75), "not in doubt, with the end of the message out and no refusal"),
        (TAKEN, ValueError("oh"), "a defect"),
        (REFUSED_EARLY, HostFailed("a\nb", 75), "a line that is not to be shown"),
        (REFUSED_EARLY, HostFailed(f"AUTH {SECRET}", 75), "the secret is shown"),
    ],
)
def test_each_lie_is_found_out(certificates, dialogue, says, lie):
    assert hold(dialogue, certificates.good, None, LONG_S, deliver).lies == []
    assert lie in hold(dialogue, certificates.good, None, LONG_S, then(says)).lies


def test_doubt_without_a_reason_is_a_miss(certificates):
    case = hold(TAKEN, certificates.good, None, LONG_S, then(InDoubt("lost")))
    assert (case.lies, case.misses) == ([], ["accepted, and told so"])


def test_a_fault_without_effect_is_a_miss(certificates):
    case = hold(TAKEN, certificates.good, Fault("close", "out", "clear", 100_000), LONG_S)
    assert (case.lies, case.misses) == ([], ["the fault did not happen"])


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", []),
        (b"220 hi\r\n250-a\r\n250 b\r\n", [b"220", b"250"]),
        (b"250-a\r\n", None),
        (b"250 a\n", None),
        (b"250-a\r\n251 b\r\n", None),
        (b"250 a\r\n25", None),
        (b"199 a\r\n", None),
    ],
)
def test_reads_replies_on_its_own(octets, expected):
    assert codes(octets) == expected


@pytest.mark.parametrize(
    ("fault", "is_excused"),
    [
        (Fault("replace", "out", "clear", 8, ord("2")), True),
        (Fault("flip", "out", "clear", 8, 0x07), True),
        (Fault("flip", "out", "clear", 8, 0x01), False),  # still a refusal
        (Fault("replace", "out", "clear", 9, ord("2")), False),
        (Fault("replace", "out", "clear", 0, ord("2")), False),
        (Fault("delete", "out", "clear", 8), False),
        (Fault("close", "out", "clear", 8), False),
        (None, False),
    ],
)
def test_only_a_refusal_that_was_made_an_acceptance_is_excused(fault, is_excused):
    assert turned_a_refusal(fault, b"250 ok\r\n550 no\r\n") is is_excused

"""Cut, delay and corrupt every octet of every dialogue: nobody is told anything but the truth, and nobody hangs.

Status 0 exactly when the smart host accepted for all, and never a message accepted that was said to be not sent. The
counts stand in the summary of the test run. `make test` takes every octet of some dialogues and a part of the octets of
the others; `make load` tries each kind of fault at each octet everywhere (GATEPOST_FAULTS=every).
"""

from __future__ import annotations

import pytest

from tests.faults.case import IN_DOUBT, NOT_SENT, SENT, Case
from tests.faults.dialogues import (
    Dialogue,
    auth_dialogues,
    large_dialogues,
    old_dialogues,
    plain_dialogues,
    tls_dialogues,
)
from tests.faults.runner import EVERY, clean_case, faults_of, faults_of_large, run_faults, tally
from tests.support.faults import ENDS, KINDS

PLAIN, AUTH, TLS, LARGE = plain_dialogues(), auth_dialogues(), tls_dialogues() + old_dialogues(), large_dialogues()
# Every kind of fault at each octet of these: in one turn or in many, and where all hangs on the last recipient. Of the
# others, one octet in so many suffers one.
THOROUGHLY = ("chunk-one", "chunk-three-with-one-refused", "data-one", "stepwise-data-one")
# The octets of TLS itself are many, and cost a handshake each: what differs in them is who begins, and the version.
CARRIED_NAMES = ("starttls-chunk-one", "implicit-stepwise-chunk-one", "tls-1.2-chunk-one")
STEP, CARRIED_STEP = 2, 4
CARRIED = [dialogue for dialogue in TLS if EVERY or dialogue.name in CARRIED_NAMES]

HURT = ("out", "in")
SHOWN = 20  # of the cases that went wrong


def each(dialogues: list[Dialogue]) -> pytest.MarkDecorator:
    """Run a test for each of these, the first octet of each suffering another kind of fault."""
    names = [dialogue.name for dialogue in dialogues]
    return pytest.mark.parametrize(("dialogue", "shift"), [(d, n) for n, d in enumerate(dialogues)], ids=names)


def assert_the_truth_is_told(dialogue, certificates, record_property, faults) -> list[Case]:
    """Run the cases, and count them for the summary."""
    cases = run_faults(dialogue, certificates.good, faults)
    counted = tally(cases)
    record_property("faults", dict(counted))
    print(dialogue.name, dict(counted))
    wrong = [str(case) for case in cases if case.lies or case.misses]
    assert not wrong, "\n".join(wrong[:SHOWN])
    return cases


def faults_in(layer: str, passed: dict[tuple[str, str], int], counts: tuple[int, int], shift: int, step: int = 1):
    """Return faults at one of `step` octets of a layer: `counts` for each octet that the server says, or hears."""
    ways = zip(HURT, counts, strict=True)
    return [fault for way, count in ways for fault in faults_of(passed[way, layer], way, layer, count, shift, step)]


@each(PLAIN)
def test_tells_the_truth_whatever_happens_to_an_octet(certificates, record_property, dialogue, shift):
    clean = clean_case(dialogue, certificates.good)
    assert clean.outcome == (NOT_SENT if "refused" in dialogue.name else SENT)
    counts, step = ((len(KINDS), len(ENDS)), 1) if dialogue.name in THOROUGHLY else ((1, 1), STEP)
    faults = faults_in("clear", clean.passed, counts, shift, step)
    cases = assert_the_truth_is_told(dialogue, certificates, record_property, faults)
    # It is no promise to tell the truth about what never happens.
    outcomes = {case.outcome for case in cases}
    assert outcomes >= ({NOT_SENT} if "RCPT 3" in dialogue.refuse else {NOT_SENT, IN_DOUBT})


@each(AUTH)
def test_tells_the_truth_whatever_happens_during_authentication(certificates, record_property, dialogue, shift):
    clean = clean_case(dialogue, certificates.good)
    faults = faults_in("clear", clean.passed, (1, 1), shift, STEP)
    assert_the_truth_is_told(dialogue, certificates, record_property, faults)


@each(TLS)
def test_tells_the_truth_whatever_happens_inside_tls(certificates, record_property, dialogue, shift):
    clean = clean_case(dialogue, certificates.good)
    faults = faults_in("clear", clean.passed, (1, 1), shift, STEP)
    assert_the_truth_is_told(dialogue, certificates, record_property, faults)


@each(CARRIED)
def test_tells_the_truth_whatever_happens_to_an_octet_of_tls(certificates, record_property, dialogue, shift):
    clean = clean_case(dialogue, certificates.good)
    faults = faults_in("carried", clean.passed, (1, 1), shift, CARRIED_STEP)
    assert_the_truth_is_told(dialogue, certificates, record_property, faults)


@each(LARGE)
def test_tells_the_truth_wherever_a_large_message_is_cut(certificates, record_property, dialogue, shift):
    clean = clean_case(dialogue, certificates.good)
    faults = faults_of_large(clean.passed["in", "carried"])
    assert_the_truth_is_told(dialogue, certificates, record_property, faults)

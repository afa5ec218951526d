"""Every fault of a dialogue, some at a time, and what came of them in numbers."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import replace

from tests.faults.case import LONG_S, Case, hold, run_case
from tests.faults.dialogues import Dialogue
from tests.support.certificates import Certificate
from tests.support.faults import DEAF, ENDS, KINDS, Fault

# Threads in each other's way take more of the processor than the cases do: many only where almost all of them wait.
AT_A_TIME, WAITING_AT_A_TIME = 6, 30
ENDLESS_S, SLOWLY_S = 60, 0.03  # for all cases of a dialogue, and more for each of them
STEPS, LAST_OCTETS = 4, 11  # CRLF, dot, CRLF and QUIT among them
# GATEPOST_FAULTS=every: each kind of fault at each octet of each dialogue, and not only where it costs little.
EVERY = os.environ.get("GATEPOST_FAULTS") == "every"
INSERTED = b"\r\n2 5-\0\xff0.=A"  # what a reply is made of, and what it must not have


def clean_case(dialogue: Dialogue, certificate: Certificate) -> Case:
    """Hold the dialogue without a fault; it has to be as its name says."""
    case = hold(dialogue, certificate, None, LONG_S)
    assert not case.lies + case.misses, str(case)
    return case


def faults_of(length: int, way: str, layer: str, count: int, shift: int, step: int = 1) -> Iterator[Fault]:
    """Yield so many faults at each octet, or at one of `step`, and at each of the last ones.

    The kinds take turns. Dialogues begin with different kinds and, with a step, at different octets (`shift`).
    """
    kinds = KINDS if way == "out" else ENDS
    for at in range(length):
        if not EVERY and (at + shift) % step and at < length - LAST_OCTETS:
            continue
        for number in range(len(kinds) if EVERY else min(count, len(kinds))):
            kind = kinds[(at + shift + number) % len(kinds)]
            yield Fault(kind, way, layer, at, octet_for(kind, at + shift))


def faults_of_large(length: int) -> list[Fault]:
    """Return cuts of what the client says, at every step of a large message and at each of its last octets."""
    steps = [Fault(kind, "in", "carried", at) for at in range(0, length, length // STEPS) for kind in (*ENDS, DEAF)]
    ends = [*faults_of(LAST_OCTETS, "in", "carried", 1, 0)]
    return steps + [replace(fault, at=length - LAST_OCTETS + fault.at) for fault in ends]


def octet_for(kind: str, number: int) -> int:
    """Return what is put in, or what the octet is XORed with: one bit, so that no refusal becomes an acceptance."""
    if kind == "flip":
        return 1 << number % 8
    if kind == "insert":
        return INSERTED[number % len(INSERTED)]
    return ord("2")  # "replace": the first digit of an acceptance


def run_faults(dialogue: Dialogue, certificate: Certificate, faults: list[Fault]) -> list[Case]:
    """Hold the dialogue once for each fault."""
    waiting = [fault for fault in faults if fault.kind in ("silent", DEAF)]
    others = [fault for fault in faults if fault.kind not in ("silent", DEAF)]
    waited = run_together(dialogue, certificate, waiting, WAITING_AT_A_TIME)
    return waited + run_together(dialogue, certificate, others, AT_A_TIME)


def run_together(dialogue: Dialogue, certificate: Certificate, faults: list[Fault], at_a_time: int) -> list[Case]:
    """Hold so many dialogues at a time. What has not ended when all should have, hangs, and is left behind."""
    cases: dict[Fault, Case] = {}
    defects: list[Exception] = []
    left = deque(faults)

    def work() -> None:
        with contextlib.suppress(IndexError):
            while not defects:
                fault = left.popleft()
                cases[fault] = Case(fault, misses=["it hangs"])
                try:
                    cases[fault] = run_case(dialogue, certificate, fault)
                except Exception as error:  # of the harness
                    defects.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(at_a_time)]
    for thread in threads:
        thread.start()
    end_s = time.monotonic() + ENDLESS_S + SLOWLY_S * len(faults)
    for thread in threads:
        thread.join(max(0, end_s - time.monotonic()))
    assert not defects, defects
    return [cases.get(fault) or Case(fault, misses=["never begun: others hang"]) for fault in faults]


def tally(cases: list[Case]) -> Counter[str]:
    """Count the cases, and how they came out."""
    counted = Counter(case.outcome for case in cases)
    counted["cases"] = len(cases)
    counted["excluded"] = sum(case.is_excluded for case in cases)
    counted["violations"] = sum(bool(case.lies or case.misses) for case in cases)
    return counted

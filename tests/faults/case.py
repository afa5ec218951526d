"""One dialogue with one fault: what the client said of it, and whether that was the truth."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from helper.delivery.deliver import deliver
from helper.failure import Failure, Refused
from helper.sentence import verdict
from tests.faults.dialogues import ALLOWED, END, SECRET, Dialogue
from tests.support.certificates import Certificate
from tests.support.faults import CORRUPTIONS, Fault
from tests.support.faulty_host import FaultyHost

SENT, NOT_SENT, IN_DOUBT = "sent", "not sent", "in doubt"
LONG_S = 6.0  # each time-out of a client that has no excuse for missing anything
REPLY_LINE = re.compile(rb"([2-5]\d\d)([ -])[^\r\n\0]*\r\n")


@dataclass
class Case:
    """What came of one dialogue. `lies` break the promise whatever the circumstances, `misses` only without haste."""

    fault: Fault | None
    outcome: str = ""
    line: str = ""
    is_accepted: bool = False
    heard_end: bool = False  # whether the end of the message reached the server
    has_acted: bool = False
    is_excluded: bool = False
    lies: list[str] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    passed: dict[tuple[str, str], int] = field(default_factory=dict)
    meant: bytes = b""

    def __str__(self) -> str:
        return f"{self.fault}: {'; '.join(self.lies + self.misses)} ({self.outcome}: {self.line!r})"


def run_case(dialogue: Dialogue, certificate: Certificate, fault: Fault | None) -> Case:
    """Hold the dialogue, once more without haste where a miss may be the fault of the machine."""
    case = hold(dialogue, certificate, fault, dialogue.timeout_s)
    return hold(dialogue, certificate, fault, LONG_S) if case.misses and not case.lies else case


def hold(
    dialogue: Dialogue,
    certificate: Certificate,
    fault: Fault | None,
    timeout_s: float,
    client: Callable[..., object] = deliver,
) -> Case:
    """Hold the dialogue once, and judge what the client says of it."""
    case = Case(fault)
    warnings: list[bool] = []
    failure: BaseException | None = None
    with FaultyHost(fault, **dialogue.options(certificate)) as host:
        arguments = dialogue.arguments(host.port, certificate, timeout_s, lambda: warnings.append(True))
        began = time.monotonic()
        try:
            client(*arguments)
        except Failure as error:
            failure = error
            case.line = verdict(error).line
        except Exception as error:
            failure = error
            case.line = f"a defect in Gatepost: {error!r}"
        took_s = time.monotonic() - began
    prefixes = {"sendmail: not sent: ": NOT_SENT, "sendmail: may have been sent: ": IN_DOUBT}
    case.outcome = next((name for start, name in prefixes.items() if case.line.startswith(start)), "")
    case.outcome = case.outcome if failure else SENT
    case.is_accepted, case.has_acted, case.passed = bool(host.messages), host.record.acted, host.record.passed
    case.meant = bytes(host.record.meant)
    judge_words(case)
    judge_truth(case, dialogue, host, isinstance(failure, Refused), bool(warnings))
    judge_liveness(case, host, took_s, timeout_s)
    return case


def judge_words(case: Case) -> None:
    """One printable sentence says it, and no secret stands in it."""
    if case.outcome not in (SENT, NOT_SENT, IN_DOUBT) or "defect" in case.line:
        case.lies.append("a defect")
    if not (case.line.isascii() and (case.line.isprintable())):
        case.lies.append("a line that is not to be shown")
    plain = base64.b64encode(f"\0ws1\0{SECRET}".encode()).decode()
    if any(secret in case.line for secret in (SECRET, base64.b64encode(SECRET.encode()).decode(), plain)):
        case.lies.append("the secret is shown")


def judge_truth(case: Case, dialogue: Dialogue, host: FaultyHost, is_refused: bool, is_warned: bool) -> None:
    """Status 0 exactly when the server accepted for all; nothing accepted of what was not sent; no doubt too early."""
    record = host.record
    everybody = [address.encode() for address in ALLOWED[: dialogue.recipients]]
    if turned_a_refusal(case.fault, case.meant):
        # No client can know: a refusal has become an acceptance on the wire. Nothing else is excused.
        case.is_excluded = True
        return
    if case.outcome == SENT and not case.is_accepted:
        case.lies.append("nothing was accepted")
    if case.outcome == NOT_SENT and case.is_accepted:
        case.lies.append("the message was accepted")
    if host.messages and (len(host.messages) > 1 or host.message.addresses != everybody):
        case.lies.append("accepted more than once, or not for all")
    if host.messages and not (host.message.octets.endswith(END) and is_warned):
        case.lies.append("accepted in part, or before the frontend knew")
    if "RCPT 3" in dialogue.refuse and END in record.heard:
        case.lies.append("the message was sent though a recipient was refused")
    is_out = case.heard_end = end_is_out(bytes(record.heard))
    if case.outcome == IN_DOUBT and not (is_warned and (is_out or not record.heard_all)):
        case.lies.append("in doubt before the end of the message was out")
    if case.outcome == NOT_SENT and is_out and not is_refused:
        case.lies.append("not in doubt, with the end of the message out and no refusal")
    if (case.fault is None or case.fault.kind not in CORRUPTIONS) and host.violations:
        case.lies.append(f"broke the rules: {host.violations}")


def judge_liveness(case: Case, host: FaultyHost, took_s: float, timeout_s: float) -> None:
    """What was accepted and well said counts as sent; a fault happens if it has a place; each wait has its end."""
    record, fault = host.record, case.fault
    was_told = codes(bytes(record.crossed)) == codes(case.meant)
    if case.is_accepted and was_told and case.outcome != SENT:
        case.misses.append("accepted, and told so")
    # Signatures, and so the records that carry them, differ in length by some octets from one handshake to the other.
    if fault is not None and not case.has_acted and fault.at < record.passed.get((fault.way, fault.layer), 0):
        case.misses.append("the fault did not happen")
    if fault is not None and not case.has_acted and fault.layer == "clear":
        case.misses.append("the fault did not happen")
    # Each wait has a time-out; one fault makes the client wait for one at most, if for another reply than it thinks.
    if took_s > 2 * timeout_s + (0 if timeout_s == LONG_S else 2):
        case.misses.append(f"took {took_s:.1f} s")


def turned_a_refusal(fault: Fault | None, meant: bytes) -> bool:
    """Say whether the first digit of a refusal was made one of an acceptance."""
    if fault is None or fault.way != "out" or fault.kind not in CORRUPTIONS or fault.layer != "clear":
        return False
    at, octet = fault.at, meant[fault.at : fault.at + 1]
    if octet not in (b"4", b"5") or not (at == 0 or meant[at - 1 : at] == b"\n"):
        return False
    return fault.corrupted(octet) in (b"2", b"3")


def end_is_out(heard: bytes) -> bool:
    """Say whether the end of the message was said."""
    at = heard.find(b"BDAT ")
    if at < 0:
        return END + b".\r\n" in heard
    return END in heard[at:]


def codes(octets: bytes) -> list[bytes] | None:
    """Return the codes of complete replies, None for what is not made of these alone: not the helper's own reading."""
    found: list[bytes] = []
    at, before = 0, b""
    while at < len(octets):
        line = REPLY_LINE.match(octets, at)
        if line is None or (before and line[1] != before):
            return None
        before = line[1] if line[2] == b"-" else b""
        found += [line[1]] if not before else []
        at = line.end()
    return None if before else found

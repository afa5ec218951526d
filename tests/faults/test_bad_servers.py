"""Servers that keep no rule, at each step: judged by the first digit of what is a reply, and never believed too much.

Like every octet of a dialogue (test_every_octet.py), each case is held to the one promise: status 0 exactly when the
server accepted for all, nothing accepted of what was said to be not sent, doubt only after the end of the message.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from helper.smtp.reply import LINE_LIMIT, LINES_LIMIT, REPLY_LIMIT
from tests.faults.case import IN_DOUBT, LONG_S, NOT_SENT, SENT, Case, hold
from tests.faults.dialogues import WAYS, Dialogue
from tests.support.misbehaviour import AcceptThen, Behaviour, Close, Raw, Reset
from tests.support.stream import Stream

ENVELOPE_STEPS = ("MAIL", "RCPT 1", "RCPT 3")


@dataclass(frozen=True)
class Accepting(Behaviour):
    """Accept, and say it in these words; then do something else, if there is anything to do."""

    octets: bytes
    then: Behaviour | None = None

    def act(self, stream: Stream, said: bytes) -> None:
        stream.reply(self.octets)
        if self.then is not None:
            stream.flush()
            self.then.act(stream, b"")


class LateRaw(Raw):
    """Say these octets when there was time for a client to go on without them."""

    def act(self, stream: Stream, said: bytes) -> None:
        stream.flush()
        stream.pause(0.3)
        stream.reply(said)


class InClearAfterTls(Behaviour):
    """End TLS in good order, and say the rest in clear, as whoever sits on the line could."""

    def says(self, natural: bytes) -> bytes:
        return b""

    def act(self, stream: Stream, said: bytes) -> None:
        stream.flush()
        stream.say_goodbye_and_go_on_in_clear(b"250 2.0.0 ok\r\n")
        Close().act(stream, b"")


@dataclass(frozen=True)
class TlsGoodbye(Behaviour):
    """End TLS in good order before the connection."""

    def act(self, stream: Stream, said: bytes) -> None:
        stream.reply(said)
        stream.flush()
        stream.say_goodbye_and_go_on_in_clear(b"")
        Close().act(stream, b"")


@pytest.fixture
def outcome(certificates):
    """Hold a dialogue with a server that does something else than usual at some steps; every promise is kept."""

    def held(way: str, at: dict[str, Behaviour], recipients: int = 3, timeout_s: float = LONG_S, **options) -> Case:
        dialogue = Dialogue(way, WAYS[way], recipients, host_options={"at": at} | options.pop("host", {}), **options)
        case = hold(dialogue, certificates.good, None, timeout_s)
        assert case.lies == []
        return case

    return held


with_each_way = pytest.mark.parametrize("way", WAYS)
at_each_step = pytest.mark.parametrize("step", ENVELOPE_STEPS)

NO_CODES = (
    b"199",
    b"100",
    b"000",
    b"099",
    b"99",
    b"600",
    b"999",
    b"2500",
    b"25",
    b"2 50",
    b"25O",
    b"\xb2\xb5\xb0",
    b"+250",
)


@with_each_way
@pytest.mark.parametrize("code", NO_CODES)
def test_a_code_out_of_range_is_no_reply(outcome, way, code):
    for step in ENVELOPE_STEPS:
        case = outcome(way, {step: Raw(code + b" ok\r\n")})
        assert (case.outcome, "from 200 to 599" in case.line) == (NOT_SENT, True)
    case = outcome(way, {"MESSAGE": Accepting(code + b" ok\r\n")})
    assert (case.outcome, "from 200 to 599" in case.line) == (IN_DOUBT, True)


@with_each_way
@pytest.mark.parametrize("code", [b"200", b"201", b"251", b"252", b"299"])
def test_an_acceptance_is_known_by_its_first_digit(outcome, way, code):
    accepting = Accepting(code + b" as you like\r\n")
    case = outcome(way, dict.fromkeys((*ENVELOPE_STEPS, "MESSAGE"), accepting))
    assert (case.outcome, case.is_accepted) == (SENT, True)


@with_each_way
@pytest.mark.parametrize("code", [b"400", b"421", b"499", b"500", b"555", b"599"])
@pytest.mark.parametrize("step", [*ENVELOPE_STEPS, "MESSAGE"])
def test_a_refusal_is_known_by_its_first_digit(outcome, way, step, code):
    case = outcome(way, {step: Raw(code + b" no\r\n")})
    assert case.outcome == NOT_SENT
    assert case.line.endswith(f" was refused: {code.decode()} no")


@with_each_way
@pytest.mark.parametrize("code", [b"300", b"334", b"354", b"399"])
def test_what_asks_for_more_is_neither_acceptance_nor_refusal(outcome, way, code):
    for step in ENVELOPE_STEPS:
        case = outcome(way, {step: Accepting(code + b" go on\r\n")})
        assert (case.outcome, "is unexpected" in case.line) == (NOT_SENT, True)
    case = outcome(way, {"MESSAGE": Accepting(code + b" go on\r\n")})
    assert (case.outcome, "is unexpected" in case.line) == (IN_DOUBT, True)


@with_each_way
@pytest.mark.parametrize(
    "octets", [b"250-ok\r\n550 no\r\n", b"550-no\r\n250 ok\r\n", b"250-ok\r\n251 ok\r\n", b"250-ok\r\nok\r\n"]
)
def test_a_reply_has_one_code(outcome, way, octets):
    for step in ENVELOPE_STEPS:
        assert outcome(way, {step: Raw(octets)}).outcome == NOT_SENT
    assert outcome(way, {"MESSAGE": Accepting(octets)}).outcome == IN_DOUBT


def line_of(octets: int) -> bytes:
    return b"250 " + b"x" * (octets - 6) + b"\r\n"


LIMITS = {
    "a-line": (line_of(LINE_LIMIT), line_of(LINE_LIMIT + 1)),
    "lines": (b"250-x\r\n" * (LINES_LIMIT - 1) + b"250 x\r\n", b"250-x\r\n" * LINES_LIMIT + b"250 x\r\n"),
    "a-reply": (
        b"250-".ljust(8190, b"x")
        + b"\r\n"
        + (b"250-".ljust(8190, b"x") + b"\r\n") * 6
        + line_of(REPLY_LIMIT - 7 * 8192),
        b"250-".ljust(8190, b"x")
        + b"\r\n"
        + (b"250-".ljust(8190, b"x") + b"\r\n") * 6
        + line_of(REPLY_LIMIT - 7 * 8192 + 1),
    ),
    "without-an-end": (b"250 ok\r\n", b"250" + b" " * 2 * LINE_LIMIT),
}


@with_each_way
@pytest.mark.parametrize(("longest", "too_long"), LIMITS.values(), ids=LIMITS)
def test_a_reply_has_its_limits(outcome, way, longest, too_long):
    for step in ENVELOPE_STEPS:
        assert outcome(way, {step: Raw(longest)}).outcome == SENT
        case = outcome(way, {step: Raw(too_long)})
        assert (case.outcome, "more than" in case.line) == (NOT_SENT, True)
    assert outcome(way, {"MESSAGE": Accepting(longest)}).outcome == SENT
    case = outcome(way, {"MESSAGE": Accepting(too_long)})
    assert (case.outcome, "more than" in case.line) == (IN_DOUBT, True)


@with_each_way
@pytest.mark.parametrize(
    ("step", "natural"), [("GREETING", b"220 hi\r\n"), *((step, b"250 ok\r\n") for step in ENVELOPE_STEPS)]
)
@pytest.mark.parametrize("surplus", [b"250 ok\r\n", b"354 go ahead\r\n", b"250-"])
def test_a_reply_to_a_command_that_was_not_sent_is_no_acceptance(outcome, way, step, natural, surplus):
    """One reply too many, and the last recipient's acceptance would be that of the one before."""
    if step == "RCPT 3":
        case = outcome(way, {step: Raw(b"550 no\r\n" + surplus)})
    else:
        case = outcome(way, {step: Raw(natural + surplus), "RCPT 3": Raw(b"550 no\r\n")}, timeout_s=0.5)
    assert (case.outcome, case.is_accepted) == (NOT_SENT, False)


@with_each_way
def test_a_refusal_that_a_surplus_reply_has_hidden_is_never_told_as_not_sent(certificates, way):
    """All seem accepted, and the refusal comes when the message is out: only with chunks can that happen."""
    at = {"MAIL": Raw(b"250 ok\r\n250 ok\r\n"), "RCPT 3": LateRaw(b"550 no\r\n")}
    case = hold(Dialogue(way, WAYS[way], 3, host_options={"at": at}), certificates.good, None, LONG_S)
    expected = (IN_DOUBT, True) if way == "chunk" else (NOT_SENT, False)
    assert (case.outcome, case.is_accepted) == expected


@pytest.mark.parametrize("way", ["data", "stepwise-data"])
@pytest.mark.parametrize("refused", ["RCPT", *ENVELOPE_STEPS[1:]])
def test_a_go_ahead_after_a_refused_recipient_gets_nothing(outcome, way, refused):
    case = outcome(way, {refused: Raw(b"550 no\r\n"), "DATA": Raw(b"354 go ahead\r\n")})
    assert (case.outcome, case.heard_end) == (NOT_SENT, False)
    assert " was refused: 550 no" in case.line


@with_each_way
@pytest.mark.parametrize("then", [Close(), Reset()], ids=["close", "reset"])
@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_what_was_said_before_the_connection_was_lost_counts(outcome, way, then, tls):
    """Over TLS without close_notify, as many servers end it: the reply is complete, whatever else would have come."""
    case = outcome(way, {"MESSAGE": Accepting(b"250 2.0.0 taken\r\n", then)}, tls=tls)
    assert (case.outcome, case.is_accepted) == (SENT, True)
    case = outcome(way, {"MESSAGE": AcceptThen(then)}, tls=tls)
    assert (case.outcome, case.is_accepted) == (IN_DOUBT, True)
    case = outcome(way, {"RCPT 2": Raw(b"421 4.3.2 going down\r\n"), "RCPT 3": then}, tls=tls)
    assert case.outcome == NOT_SENT
    assert case.line.endswith(" was refused: 421 4.3.2 going down")


@with_each_way
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_text_after_the_end_of_tls_is_not_believed(outcome, way, tls):
    for step in ENVELOPE_STEPS:
        assert outcome(way, {step: InClearAfterTls()}, tls=tls).outcome == NOT_SENT
    case = outcome(way, {"MESSAGE": AcceptThen(InClearAfterTls())}, tls=tls)
    assert (case.outcome, case.is_accepted) == (IN_DOUBT, True)


@with_each_way
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls_may_end_in_good_order(outcome, way, tls):
    case = outcome(way, {"MESSAGE": TlsGoodbye()}, tls=tls)
    assert (case.outcome, case.is_accepted) == (SENT, True)


@with_each_way
def test_a_goodbye_that_nobody_asked_for_is_no_reply(outcome, way):
    """It would be taken for the reply to MAIL, and each later one for that to the command after it."""
    goodbye = b"421 4.4.2 timeout\r\n"
    case = outcome(way, {"EHLO": Raw(ehlo(way) + goodbye)})
    assert (case.outcome, case.is_accepted) == (NOT_SENT, False)


def ehlo(way: str) -> bytes:
    lines = [b"smtp.test", *(keyword.encode() for keyword in WAYS[way])]
    return b"".join(b"250-%s\r\n" % line for line in lines[:-1]) + b"250 %s\r\n" % lines[-1]

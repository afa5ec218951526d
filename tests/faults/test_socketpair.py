"""Cut, delay and corrupt every octet between the C program and its helper: the outcome that is told is the truth.

The helper is a script. What it says is hurt on its way down; what it hears is cut or slow. Kernels do not hurt what
they carry: who corrupts it here shows that even then nothing is claimed that is not so, but for what no reader can see.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.faults.runner import EVERY
from tests.support.gatherer import (
    ENDED,
    IN_DOUBT,
    Gatherer,
    frame,
    gatherer,
    input_question,
    message_question,
    status,
)
from tests.support.weakened import Weakening

SENT, TOLD, NOT_SENT, DOUBT = "sent", "told", "not sent", "in doubt"
CORRUPTIONS = ("flip", "replace", "insert", "delete")
SHOWN = 20  # of the cases that went wrong
SILENCE_S = 0.3  # the helper's patience where what it said was hurt
PAUSE_S = 0.01
HEARD, DELIVER = "heard", "deliver"  # besides frames, the steps of a script: take an answer; the smart host has it

LINE, DONE = frame(b"e", b"a line, as -v shows them"), status(0)
REFUSED = frame(b"e", b"sendmail: not sent: smtp.example.net:587: refused: 550 no")
SCRIPTS: dict[str, list[bytes | str]] = {
    "send": [message_question(), HEARD, frame(b"d"), DELIVER, DONE],
    "verbose": [LINE, message_question(1000), HEARD, LINE, LINE, frame(b"d"), LINE, DELIVER, LINE, DONE],
    "refused": [message_question(), HEARD, LINE, REFUSED, status(1, True)],
    "in-doubt": [message_question(), HEARD, frame(b"d"), DELIVER, frame(b"e", b"sendmail: may be"), status(75)],
    "text": [frame(b"o", b"Mail queue is empty\n"), DONE],
    "session": [
        *(
            frame(b"o", b"220 here\r\n"),
            input_question(),
            HEARD,
            frame(b"o", b"354 go on\r\n"),
            input_question(),
            HEARD,
        ),
        *(frame(b"d"), DELIVER, frame(b"o", b"250 taken\r\n"), frame(b"k")),
        *(input_question(9), HEARD, frame(b"d"), DELIVER, frame(b"o", b"250 taken\r\n"), frame(b"k"), DONE),
    ],
}


@dataclass(frozen=True)
class Fault:
    """What happens at octet `at` of what the helper says ("down") or hears ("up")."""

    kind: str
    way: str
    at: int

    def hurt(self, octets: bytes) -> bytes:
        """Return octets of which the first is the one to be hurt."""
        if self.kind == "insert":
            return b"2" + octets
        first = {"flip": bytes([octets[0] ^ 1 << self.at % 8]), "replace": b"2", "delete": b""}[self.kind]
        return first + octets[1:]


class Cut(Exception):
    """The helper is gone."""


@dataclass
class Channel:
    """The helper's end, at which one fault happens; it counts what passes."""

    socket: socket.socket
    fault: Fault | None
    said: int = 0
    heard: int = 0
    is_in_doubt: bool = False  # a `d` was said, and no `k` since
    is_delivered: bool = False  # the message was, that is in doubt
    deliveries: int = 0
    doubts: list[int] = field(default_factory=list)  # where a `d` stands in what is said
    statuses: list[int] = field(default_factory=list)  # and a status

    def say(self, octets: bytes) -> None:
        """Send a frame. Who cannot say `d` delivers nothing (Cut); all else is not missed."""
        start, self.said = self.said, self.said + len(octets)
        letter = octets[:1]
        self.doubts += [start] if letter == b"d" else []
        self.statuses += [start + 3] if letter == b"s" else []
        at = self.fault.at - start if self.fault is not None and self.fault.way == "down" else -1
        try:
            if self.fault is not None and 0 <= at < len(octets):
                self.socket.sendall(octets[:at])
                self._act(self.fault, octets[at:])
            else:
                self.socket.sendall(octets)
        except OSError:
            if letter == b"d":
                raise Cut from None
        if letter in (b"d", b"k"):
            self.is_in_doubt, self.is_delivered = letter == b"d", False

    def deliver(self) -> None:
        """Give the message to the smart host."""
        self.is_delivered = True
        self.deliveries += 1

    def _act(self, fault: Fault, octets: bytes) -> None:
        if fault.kind == "cut":
            raise Cut
        if fault.kind == "pause":
            time.sleep(PAUSE_S)
        self.socket.sendall(octets if fault.kind == "pause" else fault.hurt(octets))

    def take(self, length: int) -> bytes:
        """Take so many octets of what the C program says."""
        octets = b""
        while len(octets) < length:
            if self.fault is not None and self.fault.way == "up" and self.heard == self.fault.at:
                if self.fault.kind == "cut":
                    raise Cut
                time.sleep(PAUSE_S)
            most = length - len(octets)
            if self.fault is not None and self.fault.way == "up" and self.heard < self.fault.at:
                most = min(most, self.fault.at - self.heard)
            try:
                part = self.socket.recv(most)
            except OSError:
                part = b""
            if not part:
                raise Cut
            octets += part
            self.heard += len(part)
        return octets

    def receive(self) -> None:
        """Take an answer, whose descriptor is dropped."""
        head = self.take(3)
        self.take(int.from_bytes(head[1:], "big"))


@dataclass
class Case:
    """What came of one dialogue."""

    fault: Fault | None
    channel: Channel
    is_delivered_as_told: bool  # whether all was delivered that the script delivers
    status: int
    stderr: bytes

    @property
    def outcome(self) -> str:
        """Return what the caller was told, TOLD for what the helper itself has said."""
        if self.stderr.endswith((ENDED, IN_DOUBT)):
            return NOT_SENT if self.stderr.endswith(ENDED) else DOUBT
        return TOLD if self.status else SENT

    @property
    def is_excluded(self) -> bool:
        """Say whether no reader can see it: another status, or another letter in the place of a `d`."""
        fault = self.fault
        if fault is None or fault.kind not in CORRUPTIONS:
            return False
        return fault.at in self.channel.statuses or (fault.kind == "replace" and fault.at in self.channel.doubts)

    def lies(self) -> list[str]:
        """Return what was claimed and is not so."""
        is_clear = self.fault is None or self.fault.kind not in CORRUPTIONS
        claims = {
            "sent, and not all is delivered": self.outcome == SENT and not self.is_delivered_as_told,
            "not sent, and it is delivered": self.outcome == NOT_SENT and self.channel.is_delivered,
            "in doubt, and nobody told of it": self.outcome == DOUBT and is_clear and not self.channel.is_in_doubt,
            "a fault that is none": (self.fault is None or self.fault.kind == "pause")
            and self.outcome in (NOT_SENT, DOUBT),
            "killed": self.status not in (0, 1, 75),
        }
        return [] if self.is_excluded else [claim for claim, is_so in claims.items() if is_so]


def play(script: list[bytes | str], channel: Channel) -> None:
    """Be the helper."""
    with contextlib.suppress(Cut), contextlib.closing(channel.socket):
        head = channel.take(18)
        channel.take(int.from_bytes(head[14:], "big"))
        for step in script:
            if step == HEARD:
                channel.receive()
            elif step == DELIVER:
                channel.deliver()
            elif isinstance(step, bytes):
                channel.say(step)


def hold(program: Gatherer, script: list[bytes | str], fault: Fault | None) -> Case:
    """Hold one dialogue."""
    with (program.folder / "message").open("rb") as stdin, program.start("carol@example.org", stdin=stdin) as send:
        helper = send.helper()
        helper.socket.settimeout(SILENCE_S)
        channel = Channel(helper.socket, fault)
        play(script, channel)
        result = send.end()
    is_all = channel.deliveries == script.count(DELIVER) and script != SCRIPTS["refused"]
    return Case(fault, channel, is_all, result.status, result.stderr)


LIMITS = {"CONNECT_MS": 300, "ANSWER_MS": 300, "FRAME_MS": 100}
# Who believes the end before all that had come was looked at says "not sent" of what is delivered.
WITHOUT_LOOK_FOR_DOUBT = {
    "frontend/sendmail.c": {"        look_for_doubt(&answers, helper->channel);\n": "        (void)look_for_doubt;\n"}
}


@contextlib.contextmanager
def built(weakening: Weakening | None = None) -> Iterator[Gatherer]:
    """Build the program as it is shipped, with short time limits, and nobody who follows the first helper."""
    with gatherer(weakening=weakening, **LIMITS) as made:
        made.python.unlink()
        (made.folder / "message").write_bytes(b"EHLO me\r\nQUIT\r\n")
        yield made


@pytest.fixture(scope="module")
def program() -> Iterator[Gatherer]:
    """The program whose helper is a script."""
    with built() as made:
        yield made


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_truth_is_told(program, record_property, name):
    cases = run_faults(program, name)
    counted = Counter(case.outcome for case in cases)
    counted["cases"] = len(cases)
    counted["excluded"] = sum(case.is_excluded for case in cases)
    counted["violations"] = sum(bool(case.lies()) for case in cases)
    record_property("faults", dict(counted))
    print(name, dict(counted))
    wrong = [f"{case.fault}: {case.lies()}: {case.status} {case.stderr!r}" for case in cases if case.lies()]
    assert not wrong, "\n".join(wrong[:SHOWN])


def test_control_who_believes_the_end_at_once_tells_lies():
    with built(WITHOUT_LOOK_FOR_DOUBT) as weak:
        assert any("not sent, and it is delivered" in case.lies() for case in run_faults(weak, "verbose", 40))


def run_faults(program: Gatherer, name: str, since: int = 0) -> list[Case]:
    """Hold the dialogue without a fault, which has to end as its script says, and once with each of its faults."""
    script = SCRIPTS[name]
    clean = hold(program, script, None)
    assert clean.lies() == []
    assert clean.outcome == (SENT if script[-1] == DONE else TOLD)
    shift = sorted(SCRIPTS).index(name)
    faults = [
        Fault(kind, way, at)
        for way, length in (("up", clean.channel.heard), ("down", clean.channel.said))
        for at in range(since, length)
        for kind in kinds(way, at + shift)
    ]
    return [hold(program, script, fault) for fault in faults]


def kinds(way: str, turn: int) -> list[str]:
    """Return the kinds of fault whose turn it is at an octet; all where each is to be tried everywhere."""
    others = ("pause", *CORRUPTIONS) if way == "down" else ("pause",)
    cut = ["cut"] if EVERY or way == "down" or turn % 4 == 0 else []
    return [*cut, *(kind for number, kind in enumerate(others) if EVERY or (turn + number) % 5 == 0)]

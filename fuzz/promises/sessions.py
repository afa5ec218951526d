"""Whatever a client of -bs says, each command has one reply, and 250 to a message only means that it was delivered.

What is submitted was checked, recipient by recipient. Its end is good only if every message
was delivered. No reply has a line over 512 octets, or anything but printable ASCII.
"""

from __future__ import annotations

from fuzz.drawn import Drawn
from helper import dsn
from helper.request.smtp_input import LINE_LIMIT, Lines
from helper.request.smtp_session import ServerSession
from helper.request.smtp_steps import (
    COMPLETE,
    CUT_OFF,
    IDLE,
    NO_MEMORY,
    TOO_LARGE,
    Abandon,
    CheckRecipient,
    CheckReversePath,
    Line,
    Outcome,
    ReadCommand,
    ReadMailData,
    ServerReply,
    Submit,
)

SEEDS = (
    b"EHLO me\r\nMAIL FROM:<a@x> SIZE=9\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x> NOTIFY=NEVER\r\nDATA\r\nQUIT\r\n\0\0\0\0\0\0",
    b'helo me\nmail from:<>\nrcpt to:<@r:"a>b"@x>\ndata\n\1\0\0\1',
    b"mail from:<a@x> RET=FULL ENVID=x+20y BODY=7bit\nrcpt to:<d@x> ORCPT=rfc822;z\nDATA\n\1\0\0\1",
    b"RCPT TO:<a@x>\r\nDATA\r\nRSET\r\nNOOP\r\nVRFY x\r\nVRFY\r\nAUTH PLAIN\r\nSTARTTLS\r\nEXPN\r\n\xff\r\n\1",
    b"MAIL FROM:a@x\r\nMAIL FROM:<b@x>\r\nRCPT TO:<>\r\nRCPT TO:<x\r\nRCPT TO:<a@x> BAD=1\r\nDATA x\r\n\2\3",
    b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x> BAD=1\r\nRCPT TO:<b@x>\r\nDATA\r\n\0\0\0\0",
    b"x" * (LINE_LIMIT + 1) + b"\r\nQUIT\r\n",
)
CONTROLS = bytes(range(32)) + b"\x7f"
WORDS = (
    b'\r\n|\n|EHLO x\r\n|MAIL FROM:<a@x>|RCPT TO:<b@x>|DATA\r\n|RSET\r\n|QUIT\r\n|\r|"|\\|>| NOTIFY=|'
    b" ORCPT=| SIZE=| ENVID=| RET=| BODY=| SMTPUTF8|@r:"
).split(b"|")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    sizes = [drawn.number(60) + 1 for _ in range(4)]
    fate = Drawn(drawn.octets[-64:])
    lines = lines_of(drawn.octets, sizes)
    assert lines == lines_of(drawn.octets, [len(octets) + 1]), "pieces make a difference"
    Play(lines, fate).play()


def lines_of(octets: bytes, sizes: list[int]) -> list[Line]:
    """Return the commands of octets that arrive in pieces of these sizes."""
    source = Lines()
    found: list[Line] = []
    at = turn = 0
    while at < len(octets):
        size = sizes[turn % len(sizes)]
        source.feed(octets[at : at + size])
        at, turn = at + size, turn + 1
        while (line := source.take()) is not None:
            assert line.text is None or len(line.text) + len(line.end) <= LINE_LIMIT
            found.append(line)
    return found


class Play:
    """A session with a helper whose answers are drawn."""

    def __init__(self, lines: list[Line], fate: Drawn) -> None:
        self.lines = iter(lines)
        self.end = fate.choice((None, IDLE))
        self.fate = fate
        self.verified: set[bytes] = set()
        self.outcomes: list[bool] = []
        self.abandoned = 0
        self.unanswered = False  # a command has no reply yet
        self.awaits_outcome = False

    def play(self) -> None:
        """Speak to the end."""
        dialogue = ServerSession(b"ws1\xff", 1000).dialogue()
        answer: object = None
        self.unanswered = True  # the greeting is owed
        while True:
            try:
                step = dialogue.send(answer)
            except StopIteration as done:
                assert done.value == (self.abandoned == 0 and all(self.outcomes))
                return
            answer = self.answer(step)

    def answer(self, step: object) -> object:
        """Look at a step, and return what it is answered with."""
        match step:
            case ServerReply():
                self.look_at(step)
            case ReadCommand():
                assert not self.unanswered, "a command without a reply"
                line = next(self.lines, self.end)
                self.unanswered = line is not None
                self.end = None
                return line
            case CheckReversePath():
                return self.fate.choice((None, b"no such sender"))
            case CheckRecipient():
                reason = self.fate.choice((None, None, b"no such \r\n user"))
                self.verified |= {step.recipient} if reason is None else set()
                return reason
            case ReadMailData():
                return self.read_mail_data()
            case Submit():
                return self.submit(step)
            case Abandon():
                self.abandoned += 1
        return None

    def look_at(self, reply: ServerReply) -> None:
        """Look at a reply: 354 is no answer yet, and what comes after a message tells what became of it."""
        assert self.unanswered, "a reply to nothing"
        self.unanswered = reply.code == 354
        text = reply.octets
        assert text.endswith(b"\r\n") and text.isascii()
        for line in text[:-2].split(b"\r\n"):
            assert len(line) <= 510 and line.decode("ascii").isprintable() and line[:3] == b"%d" % reply.code
        if self.awaits_outcome:
            self.awaits_outcome = False
            assert (reply.code == 250) == self.outcomes[-1], "a reply that lies"

    def read_mail_data(self) -> str:
        """Return what becomes of the mail data."""
        received = self.fate.choice((COMPLETE, COMPLETE, TOO_LARGE, CUT_OFF, NO_MEMORY))
        if received == CUT_OFF:
            self.lines = iter(())
            self.unanswered = False
        return received

    def submit(self, step: Submit) -> Outcome:
        """Look at what is submitted, and return an outcome."""
        envelope = step.envelope
        assert envelope.recipients and set(envelope.recipients) <= self.verified
        assert not any(
            value and value.translate(None, CONTROLS) != value
            for value in vars(envelope).values()
            if isinstance(value, bytes)
        )
        assert len(envelope.recipient_parameters) == len(envelope.recipients)
        assert all(map(dsn.are_recipient_parameters, envelope.recipient_parameters))
        assert envelope.envid is None or dsn.is_envid(envelope.envid)
        self.outcomes.append(self.fate.is_so())
        self.awaits_outcome = True
        return Outcome(self.outcomes[-1], b"2.0.0 queued" if self.outcomes[-1] else b"not sent: \x1b[2J" + b"x" * 700)

"""Whatever a smart host replies: success is a positive reply to the message.

That went out once, and for several recipients only after all of them were accepted. What cannot be is a Failure in
printable words. Where the connection should be private, nothing but EHLO and STARTTLS goes out before it is; where it
never is, no password does. No command holds a line end of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.drawn import Drawn
from helper import status
from helper.failure import Failure, HostFailed, InDoubt, ReplyError
from helper.secret import Secret
from helper.sentence import verdict
from helper.smtp.dialogue import dialogue
from helper.smtp.envelope import Envelope, MailData, Notification, SessionTerms, Timeouts
from helper.smtp.reply import Reply, ReplySyntax, take_reply
from helper.smtp.sasl.exchange import Credential
from helper.smtp.steps import Read, SendAsChunk, SendAsData, StartTLS, Write

# What is drawn stands at the end: requiretls, DSN, 8-bit, credential, TLS, recipients less one.
SEEDS = (
    b"220 mx\r\n250-mx\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n\0\0\0\0\0\0",
    b"220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n250 queued\r\n\0\0\0\0\0\1",
    b"220 mx\r\n250-mx\r\n250 PIPELINING\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n250 queued\r\n\0\0\0\0\0\1",
    b"220 mx\r\n250-mx\r\n250-CHUNKING\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n450 no\r\n221 bye\r\n\0\0\0\0\0\1",
    b"220 mx\r\n250-mx\r\n250-CHUNKING\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n554 no\r\n250 ok\r\n\0\0\0\0\0\0",
    b"220 mx\r\n250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n220 go\r\n250-mx\r\n250 AUTH PLAIN LOGIN\r\n235 ok\r\n"
    b"250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n\0\0\0\1\1\0",
    b"220 mx\r\n250-mx\r\n250-DSN\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH CRAM-MD5 LOGIN\r\n"
    b"334 PDE+\r\n535 no\r\n334 VXNlcg==\r\n334 x\r\n235 v=QQ==\r\n\0\1\1\1\2\2",
    b"220 mx\r\n500 what\r\n250 mx\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n\0\1\0\1\0\0",
    b"554 no\r\n",
)
WORDS = (
    b"\r\n|250 ok\r\n|354 go\r\n|550 no\r\n|421 bye\r\n|221 bye\r\n|235 ok\r\n|334 \r\n|220 x\r\n|250-|"
    b"250 PIPELINING\r\n|250-CHUNKING\r\n|250-DSN\r\n|250-AUTH PLAIN LOGIN CRAM-MD5\r\n|250-STARTTLS\r\n|"
    b"LIMITS RCPTMAX=1"
).split(b"|")
PASSWORD = b"Tr0ub4dor+3"
RECIPIENTS = (b"a@x.example", "b@b\u00fccher.example".encode(), b"c@x.example")
HARMLESS = (b"EHLO ", b"HELO ", b"STARTTLS\r\n", b"QUIT\r\n")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    recipients = RECIPIENTS[: drawn.number(3) + 1]
    tls = drawn.choice(("none", "starttls", "implicit"))
    credential = drawn.choice(
        (None, Credential(b"ws1", Secret(PASSWORD)), Credential(b"ws1", Secret(PASSWORD), (), "token"))
    )
    session = SessionTerms(b"ws1", tls, Timeouts(1, 2, 3), lambda: b"nonce", credential=credential)
    data = MailData(321, no_octets, no_octets, drawn.is_so())
    notification = Notification(b" RET=HDRS", (b" NOTIFY=NEVER",) * len(recipients)) if drawn.is_so() else None
    envelope = Envelope(b"alice@example.net", recipients, data, len(recipients) > 1, notification, drawn.is_so())
    Play(session, recipients, drawn.octets).play(envelope)


def no_octets() -> Iterator[bytes]:
    """Return a message: what is in it makes no difference here."""
    return iter(())


class Play:
    """One dialogue, and what has happened in it."""

    def __init__(self, session: SessionTerms, recipients: tuple[bytes, ...], octets: bytes) -> None:
        self.session = session
        self.recipients = recipients
        self.replies = self.replies_of(octets)
        self.is_private = False
        self.sent = 0
        self.command = ""
        self.reply: Reply | None = None
        self.was_refused = False

    def play(self, envelope: Envelope) -> None:
        """Speak to the end."""
        steps = dialogue(self.session, envelope)
        answer: Reply | None = None
        try:
            step = next(steps)
            while True:
                answer = self.look_at(step)
                if isinstance(step, Read) and answer is None:
                    lost = self.sent and HostFailed("lost", status.TEMPORARY)
                    step = steps.throw(lost or ReplyError(step.command, "is none"))
                else:
                    step = steps.send(answer)  # type: ignore[arg-type]
        except StopIteration as done:
            assert self.sent == 1 and not self.was_refused, "success without a message"
            assert done.value is self.reply and self.reply.is_positive and self.command == "the message"
        except Failure as failure:
            line = verdict(failure).line
            assert line.isascii() and line.isprintable() and PASSWORD.decode() not in line
            assert self.sent or not isinstance(failure, InDoubt)

    def look_at(self, step: object) -> Reply | None:
        """Look at a step, and return the reply to it."""
        if isinstance(step, StartTLS):
            self.is_private = True
        if isinstance(step, Write):
            self.look_at_command(step)
        if isinstance(step, (SendAsData, SendAsChunk)):
            self.sent += 1
            assert self.sent == 1 and (len(self.recipients) == 1 or not self.was_refused), "a message for some of them"
        if not isinstance(step, Read):
            return None
        self.command = step.command
        self.reply = reply = next(self.replies, None)
        is_envelope = step.command.startswith(("MAIL ", "RCPT "))
        self.was_refused |= is_envelope and (reply is None or not reply.is_positive)
        return reply

    def look_at_command(self, step: Write) -> None:
        """Look at what is written."""
        octets = step.octets
        assert octets.endswith(b"\r\n") and b"\n" not in octets.replace(b"\r\n", b"") and b"\r\n\r\n" not in octets
        assert step.shown.replace("\n", "").isprintable() and PASSWORD.decode() not in step.shown
        if self.session.tls != "none" and not self.is_private:
            assert octets.startswith(HARMLESS), "sent before it was private"
        if self.session.tls == "none":
            assert not octets.startswith(b"AUTH"), "the password in the open"

    @staticmethod
    def replies_of(octets: bytes) -> Iterator[Reply]:
        """Yield replies until there is nonsense, or no more."""
        received = bytearray(octets)
        try:
            while (reply := take_reply(received)) is not None:
                yield reply
        except ReplySyntax:
            return

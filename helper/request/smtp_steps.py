"""The steps that the SMTP server of -bs asks for; the session server carries them out."""

from __future__ import annotations

from helper.record import Record
from helper.text import TO_PRINTABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    Dialogue = Generator[Record, Any, bool]  # each step below says what it is answered with

TEXT_LIMIT = 500  # octets of text in a line of a reply (RFC 5321, section 4.5.3.1.5: 512 with code and CRLF)

# What can become of the mail data on its way to us.
COMPLETE = "complete"
TOO_LARGE = "too large"
CUT_OFF = "cut off"
# And what keeps us from taking it.
NO_MEMORY = "there is no memory for the message"
FILE_LIMIT = "the message is larger than the caller may write (ulimit -f)"


class ClientEnvelope(Record):
    """From whom to whom a message goes, as an SMTP client has said it; one parameter word for each recipient."""

    reverse_path: bytes
    recipients: tuple[bytes, ...]
    recipient_parameters: tuple[bytes, ...]
    body: bytes | None = None
    ret: bytes | None = None
    envid: bytes | None = None


class ServerReply(Record):
    """Say this to the client; in a reply of several lines, each has the code."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def octets(self) -> bytes:
        """Return the reply as it is sent."""
        last = len(self.lines) - 1
        marks = [b" " if at == last else b"-" for at in range(len(self.lines))]
        return b"".join(b"%d%b%b\r\n" % (self.code, *each) for each in zip(marks, self.lines, strict=True))


class ReadCommand(Record):
    """Wait for a line: answered with a Line, None if the client has gone, or IDLE if it says nothing any more."""


class Line(Record):
    """A line without its end; `text` is None for one that is too long, of which `start` are the first octets."""

    text: bytes | None
    end: bytes  # CRLF or LF
    start: bytes = b""

    @property
    def verb(self) -> bytes:
        """The first four octets in capitals, which tell what it was meant to be, whatever is wrong with it."""
        return (self.start if self.text is None else self.text)[:4].upper()


IDLE = Line(None, b"")


class CheckReversePath(Record):
    """Ask whether this can be one: answered with the reason why not, or None."""

    reverse_path: bytes


class CheckRecipient(Record):
    """Ask whether a recipient can be routed: answered with the reason why not, or None."""

    recipient: bytes
    reverse_path: bytes


class ReadMailData(Record):
    """Take mail data after a command with this line end: answered with COMPLETE, TOO_LARGE, CUT_OFF, or why not."""

    line_end: bytes


class Submit(Record):
    """Hand the message that was read to the smart host: answered with an Outcome."""

    envelope: ClientEnvelope


class Outcome(Record):
    """The outcome of a message: the smart host's reply, or the reason why it was not sent.

    `is_last`: the next message would fail as well, because the credential was refused or has expired.
    """

    is_sent: bool
    text: bytes
    is_last: bool = False


class Abandon(Record):
    """Tell the caller and the log what was not submitted, and why."""

    problem: bytes
    recipients: tuple[bytes, ...]


def say(code: int, text: bytes) -> ServerReply:
    """Return a reply whose text may be long, and of which nothing can steer the client's terminal."""
    clean = text.translate(TO_PRINTABLE).rstrip(b" ") or b"-"
    lines = [clean[at : at + TEXT_LIMIT] for at in range(0, len(clean), TEXT_LIMIT)]
    return ServerReply(code, tuple(lines))

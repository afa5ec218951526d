"""The steps that an SMTP dialogue asks the connection to take: the interface between the two.

Writes are held back until a reply is needed, so that several in a row are one group of pipelined commands (RFC 2920).
"""

from __future__ import annotations

from helper.record import Record
from helper.text import shown


class Write(Record):
    """Send these octets; `shown` is printed instead of them in a trace."""

    octets: bytes
    shown: str


class WriteDataCommand(Record):
    """Send DATA: from here on the server may be inside a message, and only closing the connection aborts it."""


class SendAsData(Record):
    """Send the message with dots doubled, and the lone dot that ends it (RFC 5321, section 4.5.2)."""

    data: MailData


class SendAsChunk(Record):
    """Send the message as one chunk, the last: BDAT with its size, no dot doubled (RFC 3030)."""

    data: MailData


class Quit(Record):
    """Send QUIT, also after a refusal (RFC 5321, section 4.1.1.10), without waiting for the reply.

    Not where the server may be inside a message or an AUTH exchange, of which it would be a part.
    """


class Read(Record):
    """Wait for the reply to `command`, at most `timeout_s` for all of it."""

    command: str
    timeout_s: float


class ReadText(Read):
    """Wait for a reply whose text tells the dialogue something, and is given to it as it came.

    Of every other reply the dialogue learns no more than a person may see.
    """


class ReadOfRecipients(Read):
    """Wait for a reply that may name recipients."""


class StartTLS(Record):
    """Start TLS now; everything the server said before is discarded (RFC 3207, section 4.2)."""


class Authenticated(Record):
    """The login succeeded: this connection no longer needs the credential."""

    mechanism: str


class Noted(Record):
    """A field of the log line of this transaction."""

    name: str
    value: str


def command_line(command: bytes) -> Write:
    """Return the step that writes one command. Nothing else writes commands with addresses in them.

    A line break inside would be a second command (threat H2): a defect of ours, which must not reach the server.
    """
    if b"\r" in command or b"\n" in command or b"\0" in command:
        raise AssertionError("a line break inside an SMTP command")
    return Write(command + b"\r\n", shown(command))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeVar

    from helper.smtp.envelope import MailData
    from helper.smtp.reply import Reply

    Result = TypeVar("Result")
    Step = Write | WriteDataCommand | SendAsData | SendAsChunk | Quit | Read | StartTLS | Authenticated | Noted
    Dialogue = Generator[Step, Reply, Result]

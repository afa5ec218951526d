"""Serve: -bs, where a session of SMTP meets the caller's standard input and output; what is sent is the story's."""

from __future__ import annotations

import errno
import gc
import posix as os

from helper.record import Record
from helper.request.channel import Idle
from helper.request.message import content
from helper.request.smtp_input import Lines, MailDataReader
from helper.request.smtp_steps import (
    COMPLETE,
    CUT_OFF,
    FILE_LIMIT,
    IDLE,
    NO_MEMORY,
    TOO_LARGE,
    Abandon,
    CheckRecipient,
    CheckReversePath,
    Outcome,
    ReadCommand,
    ReadMailData,
    ServerReply,
    Submit,
)
from helper.request.submission import Submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.request.channel import Channel
    from helper.request.message import Message
    from helper.request.smtp_steps import ClientEnvelope, Dialogue, Line

PART_OCTETS = 0xFFFF  # what is read at once; the replies are kept until all of it is answered
IDLE_S = 600.0  # at least five minutes (RFC 5321, section 4.5.3.2.7): a session holds a password that may have changed
LINES_KEPT = 100
OCTETS_KEPT = 48 * 1024  # a client may read its end of a pipe, which holds 64 KiB, after everything else


class Services(Record):
    """What a session needs of the story.

    `check` returns why there can be no such reverse-path or no such recipient, None if there can; `send` brings a
    message to the smart host, and returns the outcome; `abandon` logs what was never submitted, and returns the line.
    """

    check: Callable[[bytes | None, bytes], bytes | None]
    send: Callable[[Submission, Message], Outcome]
    abandon: Callable[[Abandon], None]


class Client:
    """Whoever is at standard input and output. Replies wait until all that has come is answered (RFC 2920)."""

    def __init__(self, channel: Channel, idle_s: float = IDLE_S) -> None:
        self._channel = channel
        self._idle_s = idle_s
        self._lines = Lines()
        self._replies: list[bytes] = []
        self._is_idle = False

    def say(self, reply: ServerReply) -> None:
        """Answer."""
        self._replies.append(reply.octets)

    def line(self) -> Line | None:
        """Return the next line; None if there is none any more, IDLE if none comes."""
        while (line := self._lines.take()) is None:
            octets = self.octets()
            if not octets:
                return IDLE if self._is_idle else None
            self._lines.feed(octets)
        return line

    def rest(self) -> bytes:
        """Return what has come already, and is to be read as mail data."""
        return self._lines.rest()

    def put_back(self, octets: bytes) -> None:
        """Take back what was no mail data."""
        self._lines.feed(octets)

    def octets(self) -> bytes:
        """Return what comes next, nothing if the client has gone or is idle."""
        self.flush()
        if self._is_idle:
            return b""
        try:
            return self._channel.octets(PART_OCTETS, self._idle_s)
        except Idle:
            self._is_idle = True
            return b""

    def settle(self) -> None:
        """Write the outcome of a message, and only then have the frontend know that there is no doubt any more."""
        self.flush()
        self._channel.know()

    def flush(self) -> None:
        """Write the replies that wait."""
        self._channel.write(b"".join(self._replies))
        self._replies.clear()


class KeptLines:
    """Lines for standard error, kept until a session ends.

    Some clients have it in the same pipe as the replies, and take digits in a line for a code (nmh); some read it when
    all else has ended, so that more than a pipe holds would have both wait for ever.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._octets = 0
        self._more = 0

    def keep(self, line: str) -> None:
        """Keep one more, or count it."""
        self._octets += len(line) + 1
        if self._more or len(self._lines) == LINES_KEPT or self._octets > OCTETS_KEPT:
            self._more += 1
        else:
            self._lines.append(line)

    def tell(self, say: Callable[[str], None]) -> None:
        """Give them all, and how many more there were."""
        for line in self._lines:
            say(line)
        if self._more:
            say(f"sendmail: not sent: and {self._more} more; the log has all")


def serve(dialogue: Dialogue, client: Client, services: Services, like: Submission, size_limit: int) -> bool:
    """Hold a session to its end, and return whether it was a good one; `like` is what argv says of each message."""
    gc.enable()  # what is garbage in a session adds up (helper/bundle.py)
    collected = Collected(size_limit)
    answer: object = None
    is_outcome = False
    try:
        while True:
            step = dialogue.send(answer)
            answer = None
            match step:
                case ServerReply():
                    client.say(step)
                    if is_outcome:
                        client.settle()
                    is_outcome = False
                case ReadCommand():
                    answer = client.line()
                case CheckReversePath():
                    answer = services.check(None, step.reverse_path)
                case CheckRecipient():
                    answer = services.check(step.recipient, step.reverse_path)
                case ReadMailData():
                    collected = Collected(size_limit)
                    answer = collected.collect(client, step.line_end)
                case Submit():
                    answer = submit(step.envelope, collected, services, like)
                    is_outcome = True
                case Abandon():
                    services.abandon(step)
    except StopIteration as done:
        client.flush()
        return bool(done.value)


def submit(envelope: ClientEnvelope, collected: Collected, services: Services, like: Submission) -> Outcome:
    """Have the message that was collected sent."""
    submission = like.replace(
        recipients=tuple(b"<" + recipient + b">" for recipient in envelope.recipients),
        reverse_path=envelope.reverse_path,
        body=envelope.body,
        ret=envelope.ret,
        envid=envelope.envid,
        recipient_parameters=envelope.recipient_parameters if any(envelope.recipient_parameters) else (),
        session=True,
    )
    return services.send(submission, collected.message())


class Collected:
    """Mail data in a memory file of our own, one octet over the limit at most, which shows that it is over."""

    def __init__(self, size_limit: int) -> None:
        self._size_limit = size_limit
        self._room = size_limit + 1
        self._memory = -1
        self._problem = COMPLETE

    def collect(self, client: Client, line_end: bytes) -> str:
        """Take mail data to their end, and say what has become of them; nothing is kept of those that are not whole."""
        data, octets = MailDataReader(line_end), client.rest()
        while True:
            self._write(data.feed(octets))
            if data.after is not None:
                client.put_back(data.after)
                break
            if not (octets := client.octets()):
                self._problem = CUT_OFF
                break
        if self._problem == COMPLETE and self._room <= 0 and self._size_limit:
            return TOO_LARGE
        if self._problem != COMPLETE:
            self._close()
        return self._problem

    def message(self) -> Message:
        """Return what was collected, and forget it here."""
        try:
            return content(self._memory, self._size_limit or None)
        finally:
            self._close()

    def _write(self, octets: bytes) -> None:
        """Add to the file, as much as there is room for."""
        if self._size_limit:
            octets = octets[: self._room]
            self._room -= len(octets)
        if self._problem != COMPLETE:
            return
        try:
            if self._memory < 0:
                self._memory = os.memfd_create("message", os.MFD_CLOEXEC)
            while octets:
                octets = octets[os.write(self._memory, octets) :]
        except OSError as error:
            self._problem = FILE_LIMIT if error.errno == errno.EFBIG else NO_MEMORY

    def _close(self) -> None:
        if self._memory >= 0:
            os.close(self._memory)
        self._memory = -1

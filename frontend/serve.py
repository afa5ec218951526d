"""Serve: -bs, where a session of SMTP meets standard input, standard output and the helper."""

from __future__ import annotations

import _socket
import gc
import os

from frontend import stdin, submit
from frontend.smtp_input import Lines, MailData
from frontend.smtp_session import Session, refusal
from frontend.smtp_steps import (
    COMPLETE,
    CUT_OFF,
    NO_MEMORY,
    TOO_LARGE,
    Abandon,
    CheckRecipient,
    CheckReversePath,
    Outcome,
    ReadCommand,
    ReadMailData,
    Reply,
    Submit,
)
from helper import status, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.argv import CommandLine
    from frontend.smtp_steps import Dialogue, Envelope, Line
    from helper.record import Record

PART_OCTETS = 64 * 1024  # what is read at once: a pipe holds no more, and its replies are kept until all is answered


def is_network_socket(descriptor: int) -> bool:
    """Say whether inetd or its like has started us: the client is another machine then, and no user of this one."""
    try:
        found = _socket.socket(fileno=descriptor)
    except OSError:
        return False
    family = found.family
    found.detach()
    return family != _socket.AF_UNIX


def serve(command: CommandLine) -> int:
    """Speak SMTP until the client has gone, and return the exit status: 0 where all that it offered was delivered."""
    gc.enable()  # what is garbage in a session adds up (helper/bundle.py)
    # Some clients have our standard error in the same pipe as the replies, and take digits in a line for a code (nmh).
    lines: list[bytes] = []
    heard = Heard(submit.show if command.show_dialogue else lines.append)
    helper = submit.Helper(heard.line, heard.output)
    size_limit = helper.size_limit()
    client = Client()
    service = Service(client, helper, heard, size_limit or 0, command)
    if size_limit is None:
        service.status = helper.outcome()
        service.hold(refusal(heard.reason))
    elif not service.hold(Session(os.fsencode(os.uname().nodename), size_limit).dialogue()):
        service.status = service.status or status.FAILED
    client.flush()
    for line in lines:
        submit.show(line)
    return service.status


class Client:
    """Whoever is at standard input and output. Replies wait until all that has come is answered (RFC 2920)."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._replies: list[bytes] = []
        self._has_gone = False

    def say(self, reply: Reply) -> None:
        """Answer."""
        self._replies.append(reply.octets)

    def line(self) -> Line | None:
        """Return the next line, None where there is none any more."""
        while (line := self._lines.take()) is None:
            octets = self.octets()
            if not octets:
                return None
            self._lines.feed(octets)
        return line

    def rest(self) -> bytes:
        """Return what has come already, and is to be read as mail data."""
        return self._lines.rest()

    def put_back(self, octets: bytes) -> None:
        """Take back what was no mail data."""
        self._lines.feed(octets)

    def octets(self) -> bytes:
        """Return what comes next, nothing where the client has gone: who reads no reply is not listened to either."""
        self.flush()
        try:
            octets = b"" if self._has_gone else stdin.read(PART_OCTETS)
        except OSError:  # a terminal that was hung up, a socket that was reset
            octets = b""
        self._has_gone = not octets
        return octets

    def flush(self) -> None:
        """Write the replies that wait."""
        octets = b"".join(self._replies)
        self._replies.clear()
        try:
            stdin.write_all(submit.STDOUT, octets)
        except OSError:
            self._has_gone = True


class Heard:
    """What the helper says of one request; `show` is given what is for standard error."""

    def __init__(self, show: Callable[[bytes], None]) -> None:
        self._show = show
        self._last_line = b""
        self._output = b""

    def forget(self) -> None:
        """Make ready for the next request."""
        self._last_line = self._output = b""

    def line(self, line: bytes) -> None:
        """Take a line for standard error. A failure is the last one (-v shows others before)."""
        self._show(line)
        self._last_line = line

    def output(self, line: bytes) -> None:
        """Take what was asked for: what came of an address, or the smart host's reply."""
        self._output = line

    @property
    def reason(self) -> bytes:
        """Return why a request was not carried out."""
        return self._output or self._last_line.removeprefix(b"sendmail: ")

    @property
    def own_words(self) -> bytes:
        """Return the smart host's reply without its code."""
        code, _, text = self._output.partition(b" ")
        return text if len(code) == 3 and code.isdigit() else self._output

    @property
    def is_failure(self) -> bool:
        """Say whether the caller was told of a failure, and not only the client."""
        return not self._output


class Service:
    """Does what a session wishes; `status` is that of the first failure."""

    def __init__(
        self, client: Client, helper: submit.Helper, heard: Heard, size_limit: int, command: CommandLine
    ) -> None:
        self._client = client
        self._helper = helper
        self._heard = heard
        self._size_limit = size_limit
        self._full_name = None if command.full_name is None else os.fsencode(command.full_name)
        self._show_dialogue = command.show_dialogue
        self._memory = -1
        self._told = b""  # the last failure that the caller was told of
        self.status = status.SENT

    def hold(self, dialogue: Dialogue) -> bool:
        """Hold a session to its end, and return whether it was a good one."""
        answer = None
        try:
            while True:
                answer = self._perform(dialogue.send(answer))
        except StopIteration as done:
            return bool(done.value)

    def _perform(self, step: Record) -> object:
        match step:
            case Reply():
                self._client.say(step)
            case ReadCommand():
                return self._client.line()
            case CheckReversePath():
                return self._verify((), step.reverse_path)
            case CheckRecipient():
                return self._verify((b"<" + step.recipient + b">",), step.reverse_path)
            case ReadMailData():
                return self._read(step.line_end)
            case Submit():
                return self._submit(step.envelope)
            case Abandon() if self._told != b"not sent: " + step.problem:
                self._ask(wire.Complaint(b"input", step.problem, step.recipients))
        return None

    def _verify(self, recipients: tuple[bytes, ...], reverse_path: bytes) -> bytes | None:
        answer = self._ask(wire.Inquiry(b"verify", recipients, reverse_path, session=True))
        return None if answer == status.SENT else self._heard.reason

    def _read(self, line_end: bytes) -> str:
        """Take mail data into a memory file, one octet over the limit at most: the helper is shown that it is over."""
        data = MailData(line_end)
        octets, room, problem = self._client.rest(), self._size_limit + 1, COMPLETE
        try:
            self._memory = stdin.create()
        except OSError:
            problem = NO_MEMORY
        while data.after is None:
            message = data.feed(octets)
            if self._size_limit:
                message = message[:room]
                room -= len(message)
            try:
                stdin.write_all(self._memory, message)
            except OSError:
                problem = NO_MEMORY
            if data.after is None and not (octets := self._client.octets()):
                problem = CUT_OFF
                break
        else:
            self._client.put_back(data.after)
        if problem != COMPLETE:
            self._close_memory()
            return problem
        return COMPLETE if room else TOO_LARGE

    def _submit(self, envelope: Envelope) -> Outcome:
        stdin.seal(self._memory)
        submission = wire.Submission(
            recipients=tuple(b"<" + recipient + b">" for recipient in envelope.recipients),
            reverse_path=envelope.reverse_path,
            full_name=self._full_name,
            body=envelope.body,
            show_dialogue=self._show_dialogue,
            ret=envelope.ret,
            envid=envelope.envid,
            recipient_parameters=envelope.recipient_parameters if any(envelope.recipient_parameters) else (),
            session=True,
        )
        is_sent = self._ask(submission, self._memory) == status.SENT
        self._close_memory()
        return Outcome(is_sent, self._heard.own_words if is_sent else self._heard.reason)

    def _ask(self, request: wire.Request, message: int | None = None) -> int:
        """Have the helper carry out a request, and return its status."""
        self._heard.forget()
        self._helper.submit(request, message)
        answer = self._helper.outcome()
        if self._heard.is_failure:
            self.status, self._told = self.status or answer, self._heard.reason
        return answer

    def _close_memory(self) -> None:
        if self._memory >= 0:
            os.close(self._memory)
        self._memory = -1

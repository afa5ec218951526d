"""Speak SMTP with the caller's program (-bs): each message is reported as a send is, the end once."""

from __future__ import annotations

import posix as os

from helper import status
from helper.address import AddressSyntax
from helper.delivery.inquire import inquire
from helper.discreet import for_caller
from helper.failure import (
    AddressError,
    AllHostsFailed,
    ConfigError,
    Failure,
    InputError,
    MessageError,
    StaleToken,
    WireError,
)
from helper.message.path import parse_path
from helper.request.argv import submission
from helper.request.session_server import Client, KeptLines, Services, serve
from helper.request.smtp_session import ServerSession, refusal
from helper.request.smtp_steps import Abandon, Outcome
from helper.request.submission import VERIFY, Inquiry
from helper.sentence import Verdict, verdict
from helper.story import new_progress, out_of_memory, report, send, size_limit, usable_configuration
from helper.text import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.values import Configuration
    from helper.delivery.log import Progress
    from helper.identity.identify import Person
    from helper.loaded_state import LoadedState
    from helper.request.argv import CommandLine
    from helper.request.channel import Channel
    from helper.request.message import Message
    from helper.request.smtp_steps import Dialogue
    from helper.request.submission import Submission


def speak_smtp(command: CommandLine, person: Person, state: LoadedState, channel: Channel) -> int:
    """Speak SMTP with a program of the caller's, and return the exit status: 0 if all that it offered was sent."""
    server = SubmissionServer(person, state, channel)
    limit = size_limit(state) or 0
    is_good = serve(server.dialogue(limit), Client(channel), server.services(), submission(command), limit)
    server.lines.tell(channel.say)
    return server.status or (status.SENT if is_good else status.FAILED)


class SubmissionServer:
    """What a session has told so far; `status` is that of the first failure."""

    def __init__(self, person: Person, state: LoadedState, channel: Channel) -> None:
        self._person = person
        self._state = state
        self._channel = channel
        self.lines = KeptLines()
        self.status = status.SENT
        self._last = b""  # what was told last

    def dialogue(self, limit: int) -> Dialogue:
        """Return the session; without a helper it is refused, and a wrong configuration is told to each message."""
        failure, configuration = self._state.failure, self._state.configuration
        if failure is not None and not isinstance(failure, ConfigError):
            outcome = verdict(failure)
            self._tell(outcome, new_progress(self._person, self._state))
            return refusal(text_of(outcome))
        name = (
            os.uname().nodename.encode(errors="surrogateescape")
            if configuration is None
            else configuration.primary_hostname
        )
        return ServerSession(name, limit).dialogue()

    def services(self) -> Services:
        """Return what the session asks of us."""
        return Services(self._check, self._send, self._abandon)

    def _check(self, recipient: bytes | None, reverse_path: bytes) -> bytes | None:
        """Return why a message cannot be from or to somebody, None if it can."""
        answers: list[str] = []
        try:
            configuration = usable_configuration(self._state)
            recipients = () if recipient is None else (argument(recipient, configuration),)
            question = Inquiry(VERIFY, recipients, reverse_path)
            if inquire(question, self._person, configuration, self._state.alias_files, answers.append) == status.SENT:
                return None
        except (AddressError, MessageError) as failure:
            return text_of(verdict(failure)).removeprefix(b"not sent: ")
        except Failure as failure:
            return self._tell_once(verdict(failure), reverse_path if recipient is None else recipient)
        return for_caller(answers[-1]).removesuffix(": not verified").encode("ascii", "replace")

    def _send(self, asked: Submission, message: Message) -> Outcome:
        """Bring one message to the smart host."""
        progress = new_progress(self._person, self._state)
        progress.note_recipients(asked.recipients)
        is_last = False
        try:
            self._channel.watch()
            configuration = usable_configuration(self._state)
            paths = tuple(argument(recipient[1:-1], configuration) for recipient in asked.recipients)
            outcome = send(asked.replace(recipients=paths), message, self._person, self._state, progress, self._channel)
        except WireError:
            raise
        except Failure as failure:
            outcome, is_last = verdict(failure), is_refused_credential(failure)
        except MemoryError:
            outcome = out_of_memory(self._channel)
        finally:
            message.release()
        self._tell(outcome, progress)
        return Outcome(outcome.outcome == "accepted", text_of(outcome), is_last)

    def _abandon(self, abandoned: Abandon) -> None:
        """Tell of what was never submitted, unless what was told last is the reason."""
        if self._last == b"not sent: " + abandoned.problem:
            return
        progress = new_progress(self._person, self._state)
        progress.note_recipients(abandoned.recipients)
        self._tell(verdict(InputError(shown(abandoned.problem))), progress)

    def _tell_once(self, outcome: Verdict, address: bytes) -> bytes:
        """Tell of what stands in the way of every message, and return it as a client is told."""
        text = text_of(outcome)
        if text != self._last:
            progress = new_progress(self._person, self._state)
            progress.note_recipients([address])
            self._tell(outcome, progress)
        return text

    def _tell(self, outcome: Verdict, progress: Progress) -> None:
        """Write to the log at once, and keep a failure for the end."""
        self._last = text_of(outcome)
        exit_status = report(outcome, progress, self._state)
        if outcome.outcome != "accepted":
            self.status = self.status or exit_status
            self.lines.keep(outcome.line)


def argument(path: bytes, configuration: Configuration) -> bytes:
    """Return a path as an argument of sendmail would say it. AddressError for what is none."""
    try:
        return b"<" + parse_path(path, configuration.qualify_recipient).octets + b">"
    except AddressSyntax as error:
        raise AddressError(b"<" + path + b">", f"is not a recipient: {error.problem}") from None


def text_of(outcome: Verdict) -> bytes:
    """Return what a client is told: the smart host's own words without their code, or why a message was not sent."""
    text = for_caller(outcome.line).removeprefix("sendmail: ").encode("ascii", "backslashreplace")
    code, _, words = text.partition(b" ")
    return words if len(code) == 3 and code.isdigit() else text


def is_refused_credential(failure: Failure) -> bool:
    """Return whether a password or token was refused. Another try with the next message could lock the account."""
    if isinstance(failure, AllHostsFailed):
        return any(each.status == status.NOT_PERMITTED for each in failure.failures)
    return isinstance(failure, StaleToken)

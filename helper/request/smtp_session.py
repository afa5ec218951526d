"""SMTP as a server speaks it (RFC 5321), without a descriptor: it is given lines, and yields replies and wishes.

The client is a program of the caller's own. Nothing is promised before the smart host has: the reply to the end of the
mail data is the outcome.
"""

from __future__ import annotations

from helper.request.smtp_commands import Rejected, mail_parameters, parse_command, parse_path, rcpt_parameters
from helper.request.smtp_steps import (
    COMPLETE,
    CUT_OFF,
    FILE_LIMIT,
    IDLE,
    TOO_LARGE,
    Abandon,
    CheckRecipient,
    CheckReversePath,
    ClientEnvelope,
    ReadCommand,
    ReadMailData,
    ServerReply,
    Submit,
    say,
)
from helper.text import TO_PRINTABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from helper.record import Record
    from helper.request.smtp_steps import Dialogue, Line

    Steps = Generator[Record, Any, None]

# What recipients and their parameters may have together: as much as Linux lets a command line have.
RECIPIENTS_LIMIT_OCTETS = 6 * 1024 * 1024
RECIPIENT_OVERHEAD_OCTETS = 40
NOT_IMPLEMENTED = (b"AUTH", b"BDAT", b"ETRN", b"EXPN", b"STARTTLS", b"TURN")
HELP = b"EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT"


class Transaction:
    """What the client has said of a message so far."""

    def __init__(self, reverse_path: bytes, parameters: dict[bytes, bytes]) -> None:
        self.reverse_path = reverse_path
        self.parameters = parameters
        self.recipients: list[bytes] = []
        self.recipient_parameters: list[bytes] = []
        self.octets = 0

    def envelope(self) -> ClientEnvelope:
        """Return it as a value."""
        return ClientEnvelope(
            self.reverse_path,
            tuple(self.recipients),
            tuple(self.recipient_parameters),
            *map(self.parameters.get, (b"BODY", b"RET", b"ENVID")),
        )


class ServerSession:
    """One session of a client; `name` is what it is greeted with, `size_limit` in octets, 0 for none.

    Text after a refused DATA, from a client that has not waited, is never taken for the commands of another message:
    until RSET no other transaction begins, and a line that is no command ends the session.
    """

    def __init__(self, name: bytes, size_limit: int) -> None:
        self._name = name.translate(TO_PRINTABLE)
        self._size_limit = size_limit
        self._transaction: Transaction | None = None
        self._sent = 0
        self._not_sent = 0
        self._may_be_text = False  # DATA was refused, and what follows may be what was to follow it
        self._farewell = b""  # why the next command is the last
        self._reason = b""  # why the message before was not sent, for RSET
        self._refused: Abandon | None = None  # what was refused first, told if the client does not go on to DATA
        self._abandoned: Abandon | None = None  # what was never submitted, and is told at the end

    def dialogue(self) -> Dialogue:
        """Speak until the client quits or has gone, and say whether each message that it offered was delivered."""
        yield say(220, self._name + b" ESMTP Gatepost")
        while (line := (yield ReadCommand())) is not None:
            if line is IDLE:
                self._note_desertion(b"the SMTP client said nothing for too long")
                yield say(421, b"4.4.2 nothing was said for too long")
                break
            if (yield from self._answer(line)):
                break
        else:
            self._note_desertion(b"the SMTP client went")
        if self._abandoned is not None:
            yield self._abandoned
        return self._not_sent == 0 and self._abandoned is None

    def _answer(self, line: Line) -> Generator[Record, Any, bool]:
        """Answer one command, and say whether it was the last."""
        if says_quit(line):
            self._give_up()
            yield say(221, self._name + b" closing")
            return True
        try:
            if self._farewell:
                raise Rejected(421, self._farewell)
            verb, argument = self._verb_and_argument(line)
            if verb == b"DATA":
                yield from self._data(argument, line.end)
            else:
                yield from COMMANDS[verb](self, argument)
        except Rejected as rejected:
            self._note_rejection(line.verb, rejected)
            yield say(rejected.code, rejected.text)
            return rejected.code == 421
        return False

    def _verb_and_argument(self, line: Line) -> tuple[bytes, bytes]:
        """Return what a line says. Rejected for one that says nothing to us."""
        try:
            if line.text is None:
                raise Rejected(500, b"the line is too long")
            verb, argument = parse_command(line.text)
            if verb in NOT_IMPLEMENTED:
                raise Rejected(502, b"not implemented")
            if verb not in COMMANDS and verb != b"DATA":
                raise Rejected(500, b"unknown command")
        except Rejected as rejected:
            if self._may_be_text and rejected.code == 500:
                self._abandon(b"the SMTP client sent text where no message was expected")
                raise Rejected(421, b"4.5.0 this is no command: DATA was refused before") from None
            raise
        return verb, argument

    def _note_rejection(self, verb: bytes, rejected: Rejected) -> None:
        """Note what a client may not have understood as a refusal of its message, or as the end of it."""
        if verb in (b"MAIL", b"RCPT") and rejected.code not in (503, 421):
            self._refusal(rejected.code, b"%b was refused: %d %b" % (verb, rejected.code, rejected.text))
        if verb in (b"DATA", b"BDAT"):
            self._may_be_text = True

    def _ehlo(self, argument: bytes) -> Steps:
        if not argument:
            raise Rejected(501, b"EHLO needs a name")
        self._give_up()
        size = b"SIZE %d" % self._size_limit
        yield ServerReply(250, (self._name, b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"DSN", size))

    def _helo(self, argument: bytes) -> Steps:
        if not argument:
            raise Rejected(501, b"HELO needs a name")
        self._give_up()
        yield say(250, self._name)

    def _mail(self, argument: bytes) -> Steps:
        """Begin a transaction. HELO may be missing; who may not have a reverse-path gets another one without a word."""
        if self._transaction is not None:
            raise Rejected(503, b"there is a reverse-path already")
        if self._may_be_text:
            raise Rejected(503, b"RSET first: DATA was refused")
        reverse_path, words = parse_path(b"FROM:", argument)
        parameters = mail_parameters(words)
        if 0 < self._size_limit < int(parameters.get(b"SIZE", b"0")):
            reason = b"the message has more than %d octets (message_size_limit)" % self._size_limit
            raise self._refusal(552, reason)
        reason = yield CheckReversePath(reverse_path)
        if reason is not None:
            raise self._refusal(550, reason)
        self._transaction = Transaction(reverse_path, parameters)
        yield say(250, b"OK")

    def _rcpt(self, argument: bytes) -> Steps:
        transaction = self._transaction
        if transaction is None:
            raise Rejected(503, b"MAIL first")
        recipient, words = parse_path(b"TO:", argument)
        if not recipient:
            raise Rejected(501, b"the null path is no recipient")
        parameters = rcpt_parameters(words)
        octets = transaction.octets + len(recipient) + len(parameters) + RECIPIENT_OVERHEAD_OCTETS
        if octets > RECIPIENTS_LIMIT_OCTETS:
            raise self._refusal(452, b"too many recipients")
        reason = yield CheckRecipient(recipient, transaction.reverse_path)
        if reason is not None:
            raise self._refusal(550, reason, recipient)
        transaction.octets = octets
        transaction.recipients.append(recipient)
        transaction.recipient_parameters.append(parameters)
        yield say(250, b"OK")

    def _data(self, argument: bytes, line_end: bytes) -> Steps:
        """Take a message, whose lines end as this command's line does, and answer with its outcome."""
        transaction = self._transaction
        if argument:
            raise Rejected(501, b"DATA has no argument")
        if transaction is None:
            raise self._refusal(503, b"DATA came before MAIL")
        if not transaction.recipients:
            code, reason = (503, b"DATA came before RCPT") if self._refused is None else (554, b"no valid recipients")
            raise self._refusal(code, reason)
        self._refused, self._may_be_text = None, False  # the client has heard of it, and goes on
        yield say(354, b"the message, and then a line with a lone dot")
        received = yield ReadMailData(line_end)
        if received == CUT_OFF:
            return  # the next line is not there any more
        if received not in (COMPLETE, TOO_LARGE):
            reason = received.encode("ascii")
            self._abandon(reason)
            yield say(552 if received == FILE_LIMIT else 554, b"not sent: " + reason)
            return
        self._transaction = None
        outcome = yield Submit(transaction.envelope())
        self._reason = b"" if outcome.is_sent else outcome.text
        if outcome.is_sent:
            self._sent += 1
            yield say(250, outcome.text)
        else:
            self._not_sent += 1
            yield say(552 if received == TOO_LARGE else 554, outcome.text)
        if outcome.is_last:
            self._farewell = b"4.7.0 the credential was not accepted: start a new session"

    def _rset(self, argument: bytes) -> Steps:
        """Forget the transaction. After a refused message, Alpine shows its user this reply instead of that one."""
        if argument:
            raise Rejected(501, b"RSET has no argument")
        self._give_up()
        self._may_be_text = False
        reason, self._reason = self._reason, b""
        yield say(250, b"OK; " + reason if reason else b"OK")

    def _noop(self, _argument: bytes) -> Steps:
        yield say(250, b"OK")

    def _vrfy(self, argument: bytes) -> Steps:
        if not argument:
            raise Rejected(501, b"VRFY needs an address")
        yield say(252, b"RCPT tells")

    def _help(self, _argument: bytes) -> Steps:
        yield say(214, HELP)

    def _note_desertion(self, how: bytes) -> None:
        """Note what a client leaves undone that ends without QUIT; one whose messages were all answered may do so."""
        if self._transaction is not None or self._refused is not None:
            self._abandon(how + b" before the end of its message")
        elif not self._sent and not self._not_sent:
            self._abandon(how + b" without QUIT and without a message")

    def _refusal(self, code: int, reason: bytes, *recipients: bytes) -> Rejected:
        """Return what refuses a command, and note it: a client that sends no message then has not sent its message."""
        if self._refused is None:
            self._refused = Abandon(reason.removeprefix(b"not sent: "), recipients)
        return Rejected(code, reason)

    def _give_up(self) -> None:
        """End a transaction as the client wishes, which is no failure unless something in it was refused."""
        if self._refused is not None:
            self._abandon(self._refused.problem)
        self._transaction = None

    def _abandon(self, problem: bytes) -> None:
        """End a transaction whose message is never submitted; the first such one is told, with what was refused."""
        transaction, self._transaction = self._transaction, None
        refused, self._refused = self._refused or Abandon(problem, ()), None
        if self._abandoned is None:
            accepted = () if transaction is None else tuple(transaction.recipients)
            self._abandoned = Abandon(refused.problem, (*refused.recipients, *accepted))


COMMANDS: dict[bytes, Callable[[ServerSession, bytes], Steps]] = {
    b"EHLO": ServerSession._ehlo,
    b"HELO": ServerSession._helo,
    b"MAIL": ServerSession._mail,
    b"RCPT": ServerSession._rcpt,
    b"RSET": ServerSession._rset,
    b"NOOP": ServerSession._noop,
    b"VRFY": ServerSession._vrfy,
    b"HELP": ServerSession._help,
}


def says_quit(line: Line) -> bool:
    """Return whether this is the command that is never refused, and the last."""
    return line.text is not None and line.text.upper().split(b" ", 1)[0].rstrip(b"\t") == b"QUIT"


def refusal(reason: bytes) -> Dialogue:
    """Speak with a client that cannot be served, until it quits (RFC 5321, section 3.1)."""
    yield say(554, reason)
    while (line := (yield ReadCommand())) is not None and line is not IDLE:
        if says_quit(line):
            yield say(221, b"closing")
            break
        yield say(503, b"there is no service here")
    return False

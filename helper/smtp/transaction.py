"""One SMTP transaction for all recipients, or none: MAIL, RCPT, the message, and the reply that takes it."""

from __future__ import annotations

from helper.failure import CannotTake, Refused, ReplyError
from helper.record import Record
from helper.smtp.steps import Quit, Read, SendAsChunk, SendAsData, Write, WriteDataCommand, command_line, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.extensions import Extensions
    from helper.smtp.reply import Reply
    from helper.smtp.steps import Dialogue

    Commands = list[tuple[bytes, bytes]]  # each as it is sent, and as failures call it: without parameters

LINE_LIMIT = 998  # octets without CRLF (RFC 5321, section 4.5.3.1.6)


class Timeouts(Record):
    """How long each kind of answer may take, in seconds (RFC 5321, section 4.5.3.2)."""

    command_s: float
    data_s: float
    final_s: float


class Envelope(Record):
    """Who sends to whom, and what the message needs of a server.

    Addresses are in wire form without angle brackets, the null reverse-path is empty; `size_octets` counts the
    message as it is sent, `longest_line_octets` without its CRLF.
    """

    reverse_path: bytes
    recipients: tuple[bytes, ...]
    size_octets: int
    is_8bit: bool
    is_internationalised: bool
    longest_line_octets: int


def transact(timeouts: Timeouts, envelope: Envelope, extensions: Extensions) -> Dialogue[Reply]:
    """Offer the envelope, send the message once every recipient was accepted, return the reply that takes it."""
    refuse_unfit(envelope, extensions)
    commands = envelope_commands(envelope, extensions)
    if "PIPELINING" not in extensions:
        return (yield from transact_stepwise(timeouts, commands, extensions))
    if "CHUNKING" not in extensions:
        return (yield from transact_with_data(timeouts, commands))
    if len(envelope.recipients) == 1:
        return (yield from transact_at_once(timeouts, commands))
    return (yield from transact_with_chunk(timeouts, commands))


def refuse_unfit(envelope: Envelope, extensions: Extensions) -> None:
    """Refuse, before any data, what this smart host cannot take. CannotTake says why."""
    limit = extensions.size_limit
    if limit is not None and envelope.size_octets > limit:
        raise CannotTake(f"the message has {envelope.size_octets} octets, and {limit} are accepted")
    if envelope.is_8bit and "8BITMIME" not in extensions:
        raise CannotTake("the message has 8-bit octets, and 8BITMIME is not offered")
    if envelope.is_internationalised and "SMTPUTF8" not in extensions:
        raise CannotTake("an address is internationalised, and SMTPUTF8 is not offered")
    if envelope.longest_line_octets > LINE_LIMIT:
        raise CannotTake(f"a line of the message has more than {LINE_LIMIT} octets")


def envelope_commands(envelope: Envelope, extensions: Extensions) -> Commands:
    """Return MAIL and a RCPT for each recipient."""
    mail = b"MAIL FROM:<" + envelope.reverse_path + b">"
    parameters = b""
    if "SIZE" in extensions:
        parameters += b" SIZE=%d" % envelope.size_octets
    if envelope.is_8bit:
        parameters += b" BODY=8BITMIME"
    if envelope.is_internationalised:
        parameters += b" SMTPUTF8"
    return [(mail + parameters, mail)] + [(command, command) for command in map(rcpt_command, envelope.recipients)]


def rcpt_command(recipient: bytes) -> bytes:
    """Return the command that offers one recipient."""
    return b"RCPT TO:<" + recipient + b">"


def transact_stepwise(timeouts: Timeouts, commands: Commands, extensions: Extensions) -> Dialogue[Reply]:
    """Without PIPELINING: each command waits for the reply to the one before."""
    for command, name in commands:
        yield command_line(command)
        yield from accepted(name, timeouts.command_s)
    if "CHUNKING" in extensions:
        yield SendAsChunk()
    else:
        yield WriteDataCommand()
        yield from go_ahead(timeouts)
        yield SendAsData()
    reply = yield from taken(timeouts)
    yield Quit()
    return reply


def transact_with_data(timeouts: Timeouts, commands: Commands) -> Dialogue[Reply]:
    """DATA goes with the envelope and saves a turn; after a refusal the connection is closed inside the message.

    A server does not deliver a message whose end it has not seen (RFC 5321, section 4.1.1.4); a lone dot, which
    RFC 2920 would have here, would deliver an empty message to those who were accepted.
    """
    yield group(commands)
    yield WriteDataCommand()
    for _, name in commands:
        yield from accepted(name, timeouts.command_s)
    yield from go_ahead(timeouts)
    yield SendAsData()
    yield Quit()
    return (yield from taken(timeouts))


def transact_at_once(timeouts: Timeouts, commands: Commands) -> Dialogue[Reply]:
    """Send envelope and message in one turn: with a single recipient, nothing can be delivered in part.

    A server may keep all its replies until it has dealt with the message (RFC 2920, section 3.2): each has its time.
    """
    yield group(commands)
    yield SendAsChunk()
    yield Quit()
    for _, name in commands:
        yield from accepted(name, timeouts.final_s)
    return (yield from taken(timeouts))


def transact_with_chunk(timeouts: Timeouts, commands: Commands) -> Dialogue[Reply]:
    """Send the message when every recipient has been accepted."""
    yield group(commands)
    for _, name in commands:
        yield from accepted(name, timeouts.command_s)
    yield SendAsChunk()
    yield Quit()
    return (yield from taken(timeouts))


def group(commands: Commands) -> Write:
    """Return the step that writes several commands at once (RFC 2920)."""
    lines = [command_line(command) for command, _ in commands]
    return Write(b"".join(line.octets for line in lines), "\n".join(line.shown for line in lines))


def accepted(command: bytes, timeout_s: float) -> Dialogue[None]:
    """Wait until a command is accepted. Refused where it is not, 4xx and 5xx alike."""
    reply = yield Read(shown(command), timeout_s)
    if not reply.is_positive:
        raise unwelcome(shown(command), reply)


def go_ahead(timeouts: Timeouts) -> Dialogue[None]:
    """Wait until the server is ready for the message."""
    reply = yield Read("DATA", timeouts.data_s)
    if reply.code != 354:
        raise unwelcome("DATA", reply)


def taken(timeouts: Timeouts) -> Dialogue[Reply]:
    """Wait for the reply with which the server takes responsibility for the message."""
    reply = yield Read("the message", timeouts.final_s)
    if not reply.is_positive:
        raise unwelcome("the message", reply)
    return reply


def unwelcome(command: str, reply: Reply) -> Refused | ReplyError:
    """Return what a reply that is not the hoped-for one means, by its first digit (RFC 5321, section 4.2.1)."""
    if reply.code >= 400:
        return Refused(command, reply)
    return ReplyError(command, f"makes no sense here: {reply.text}")

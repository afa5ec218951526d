"""One SMTP transaction for all recipients: MAIL, RCPT, the message, and the reply that accepts it."""

from __future__ import annotations

from helper.discreet import hidden
from helper.failure import HostFailed, InDoubt, Refused, ReplyError
from helper.smtp.fit import fitted
from helper.smtp.steps import (
    Noted,
    Quit,
    Read,
    ReadOfRecipients,
    SendAsChunk,
    SendAsData,
    Write,
    WriteDataCommand,
    command_line,
)
from helper.text import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeVar

    from helper.smtp.envelope import Envelope, MailData, Timeouts
    from helper.smtp.extensions import Extensions
    from helper.smtp.reply import Reply
    from helper.smtp.steps import Dialogue

    Result = TypeVar("Result")
    Commands = list[tuple[Write, str]]  # each with what failures call it: without parameters


# What goes out as a chunk is looked at as a whole: a larger message goes by DATA, unlooked at.
CHUNK_LIMIT_OCTETS = 64 * 1024
UNKNOWN_COMMAND = range(500, 505)  # RFC 5321, section 4.2.2


def transact(timeouts: Timeouts, offered: Envelope, extensions: Extensions) -> Dialogue[Reply]:
    """Send the envelope, send the message if every recipient was accepted, and return the reply that accepts it."""
    envelope = fitted(offered, extensions)
    if envelope.data is not offered.data:
        yield Noted("converted", "yes")
    if envelope.notification is not offered.notification:
        yield Noted("dsn", "not offered")
    commands = envelope_commands(envelope, extensions)
    as_chunk = "CHUNKING" in extensions and is_harmless_as_commands(envelope.data)
    if "PIPELINING" not in extensions:
        return (yield from leaving(transact_stepwise(timeouts, commands, envelope.data, as_chunk=as_chunk)))
    if not as_chunk:
        return (yield from transact_with_data(timeouts, commands, envelope.data))
    if len(envelope.recipients) == 1:
        return (yield from transact_at_once(timeouts, commands, envelope.data))
    return (yield from transact_with_chunk(timeouts, commands, envelope.data))


def is_harmless_as_commands(data: MailData) -> bool:
    """Return whether a message does no harm if a server reads it as commands, because it does not know BDAT.

    A caller's text would be commands in our authenticated session. Mail is sent by none of them without RCPT, for which
    we look, and, as ours was accepted, by DATA or another BDAT. Without a recipient there is no transaction: MAIL, RSET
    and all other commands need not be looked for.
    """
    if data.size_octets > CHUNK_LIMIT_OCTETS:
        return False
    octets = b"".join(data.as_chunk()).lower()
    if not any(verb in octets for verb in (b"rcpt", b"data", b"bdat")):
        return True
    return b"rcpt" not in octets and not any(
        line.lstrip().startswith((b"data", b"bdat")) for line in octets.split(b"\n")
    )


def envelope_commands(envelope: Envelope, extensions: Extensions) -> Commands:
    """Return MAIL, and RCPT for each recipient."""
    mail = b"MAIL FROM:<" + envelope.reverse_path + b">"
    parameters = (b"",) * len(envelope.recipients)
    if envelope.notification is not None:
        parameters = envelope.notification.recipients
    return [
        (command_line(mail + mail_parameters(envelope, extensions)), shown(mail)),
        *(rcpt_command(*each, envelope.hidden) for each in zip(envelope.recipients, parameters, strict=True)),
    ]


def mail_parameters(envelope: Envelope, extensions: Extensions) -> bytes:
    """Return the parameters of MAIL for the message."""
    parameters = b" SIZE=%d" % envelope.data.size_octets if "SIZE" in extensions else b""
    if envelope.data.is_8bit:
        parameters += b" BODY=8BITMIME"
    if envelope.is_internationalised or envelope.data.needs_smtputf8:
        parameters += b" SMTPUTF8"
    if envelope.requires_tls:
        parameters += b" REQUIRETLS"
    return parameters + (envelope.notification.mail if envelope.notification is not None else b"")


def rcpt_command(recipient: bytes, parameters: bytes, led_by: Mapping[bytes, bytes]) -> tuple[Write, str]:
    """Return the command that offers one recipient, and its name; the caller is not shown one that is hidden."""
    name = b"RCPT TO:<" + recipient + b">"
    command = command_line(name + parameters)
    if recipient not in led_by:
        return command, shown(name)
    starred = f"RCPT TO:<{hidden(shown(recipient))}>"
    return command.replace(shown=starred + shown(parameters)), f"{starred} (from <{shown(led_by[recipient])}>)"


def transact_stepwise(timeouts: Timeouts, commands: Commands, data: MailData, *, as_chunk: bool) -> Dialogue[Reply]:
    """Without PIPELINING: each command waits for the reply to the one before."""
    for command, name in commands:
        yield command
        yield from accepted(name, timeouts.command_s)
    if as_chunk:
        yield SendAsChunk(data)
        reply = yield from chunk_taken(timeouts)
    else:
        yield WriteDataCommand()
        yield from go_ahead(timeouts)
        yield SendAsData(data)
        reply = yield from taken(timeouts)
    yield Quit()
    return reply


def transact_with_data(timeouts: Timeouts, commands: Commands, data: MailData) -> Dialogue[Reply]:
    """DATA goes with the envelope and saves a turn; after a refusal the connection is closed inside the message.

    A server does not deliver a message whose end it has not seen (RFC 5321, section 4.1.1.4); a lone dot, which
    RFC 2920 would have here, would deliver an empty message to those who were accepted.
    """
    yield group(commands)
    yield WriteDataCommand()
    for _, name in commands:
        yield from accepted(name, timeouts.command_s)
    yield from leaving(go_ahead(timeouts))
    yield SendAsData(data)
    yield Quit()
    return (yield from taken(timeouts))


def transact_at_once(timeouts: Timeouts, commands: Commands, data: MailData) -> Dialogue[Reply]:
    """Send envelope and message in one turn: with a single recipient, nothing can be delivered in part.

    A server may keep all its replies until it has dealt with the message (RFC 2920, section 3.2): each has its time.
    """
    yield group(commands)
    yield SendAsChunk(data)
    yield Quit()
    try:
        for _, name in commands:
            yield from accepted(name, timeouts.final_s)
        return (yield from chunk_taken(timeouts))
    except Refused as refusal:
        raise (yield from heard_out(refusal, timeouts)) from None


def transact_with_chunk(timeouts: Timeouts, commands: Commands, data: MailData) -> Dialogue[Reply]:
    """Send the message when every recipient has been accepted."""
    yield group(commands)
    for _, name in commands:
        yield from leaving(accepted(name, timeouts.command_s))
    yield SendAsChunk(data)
    yield Quit()
    try:
        return (yield from chunk_taken(timeouts))
    except Refused as refusal:
        raise (yield from heard_out(refusal, timeouts)) from None


def group(commands: Commands) -> Write:
    """Return the step that writes several commands at once (RFC 2920)."""
    lines = [command for command, _ in commands]
    return Write(b"".join(line.octets for line in lines), "\n".join(line.shown for line in lines))


def leaving(steps: Dialogue[Result]) -> Dialogue[Result]:
    """Take steps, and send QUIT if one of them is refused."""
    try:
        return (yield from steps)
    except Refused:
        yield Quit()
        raise


def accepted(command: str, timeout_s: float) -> Dialogue[None]:
    """Wait until a command is accepted. Refused if it is not, 4xx and 5xx alike."""
    reply = yield (ReadOfRecipients if command.startswith("RCPT ") else Read)(command, timeout_s)
    if not reply.is_positive:
        raise unwelcome(command, reply)


def go_ahead(timeouts: Timeouts) -> Dialogue[None]:
    """Wait until the server is ready for the message."""
    reply = yield ReadOfRecipients("DATA", timeouts.data_s)
    if reply.code != 354:
        raise unwelcome("DATA", reply)


def taken(timeouts: Timeouts) -> Dialogue[Reply]:
    """Wait for the reply by which the server takes responsibility for the message."""
    reply = yield ReadOfRecipients("the message", timeouts.final_s)
    if not reply.is_positive:
        raise unwelcome("the message", reply)
    return reply


def chunk_taken(timeouts: Timeouts) -> Dialogue[Reply]:
    """Wait for the same after BDAT, which some servers offer but do not implement."""
    try:
        return (yield from taken(timeouts))
    except Refused as refusal:
        raise (Refused("BDAT", refusal.reply) if refusal.reply.code in UNKNOWN_COMMAND else refusal) from None


def heard_out(refusal: Refused, timeouts: Timeouts) -> Dialogue[Refused | InDoubt]:
    """Return whether a refusal after the end of the message is reliable, by the replies of the server up to 221.

    One that had said a word too many before would have its replies taken for those to the next commands each: the
    refusal would be an earlier one, and the acceptance of the message still to come.
    """
    try:
        while (reply := (yield ReadOfRecipients("QUIT", timeouts.command_s))).code != 221:
            if reply.is_positive:
                problem = f"{refusal.command} was refused: {refusal.reply.text}; then came {reply.text}"
                return InDoubt(problem)
    except (HostFailed, ReplyError):
        return refusal  # it has gone, which is a goodbye too
    return refusal


def unwelcome(command: str, reply: Reply) -> Refused | ReplyError:
    """Return the failure of an unsuccessful reply, by its first digit (RFC 5321, section 4.2.1)."""
    if reply.code >= 400:
        return Refused(command, reply)
    return ReplyError(command, f"is unexpected: {reply.text}")

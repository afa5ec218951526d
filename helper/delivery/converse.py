"""Converse: the loop that carries out an SMTP dialogue on a connection. Only here the two meet."""

from __future__ import annotations

from helper.failure import HostFailed, InDoubt, ReplyError
from helper.smtp.dialogue import dialogue
from helper.smtp.steps import (
    Authenticated,
    Noted,
    Quit,
    Read,
    ReadOfRecipients,
    ReadText,
    SendAsChunk,
    SendAsData,
    StartTLS,
    Write,
    WriteDataCommand,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from helper.delivery.access import Access
    from helper.network.connection import Connection
    from helper.network.tls import TlsLayer
    from helper.smtp.envelope import Envelope, MailData
    from helper.smtp.reply import Reply
    from helper.smtp.sasl.exchange import Credential
    from helper.smtp.steps import Dialogue, Step

    Result = TypeVar("Result")


def converse(envelope: Envelope, access: Access, connection: Connection, layer: TlsLayer | None) -> Reply:
    """Hold the dialogue, and return the reply that accepted the message.

    InDoubt if the connection is lost, a time-out passes or the reply makes no sense after the end of the message was
    sent.
    """
    session = access.session if layer is None else access.session.replace(channel_binding=layer.channel_binding)
    access = access.replace(session=session, hides_recipients=bool(envelope.hidden))
    try:
        return accepted(follow(dialogue(access.session, envelope), access, connection, layer), connection)
    except HostFailed as failure:
        if connection.message_is_out:
            raise InDoubt(failure.problem) from None
        raise
    except ReplyError as failure:
        if connection.message_is_out:
            raise InDoubt(f"the reply to {failure.command} {failure.problem}") from None
        raise


def follow(steps: Dialogue[Result], access: Access, connection: Connection, layer: TlsLayer | None) -> Result:
    """Carry out the steps of a dialogue, and return its result."""
    try:
        step = next(steps)
        while True:
            try:
                reply = perform(step, access, connection, layer)
            except (HostFailed, ReplyError) as error:
                step = steps.throw(error)
            else:
                step = next(steps) if reply is None else steps.send(reply)
    except StopIteration as done:
        result: Result = done.value
        return result


def accepted(reply: Reply, connection: Connection) -> Reply:
    """Return the reply that accepted the message. ReplyError if it came before the message had gone out."""
    if not connection.message_is_out:
        raise ReplyError("the message", "came before the end of the message")
    return reply


def perform(step: Step, access: Access, connection: Connection, layer: TlsLayer | None) -> Reply | None:
    """Carry out one step. Return the reply if the step reads one."""
    observer = access.observer
    if observer.show:
        show(access, *(f">> {line}" for line in shown_lines(step)))
    match step:
        case Read():
            reply = connection.read_reply(step.command, step.timeout_s)
            harmless = without_secret(reply, access.session.credential)
            if access.hides_recipients and isinstance(step, ReadOfRecipients):
                harmless = harmless.replace(is_private=True)
            if observer.show:
                show(access, *(f"<< {line}" for line in harmless.shown_lines))
            return reply if isinstance(step, ReadText) else harmless
        case Write():
            connection.command(step.octets, step.shown.split("\n")[0])
        case WriteDataCommand():
            connection.command(b"DATA\r\n", "DATA")
        case SendAsChunk():
            send_as_chunk(step.data, connection, access)
        case SendAsData():
            send_as_data(step.data, connection, access)
        case Quit():
            connection.say_goodbye()
        case StartTLS() if layer is not None:
            connection.secure(layer, access.session.timeouts.command_s)
            observer.note("tls", layer.version)
            if observer.show:
                show(access, f"-- {layer.version} {layer.cipher}, certificate: {', '.join(layer.certificate_names)}")
        case Authenticated():
            observer.note("auth", step.mechanism)
        case Noted():
            observer.note(step.name, step.value)
    return None


def without_secret(reply: Reply, credential: Credential | None) -> Reply:
    """Return a reply as it may be shown: what repeats the password in it is masked."""
    if credential is None:
        return reply
    from helper.smtp.sasl.mask import masked

    return masked(reply, credential)


def send_as_chunk(data: MailData, connection: Connection, access: Access) -> None:
    """Send the message as one chunk. The last piece goes out once the frontend knows of the doubt."""
    size = data.size_octets
    held_back = b"BDAT %d LAST\r\n" % size
    for piece in data.as_chunk():
        if not connection.may_go_on(held_back, access.session.timeouts.data_s):
            return
        size -= len(piece)
        held_back = piece
    if size:
        raise AssertionError("the chunk does not have the announced size")
    end_message(held_back, connection, access)


def send_as_data(data: MailData, connection: Connection, access: Access) -> None:
    """Send the message with its dots doubled, and end it with a lone dot."""
    for piece in data.as_data():
        if not connection.may_go_on(piece, access.session.timeouts.data_s):
            return
    end_message(b".\r\n", connection, access)


def end_message(octets: bytes, connection: Connection, access: Access) -> None:
    """Warn of the doubt, then write the end of the message, unless the server has closed the connection."""
    if connection.may_go_on(b"", access.session.timeouts.data_s):
        access.observer.warn_of_doubt()
        connection.write(octets)
        connection.end_message(access.session.timeouts.final_s)


def show(access: Access, *lines: str) -> None:
    """Show lines of the dialogue, if anybody wants to see them."""
    if access.observer.show:
        for line in lines:
            access.observer.show(line)


def shown_lines(step: Step) -> list[str]:
    """Return a step as lines to show. They never contain a credential."""
    match step:
        case Write():
            return step.shown.split("\n")
        case WriteDataCommand():
            return ["DATA"]
        case SendAsData():
            return ["(the message, and the dot that ends it)"]
        case SendAsChunk():
            return ["BDAT (the message)"]
        case Quit():
            return ["QUIT"]
        case StartTLS():
            return ["(TLS handshake)"]
    return []

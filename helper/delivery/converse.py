"""Converse: the loop that joins an SMTP dialogue to a connection, the only place where both meet."""

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

    from helper.delivery.plan import Plan
    from helper.network.connection import Connection
    from helper.network.tls import TlsLayer
    from helper.smtp.envelope import MailData, SessionTerms
    from helper.smtp.reply import Reply
    from helper.smtp.sasl.exchange import Credential
    from helper.smtp.steps import Dialogue, Step

    Result = TypeVar("Result")


def converse(connection: Connection, layer: TlsLayer | None, plan: Plan, session: SessionTerms) -> Reply:
    """Hold the dialogue and return the reply that took the message.

    Once the end of the message is out, a lost connection, a time-out or nonsense leaves it in doubt: InDoubt.
    """
    if layer is not None:
        session = session.replace(channel_binding=layer.channel_binding)
    try:
        return accepted(follow(dialogue(session, plan.envelope), connection, layer, plan), connection)
    except HostFailed as failure:
        if connection.message_is_out:
            raise InDoubt(failure.problem) from None
        raise
    except ReplyError as failure:
        if connection.message_is_out:
            raise InDoubt(f"the reply to {failure.command} {failure.problem}") from None
        raise


def follow(steps: Dialogue[Result], connection: Connection, layer: TlsLayer | None, plan: Plan) -> Result:
    """Do what a dialogue asks for, step by step, and return what it comes to."""
    show(plan, f"-- connected to {plan.progress.host}")
    try:
        step = next(steps)
        while True:
            try:
                reply = perform(step, connection, layer, plan)
            except (HostFailed, ReplyError) as error:
                step = steps.throw(error)
            else:
                step = next(steps) if reply is None else steps.send(reply)
    except StopIteration as done:
        result: Result = done.value
        return result


def accepted(reply: Reply, connection: Connection) -> Reply:
    """Return the reply that took the message, unless the message had not gone out when it came."""
    if not connection.message_is_out:
        raise ReplyError("the message", "came before the end of the message")
    return reply


def perform(step: Step, connection: Connection, layer: TlsLayer | None, plan: Plan) -> Reply | None:
    """Do what one step says, and return the reply where it asks for one."""
    if plan.show:
        show(plan, *(f">> {line}" for line in shown_lines(step)))
    match step:
        case Read():
            reply = connection.read_reply(step.command, step.timeout_s)
            harmless = without_secret(reply, plan.session.credential)
            if plan.envelope.hidden and isinstance(step, ReadOfRecipients):
                harmless = harmless.replace(is_private=True)
            if plan.show:
                show(plan, *(f"<< {line}" for line in harmless.shown_lines))
            return reply if isinstance(step, ReadText) else harmless
        case Write():
            connection.command(step.octets, step.shown.split("\n")[0])
        case WriteDataCommand():
            connection.command(b"DATA\r\n", "DATA")
        case SendAsChunk():
            send_as_chunk(step.data, connection, plan)
        case SendAsData():
            send_as_data(step.data, connection, plan)
        case Quit():
            connection.say_goodbye()
        case StartTLS() if layer is not None:
            connection.secure(layer, plan.session.timeouts.command_s)
            plan.progress.tls = layer.version
            if plan.show:
                show(plan, f"-- {layer.version} {layer.cipher}, certificate: {', '.join(layer.certificate_names)}")
        case Authenticated():
            plan.progress.auth = step.mechanism
        case Noted():
            plan.progress.notes[step.name] = step.value
    return None


def without_secret(reply: Reply, credential: Credential | None) -> Reply:
    """Return a reply as it may be shown: what repeats the password in it is masked."""
    if credential is None:
        return reply
    from helper.smtp.sasl.mask import masked

    return masked(reply, credential)


def send_as_chunk(data: MailData, connection: Connection, plan: Plan) -> None:
    """Send the message as one chunk. Its last piece is held back until the frontend knows that doubt begins."""
    size = data.size_octets
    held_back = b"BDAT %d LAST\r\n" % size
    for piece in data.as_chunk():
        if not connection.may_go_on(held_back, plan.session.timeouts.data_s):
            return
        size -= len(piece)
        held_back = piece
    if size:
        raise AssertionError("the chunk does not have the announced size")
    end_message(held_back, connection, plan)


def send_as_data(data: MailData, connection: Connection, plan: Plan) -> None:
    """Send the message with dots doubled, and end it by a lone dot."""
    for piece in data.as_data():
        if not connection.may_go_on(piece, plan.session.timeouts.data_s):
            return
    end_message(b".\r\n", connection, plan)


def end_message(octets: bytes, connection: Connection, plan: Plan) -> None:
    """Write the end of the message, unless the server has gone; the frontend is told before."""
    if connection.may_go_on(b"", plan.session.timeouts.data_s):
        plan.warn_of_doubt()
        connection.write(octets)
        connection.end_message(plan.session.timeouts.final_s)


def show(plan: Plan, *lines: str) -> None:
    """Show lines to who reads along."""
    if plan.show:
        for line in lines:
            plan.show(line)


def shown_lines(step: Step) -> list[str]:
    """Return a step as lines to read; a credential never is one."""
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

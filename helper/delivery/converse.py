"""Converse: the loop that joins an SMTP dialogue to a connection, the only place where both meet."""

from __future__ import annotations

from helper.failure import HostFailed, InDoubt, ReplyError
from helper.smtp.dialogue import dialogue
from helper.smtp.steps import Authenticated, Read, SendAsChunk, SendAsData, StartTLS, Write, WriteDataCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.delivery.network import Connection
    from helper.delivery.plan import Plan
    from helper.delivery.tls import TlsLayer
    from helper.smtp.reply import Reply
    from helper.smtp.steps import Dialogue, Step


def converse(connection: Connection, layer: TlsLayer | None, plan: Plan) -> Reply:
    """Hold the dialogue and return the reply that took the message.

    Once the end of the message is out, a lost connection, a time-out or nonsense leaves it in doubt: InDoubt.
    """
    steps = dialogue(plan.session, plan.envelope)
    try:
        step = next(steps)
        while True:
            if isinstance(step, Read):
                step = answer(steps, step, connection, plan)
            else:
                carry_out(step, connection, layer, plan)
                step = next(steps)
    except StopIteration as done:
        reply: Reply = done.value
        return reply
    except HostFailed as failure:
        if connection.message_is_out:
            raise InDoubt(failure.problem) from None
        raise
    except ReplyError as failure:
        if connection.message_is_out:
            raise InDoubt(f"the reply to {failure.command} {failure.problem}") from None
        raise


def answer(steps: Dialogue[Reply], step: Read, connection: Connection, plan: Plan) -> Step:
    """Give the dialogue the reply that it waits for, or what came instead, and return its next step."""
    try:
        reply = connection.read_reply(step.command, step.timeout_s)
    except ReplyError as error:
        return steps.throw(error)
    if plan.show:
        for line in reply.shown_lines:
            plan.show(f"<< {line}")
    return steps.send(reply)


def carry_out(step: Step, connection: Connection, layer: TlsLayer | None, plan: Plan) -> None:
    """Do what one step says."""
    if plan.show:
        for line in shown_lines(step):
            plan.show(f">> {line}")
    if isinstance(step, Write):
        connection.write(step.octets)
    elif isinstance(step, WriteDataCommand):
        connection.write(b"DATA\r\n")
    elif isinstance(step, SendAsChunk):
        send_as_chunk(connection, plan)
    elif isinstance(step, SendAsData):
        send_as_data(connection, plan)
    elif isinstance(step, StartTLS) and layer is not None:
        connection.secure(layer, plan.session.timeouts.command_s)
        plan.progress.tls = layer.version
    elif isinstance(step, Authenticated):
        plan.progress.auth = step.mechanism


def send_as_chunk(connection: Connection, plan: Plan) -> None:
    """Send the message as one chunk. Its last piece is held back until the frontend knows that doubt begins."""
    size = plan.envelope.size_octets
    connection.write(b"BDAT %d LAST\r\n" % size)
    held_back = b""
    for piece in plan.as_chunk():
        connection.write_message(held_back, plan.session.timeouts.data_s)
        size -= len(piece)
        held_back = piece
    if size:
        raise AssertionError("the chunk has not the announced size")
    plan.warn_of_doubt()
    connection.write(held_back)
    connection.end_message()


def send_as_data(connection: Connection, plan: Plan) -> None:
    """Send the message with dots doubled, and end it by a lone dot."""
    for piece in plan.as_data():
        connection.write_message(piece, plan.session.timeouts.data_s)
    plan.warn_of_doubt()
    connection.write(b".\r\n")
    connection.end_message()


def shown_lines(step: Step) -> list[str]:
    """Return what a person who reads along sees of a step."""
    if isinstance(step, Write):
        return step.shown.split("\n")
    if isinstance(step, WriteDataCommand):
        return ["DATA"]
    if isinstance(step, SendAsData):
        return ["(the message, and the dot that ends it)"]
    if isinstance(step, SendAsChunk):
        return ["BDAT (the message)"]
    return ["(TLS handshake)"] if isinstance(step, StartTLS) else []

"""Story: receive → route → compose → deliver → report. Only this module, and session.py for -bs, know the order."""

from __future__ import annotations

from helper import status
from helper.config.reach import reads_lists
from helper.config.values import Configuration
from helper.delivery.access import Observer, access_to
from helper.delivery.deliver import deliver
from helper.delivery.log import Progress
from helper.delivery.outgoing import compose_message, make_envelope
from helper.delivery.recipients import recipients_for_the_log, recipients_of
from helper.delivery.route_message import route_message
from helper.failure import ConfigError, DaemonError, Failure, MessageError
from helper.identity.origin import origin_of
from helper.message.header import split_message
from helper.message.mbox import mbox_sender
from helper.request.argv import inquiry, parse_argv, submission
from helper.request.channel import Gone
from helper.request.message import open_message
from helper.request.submission import AT_ONCE, DAEMON, SEND, SPEAK_SMTP
from helper.request.wire import NETWORK
from helper.routing.policy import check
from helper.sentence import Verdict, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.identity.identify import Person
    from helper.loaded_state import LoadedState
    from helper.request.argv import CommandLine
    from helper.request.channel import Channel
    from helper.request.message import Message
    from helper.request.submission import Submission

DISCARDED = Verdict(status.SENT, "accepted", "discarded: after the aliases no recipient is left")


def tell(channel: Channel, person: Person, state: LoadedState) -> None:
    """Do what the caller asks for, with the caller's rights, and answer with exactly one exit status."""
    progress = new_progress(person, state)
    is_send = False
    try:
        channel.receive()
        command = parse_argv(channel.arguments)
        is_send = command.mode == SEND
        answer = carry_out(command, person, progress, state, channel)
    except Gone:
        return
    except Failure as failure:
        answer = fail(verdict(failure), progress, state, channel)
    except MemoryError:
        answer = fail(out_of_memory(channel), progress, state, channel)
    if answer is not None:
        # After a failure the frontend reads the rest of its input. Otherwise SIGPIPE would kill the program that writes
        # it, and the user would be told of that program instead of the failure.
        channel.finish(answer, drain=is_send and answer != status.SENT)


def new_progress(person: Person, state: LoadedState) -> Progress:
    """Return the progress of a send that has not begun."""
    progress = Progress(person.login, person.uid, is_subordinate=person.is_subordinate)
    if state.sandbox is not None and state.sandbox.strength:
        progress.note("sandbox", state.sandbox.strength)
    return progress


def carry_out(
    command: CommandLine, person: Person, progress: Progress, state: LoadedState, channel: Channel
) -> int | None:
    """Do what the command line asks for, and return the exit status; None if another helper has to do it."""
    if command.mode in AT_ONCE:
        from helper.request.at_once import text_at_once

        channel.write(text_at_once(command).encode("ascii"))
        return status.SENT
    if command.configuration is not None and not state.is_callers_choice:
        channel.ask_for_unprivileged()
        return None
    if state.failure is not None and state.is_for_socket:
        channel.ask_for_socket(verdict(state.failure).line)
        return None
    if command.mode == DAEMON or (command.mode == SPEAK_SMTP and channel.input_kind == NETWORK):
        raise DaemonError("Daemon cannot be run")
    if command.mode == SEND:
        return send_message(command, person, progress, state, channel)
    if command.mode == SPEAK_SMTP:
        from helper.session import speak_smtp  # few sends need it

        return speak_smtp(command, person, state, channel)
    configuration = usable_configuration(state)
    from helper.delivery.inquire import inquire

    return inquire(inquiry(command), person, configuration, state.alias_files, channel.show)


def send_message(command: CommandLine, person: Person, progress: Progress, state: LoadedState, channel: Channel) -> int:
    """Receive the message, send it, and return the exit status."""
    asked = submission(command)
    progress.note_recipients(asked.recipients)
    if state.failure is not None and state.is_without_helper:
        raise state.failure
    descriptor = channel.message(size_limit(state), dot_ends=not command.dots_are_text)
    message = open_message(descriptor, size_limit(state))
    channel.watch()
    return report(send(asked, message, person, state, progress, channel), progress, state)


def send(
    asked: Submission, message: Message, person: Person, state: LoadedState, progress: Progress, channel: Channel
) -> Verdict:
    """Send one message to the smart host for all its recipients, or raise the Failure that says why it was not sent."""
    progress.note_recipients(asked.recipients)
    fields, body_start = split_message(message.octets)
    progress.note_recipients(recipients_for_the_log(asked, fields))
    configuration = usable_configuration(state)
    refuse_oversized(message, configuration)

    mbox_path = None if asked.session else mbox_sender(message.octets)  # in SMTP, MAIL FROM names the reverse-path
    origin = origin_of(person, asked, configuration, mbox_path)
    progress.note_reverse_path(origin.reverse_path)
    recipients = recipients_of(asked, fields, configuration)
    route = route_message(recipients, origin, configuration, state.alias_files)
    if route is None:
        check(configuration.policies, origin.caller, [], origin.reverse_path, message.size_octets)
        return DISCARDED
    addresses = [destination.address for destination in route.recipients]
    progress.note_recipients([address.octets for address in addresses])
    progress.note_reverse_path(route.reverse_path)

    outgoing = compose_message(fields, message.octets, body_start, route, origin, configuration)
    progress.note_message(outgoing.message_id, outgoing.data.size_octets)
    check(configuration.policies, origin.caller, route.recipients, route.reverse_path, outgoing.data.size_octets)

    envelope = make_envelope(route, outgoing, asked, configuration)
    access = access_to(configuration.transport(route.transport), state, observer(asked, state, progress, channel))
    shut_in_further(asked, configuration, state)
    reply = deliver(envelope, route.hosts, access)
    return Verdict(status.SENT, "accepted", reply.text)


def observer(asked: Submission, state: LoadedState, progress: Progress, channel: Channel) -> Observer:
    """Return who follows the delivery: the log, the frontend, and the caller with -v."""

    def warn_of_doubt() -> None:
        """Tell the frontend. No other host is tried from now on: only the next message of a session needs a secret."""
        channel.doubt()
        if not asked.session:
            state.forget_secrets()

    def show(line: str) -> None:
        """Show a line of the dialogue, with the seconds since the send began."""
        channel.say(f"{progress.seconds:.3f} {line}")

    return Observer(progress.note, warn_of_doubt, show if asked.show_dialogue else None)


def shut_in_further(asked: Submission, configuration: Configuration, state: LoadedState) -> None:
    """Restrict the sandbox to what the delivery needs, unless the next message of a session may read lists."""
    routes_again = asked.session and reads_lists(configuration, state.alias_files)
    if state.sandbox is not None and not routes_again:
        state.sandbox.shut_in_further()


def out_of_memory(channel: Channel) -> Verdict:
    """Return the verdict on a send for which the caller's limits, or the machine, leave too little memory."""
    if channel.is_in_doubt:
        reason = "there was not enough memory to read the smart host's reply"
        return Verdict(status.SYSTEM, "in-doubt", f"sendmail: may have been sent: {reason}")
    reason = "there is not enough memory for this message (ulimit -v, ulimit -d)"
    return Verdict(status.SYSTEM, "failed", f"sendmail: not sent: {reason}")


def fail(outcome: Verdict, progress: Progress, state: LoadedState, channel: Channel) -> int:
    """Tell the caller why the message was not sent, write the log line, and return the exit status."""
    channel.say(outcome.line)
    return report(outcome, progress, state)


def report(outcome: Verdict, progress: Progress, state: LoadedState) -> int:
    """Write the log line, and return the exit status. The caller gets the status only after the line is written."""
    refined = state.configuration is not None and state.configuration.exit_codes == "sysexits"
    exit_status = outcome.status if refined else status.simple(outcome.status)
    state.log.write(progress, outcome, exit_status)
    return exit_status


def size_limit(state: LoadedState) -> int | None:
    """Return how many octets a message may have, None for no limit.

    Where the configuration cannot be used, one of the usual size is still read: the log names its recipients.
    """
    return (Configuration if state.configuration is None else state.configuration).message_size_limit_octets


def usable_configuration(state: LoadedState) -> Configuration:
    """Return the configuration. Raise what is wrong with it, or with a file that it names."""
    if state.failure is not None or state.configuration is None:
        raise state.failure or ConfigError("the configuration", "was not read")
    return state.configuration


def refuse_oversized(message: Message, configuration: Configuration) -> None:
    """Raise MessageError if the message is over the limit. The frontend stops reading one octet beyond it."""
    limit = configuration.message_size_limit_octets
    if limit is not None and message.size_octets > limit:
        raise MessageError(f"the message has more than {limit} octets (message_size_limit)")

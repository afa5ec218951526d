"""Story: receive → route → compose → deliver → report. Only this module knows the order; phases share values alone."""

from __future__ import annotations

import gc

from helper import status
from helper.config.reach import reads_lists
from helper.delivery.compose import compose_message
from helper.delivery.deliver import deliver
from helper.delivery.inquire import inquire
from helper.delivery.origin import origin_of
from helper.delivery.plan import make_plan
from helper.delivery.receive import open_message
from helper.delivery.recipients import recipients_for_the_log, recipients_of
from helper.delivery.report import Progress
from helper.delivery.route import route_message
from helper.failure import ConfigError, DaemonError, Failure, InputError, MessageError, UsageError, WireError
from helper.message.header import split_message
from helper.message.mbox import mbox_sender
from helper.record import Record
from helper.routing.policy import check
from helper.sentence import Verdict, verdict
from helper.smtp.steps import shown
from helper.wire import Complaint, Inquiry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.values import Configuration
    from helper.delivery.channel import Channel
    from helper.delivery.identify import Person
    from helper.delivery.own_certificate import OwnCertificate
    from helper.delivery.receive import Message
    from helper.delivery.report import Log
    from helper.privileged.sandbox import Sandbox
    from helper.secret import Secret
    from helper.wire import Submission

# Where the configuration is too broken to say how large a message may be, one of the usual size is still read: its
# recipients are told in the log.
SIZE_LIMIT_OCTETS = 50 * 1024 * 1024

COMPLAINTS = {b"usage": UsageError, b"input": InputError, b"daemon": DaemonError}
DISCARDED = Verdict(status.SENT, "accepted", "discarded: the aliases leave nobody to send to")


class Holdings(Record):
    """What was read before the drop; `failure` is what was wrong with it, to be told with the caller's recipients."""

    configuration: Configuration | None
    failure: Failure | None
    secrets: dict[str, Secret]
    alias_files: dict[str, bytes | None]
    log: Log
    own_certificates: dict[str, OwnCertificate]  # by the name of the transport, as the secrets
    sandbox: Sandbox | None = None  # what this process is in


def tell(channel: Channel, person: Person, holdings: Holdings) -> None:
    """Carry out the caller's request, or those of a session one by one, with the rights that are left."""
    channel.announce(size_limit(holdings))
    while carry_out(person, new_progress(person, holdings), holdings, channel):
        gc.enable()  # the garbage of one message is not worth a look (bundle.py), that of many adds up


def new_progress(person: Person, holdings: Holdings) -> Progress:
    """Return what is known of a request before it has come."""
    progress = Progress(person.login, person.uid, is_subordinate=person.is_subordinate)
    if holdings.sandbox is not None and holdings.sandbox.strength:
        progress.notes["sandbox"] = holdings.sandbox.strength
    return progress


def carry_out(person: Person, progress: Progress, holdings: Holdings, channel: Channel) -> bool:
    """Carry out one request: whatever happens, one line in the log and one status. Say whether another may follow.

    None follows what breaks the rules of the wire: who lies once is not heard again.
    """
    message, may_follow = None, False
    try:
        received = channel.request()
        if received is None:
            return False  # `sendmail -bp` and its like need no helper, and a session has an end
        request, descriptor = received
        if isinstance(request, Complaint):
            progress.note_recipients(request.recipients)
            raise COMPLAINTS[request.kind](shown(request.problem))
        if request.session:
            may_follow = True
            progress.begin()
        if isinstance(request, Inquiry):
            channel.finish(inquire(request, person, usable_configuration(holdings), holdings.alias_files, channel.show))
            return may_follow
        message = open_message(descriptor, size_limit(holdings))
        outcome = send(request, message, person, holdings, progress, channel)
        if request.session:
            channel.show(outcome.line)  # a client of SMTP is told what took the message
    except WireError as failure:
        outcome, may_follow = verdict(failure), False
        channel.say(outcome.line)
    except Failure as failure:
        outcome = verdict(failure)
        channel.say(outcome.line)
    except MemoryError:
        outcome = out_of_memory(channel)
        channel.say(outcome.line)
    report(outcome, progress, holdings, channel)
    if message is not None:
        message.release()
    return may_follow


def send(
    submission: Submission, message: Message, person: Person, holdings: Holdings, progress: Progress, channel: Channel
) -> Verdict:
    """Bring one message to the smart host, or raise the Failure that says why it is not there."""
    progress.note_recipients(submission.recipients)
    fields, body_start = split_message(message.octets)
    progress.note_recipients(recipients_for_the_log(submission, fields))
    configuration = usable_configuration(holdings)
    refuse_oversized(message, configuration)

    named = None if submission.session else mbox_sender(message.octets)  # SMTP has MAIL for that
    origin = origin_of(person, submission, configuration, named)
    progress.note_reverse_path(origin.reverse_path)
    recipients = recipients_of(submission, fields, configuration)
    way = route_message(recipients, origin, configuration, holdings.alias_files)
    if way is None:
        check(configuration.policies, origin.caller, [], origin.reverse_path, message.size_octets)
        return DISCARDED
    addresses = [destination.address for destination in way.recipients]
    progress.note_recipients([address.octets for address in addresses])
    progress.note_reverse_path(way.reverse_path)

    outgoing = compose_message(fields, message.octets, body_start, way, origin, configuration)
    progress.note_message(outgoing.message_id, outgoing.data.size_octets)
    check(configuration.policies, origin.caller, way.recipients, way.reverse_path, outgoing.data.size_octets)

    plan = make_plan(way, outgoing, submission, configuration, holdings, progress, channel)
    shut_in_further(submission, configuration, holdings)
    reply = deliver(plan)
    return Verdict(status.SENT, "accepted", reply.text)


def shut_in_further(submission: Submission, configuration: Configuration, holdings: Holdings) -> None:
    """Read no more than the delivery needs, before the network is met; the next message of a session may need lists."""
    routes_again = submission.session and reads_lists(configuration, holdings.alias_files)
    if holdings.sandbox is not None and not routes_again:
        holdings.sandbox.shut_in_further()


def out_of_memory(channel: Channel) -> Verdict:
    """Return how a send ends for which the caller's limits, or the machine, leave too little memory."""
    if channel.is_in_doubt:
        reason = "there was not enough memory left to hear what the smart host said"
        return Verdict(status.SYSTEM, "in-doubt", f"sendmail: may have been sent: {reason}")
    reason = "there is not enough memory for this message (ulimit -v, ulimit -d)"
    return Verdict(status.SYSTEM, "failed", f"sendmail: not sent: {reason}")


def report(outcome: Verdict, progress: Progress, holdings: Holdings, channel: Channel) -> None:
    """Write the line of the log, and only then let the frontend end."""
    refined = holdings.configuration is not None and holdings.configuration.exit_codes == "sysexits"
    exit_status = outcome.status if refined else status.simple(outcome.status)
    holdings.log.write(progress, outcome, exit_status)
    channel.finish(exit_status)


def size_limit(holdings: Holdings) -> int | None:
    """Return how many octets a message may have, None for no limit."""
    return holdings.configuration.message_size_limit_octets if holdings.configuration else SIZE_LIMIT_OCTETS


def usable_configuration(holdings: Holdings) -> Configuration:
    """Return the configuration, or raise what was wrong with it or with a file that it names."""
    if holdings.failure is not None or holdings.configuration is None:
        raise holdings.failure or ConfigError("the configuration", "was not read")
    return holdings.configuration


def refuse_oversized(message: Message, configuration: Configuration) -> None:
    """Raise MessageError for a message over the limit; the frontend stops reading one octet beyond it."""
    limit = configuration.message_size_limit_octets
    if limit is not None and message.size_octets > limit:
        raise MessageError(f"the message has more than {limit} octets (message_size_limit)")

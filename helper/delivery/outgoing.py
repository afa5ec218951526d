"""Outgoing: the message with its final header, its body still in the memory file, and the envelope for it."""

from __future__ import annotations

import posix as os
import time

from helper.delivery.mail_data import mail_data
from helper.message.compose import Options, Stamp, compose
from helper.record import Record
from helper.smtp.envelope import Envelope
from helper.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.values import Configuration
    from helper.identity.origin import Origin
    from helper.message.header import Buffer, Field
    from helper.request.submission import Submission
    from helper.routing.single_transaction import Route
    from helper.smtp.envelope import MailData, Notification

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Outgoing(Record):
    """A message ready to go, and what the log calls it."""

    data: MailData
    message_id: bytes


def compose_message(
    fields: tuple[Field, ...],
    source: Buffer,
    body_start: int,
    route: Route,
    origin: Origin,
    configuration: Configuration,
) -> Outgoing:
    """Return the message for this route. MessageError if no server would accept it."""
    only_recipient = route.recipients[0].address if len(route.recipients) == 1 else None
    header = compose(
        fields,
        origin.author,
        stamp(origin, configuration.primary_hostname),
        Options(
            qualify_domain=configuration.qualify_domain,
            qualify_recipient=configuration.qualify_recipient,
            rewrite=origin.rewrite,
            received_header=configuration.received_header,
            only_recipient=only_recipient,
            headers_add=route.headers_add,
            headers_remove=route.headers_remove,
        ),
    )
    return Outgoing(mail_data(header.octets, source, body_start), header.message_id)


def make_envelope(route: Route, outgoing: Outgoing, submission: Submission, configuration: Configuration) -> Envelope:
    """Return the envelope of a message that goes to all recipients of its route."""
    addresses = [destination.address for destination in route.recipients]
    reverse_path = [] if route.reverse_path is None else [route.reverse_path]
    return Envelope(
        reverse_path=b"".join(mailbox.octets for mailbox in reverse_path),
        recipients=tuple(mailbox.octets for mailbox in addresses),
        data=outgoing.data,
        is_internationalised=any(mailbox.is_internationalised for mailbox in reverse_path + addresses),
        notification=notification(submission, route, configuration.qualify_recipient),
        requires_tls=configuration.transport(route.transport).requiretls,
        hidden={each.address.octets: each.given.octets for each in route.recipients if each.is_hidden},
    )


def notification(submission: Submission, route: Route, qualify_recipient: bytes) -> Notification | None:
    """Return what the caller asks for in delivery status notifications, None for nothing."""
    if not any((submission.notify, submission.ret, submission.envid, submission.recipient_parameters)):
        return None
    from helper.delivery.notification import notification_of

    return notification_of(submission, route.recipients, qualify_recipient)


def stamp(origin: Origin, primary_hostname: bytes) -> Stamp:
    """Return what the header says of this host, the caller and the time."""
    return Stamp(
        date=date_time(time.time()),
        unique=os.urandom(12).hex().encode("ascii"),
        uid=origin.caller.uid,
        login=origin.caller.login,
        primary_hostname=primary_hostname,
        version=VERSION.encode("ascii"),
    )


def date_time(seconds: float) -> bytes:
    """Return local time as RFC 5322, section 3.3 writes it, in English whatever the locale."""
    now = time.localtime(seconds)
    sign, minutes = ("-" if now.tm_gmtoff < 0 else "+"), abs(now.tm_gmtoff) // 60
    day = f"{WEEKDAYS[now.tm_wday]}, {now.tm_mday} {MONTHS[now.tm_mon - 1]} {now.tm_year}"
    clock = f"{now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02}"
    return f"{day} {clock} {sign}{minutes // 60:02}{minutes % 60:02}".encode("ascii")

"""Outgoing: the message as it goes out, header made, body untouched in its memory file until it is on the wire."""

from __future__ import annotations

import posix as os
import time

from helper.delivery.mail_data import mail_data
from helper.message.compose import Options, Stamp, compose
from helper.record import Record
from helper.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.values import Configuration
    from helper.identity.origin import Origin
    from helper.message.header import Buffer, Field
    from helper.routing.single_transaction import Route
    from helper.smtp.envelope import MailData

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Outgoing(Record):
    """A message ready to go, and what the log calls it."""

    data: MailData
    message_id: bytes


def compose_message(
    fields: tuple[Field, ...], source: Buffer, body_start: int, way: Route, origin: Origin, configuration: Configuration
) -> Outgoing:
    """Return the message that goes this way. MessageError for one that no server would take."""
    only_recipient = way.recipients[0].address if len(way.recipients) == 1 else None
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
            headers_add=way.headers_add,
            headers_remove=way.headers_remove,
        ),
    )
    return Outgoing(mail_data(header.octets, source, body_start), header.message_id)


def stamp(origin: Origin, primary_hostname: bytes) -> Stamp:
    """Return what this message is stamped with, here and now."""
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

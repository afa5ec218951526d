"""Notification: what the caller wants to hear of the message later, in the words of SMTP (RFC 3461)."""

from __future__ import annotations

from helper.delivery.recipients import argument_mailboxes
from helper.smtp.envelope import Notification

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from helper.address import Mailbox
    from helper.request.submission import Submission
    from helper.routing.step import Destination

# RFC 3461, section 4: xtext is printable ASCII but for these two.
PLAIN_IN_XTEXT = frozenset(range(33, 127)) - frozenset(b"+=")


def notification_of(
    submission: Submission, destinations: Sequence[Destination], qualify_recipient: bytes
) -> Notification | None:
    """Return the parameters of MAIL and of each RCPT, None if nothing was asked for."""
    asked = parameters_by_recipient(submission, qualify_recipient)
    if submission.notify is None and submission.ret is None and submission.envid is None and not asked:
        return None
    mail = b"" if submission.ret is None else b" RET=" + submission.ret
    mail += b"" if submission.envid is None else b" ENVID=" + xtext(submission.envid)
    for_all = b"" if submission.notify is None else b" NOTIFY=" + submission.notify
    return Notification(mail, tuple(with_original(asked.get(each.given.key, for_all), each) for each in destinations))


def parameters_by_recipient(submission: Submission, qualify_recipient: bytes) -> Mapping[bytes, bytes]:
    """Return what a client of -bs asked for, recipient by recipient, by the key of the address that it gave."""
    return {
        mailbox.key: b" " + parameters
        for text, parameters in zip(submission.recipients, submission.recipient_parameters, strict=False)
        if parameters
        for mailbox in argument_mailboxes(text, qualify_recipient)
    }


def with_original(parameters: bytes, destination: Destination) -> bytes:
    """Add the address that the caller knows, where an alias has replaced it (RFC 3461, section 5.2.7.1)."""
    if not parameters or b" ORCPT=" in parameters or destination.given.key == destination.address.key:
        return parameters
    return parameters + original(destination.given)


def original(mailbox: Mailbox) -> bytes:
    """Return ORCPT; one beyond ASCII has another form, which a server without SMTPUTF8 does not know (RFC 6533)."""
    return b"" if mailbox.is_internationalised else b" ORCPT=rfc822;" + xtext(mailbox.octets)


def xtext(octets: bytes) -> bytes:
    """Return octets as xtext."""
    return b"".join(b"%c" % octet if octet in PLAIN_IN_XTEXT else b"+%02X" % octet for octet in octets)

"""Recipients: whom the message is for, as the caller says it: arguments, and with -t the header."""

from __future__ import annotations

from helper.address import AddressSyntax, Mailbox
from helper.failure import AddressError, MessageError
from helper.message.address_list import parse_address_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.config.values import Configuration
    from helper.message.header import Field
    from helper.request.submission import Submission


def recipients_of(submission: Submission, fields: Sequence[Field], configuration: Configuration) -> list[Mailbox]:
    """Return the recipients before routing, qualified. AddressError or MessageError if one is none, or all are.

    Arguments and header together are the union, or, with extract_addresses_remove_arguments, the header's less the
    arguments (Exim's way).
    """
    qualify = configuration.qualify_recipient
    arguments = [mailbox for text in submission.recipients for mailbox in argument_mailboxes(text, qualify)]
    recipients = arguments
    if submission.recipients_from_header:
        from helper.message.header_recipients import header_recipients

        header = [Mailbox(local, qualify if domain is None else domain) for local, domain in header_recipients(fields)]
        recipients = arguments + header
        if configuration.extract_addresses_remove_arguments:
            removed = {mailbox.key for mailbox in arguments}
            recipients = [mailbox for mailbox in header if mailbox.key not in removed]
    if not recipients:
        raise MessageError("no recipient: neither an argument nor To:, Cc: or Bcc: of the message names one")
    return recipients


def argument_mailboxes(text: bytes, qualify: bytes) -> list[Mailbox]:
    """Return the addresses of one argument, which is an address list."""
    try:
        found = [
            Mailbox(spec.local_part, qualify if spec.domain is None else spec.domain)
            for spec in parse_address_list(text)
        ]
    except AddressSyntax as error:
        raise AddressError(text, f"is not a recipient: {error.problem}") from None
    if not found:
        raise AddressError(text.strip() or b'""', "is not a recipient: it contains no address")
    return found


def recipients_for_the_log(submission: Submission, fields: Sequence[Field]) -> tuple[bytes, ...]:
    """Return the recipients as they were given, for a failure that comes before they could be understood."""
    arguments = submission.recipients
    if not submission.recipients_from_header:
        return arguments
    from helper.message.header_recipients import header_recipients

    try:
        header = header_recipients(fields)
    except MessageError:
        return arguments
    return (*arguments, *(local if domain is None else local + b"@" + domain for local, domain in header))

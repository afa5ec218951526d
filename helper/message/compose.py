"""Compose the header that is sent from the header that was submitted.

Exim's specification, "Message processing"; RFC 5322, section 3.6; RFC 5321, section 4.4 for `Received:`.
"""

from __future__ import annotations

from helper.address import AddressSyntax, Mailbox
from helper.message.author import with_from, with_identity, with_resent_identity
from helper.message.header import Field, new_field
from helper.message.resent import split_at_newest_block
from helper.message.rewrite_header import rewrite_addresses
from helper.record import Record
from helper.text import TO_PRINTABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.message.author import Author

    Fields = tuple[Field, ...]

# Blind copies are nobody else's business; the others are written at delivery, which is not now.
REMOVED_KEYS = frozenset((b"bcc", b"resent-bcc", b"return-path", b"envelope-to", b"delivery-date"))
AUTHOR_KEYS = frozenset((b"from", b"sender", b"reply-to", b"resent-from", b"resent-sender", b"resent-reply-to"))
RECIPIENT_KEYS = frozenset((b"to", b"cc", b"resent-to", b"resent-cc"))
COMMENT_SPECIALS = frozenset(b"()\\")


class Stamp(Record):
    """The date and id of a message: `date` is a date-time of RFC 5322, `unique` an id of atext and dots."""

    date: bytes
    unique: bytes
    uid: int
    login: bytes
    primary_hostname: bytes
    version: bytes


class Options(Record):
    """The configuration of headers.

    `rewrite` is the [rewrite] table. `only_recipient` is named in `Received:`, None if there are several: each would
    see the others. `headers_add` are whole fields in one line, `headers_remove` names in lower case, with a `*` at the
    end for any rest; the added ones are not removed.
    """

    qualify_domain: bytes
    qualify_recipient: bytes
    rewrite: Callable[[Mailbox], Mailbox]
    received_header: bool = True
    only_recipient: Mailbox | None = None
    headers_add: tuple[bytes, ...] = ()
    headers_remove: tuple[bytes, ...] = ()


class Header(Record):
    """A header to be sent: its octets with LF line ends, the empty line included, and the Message-ID for the log."""

    octets: bytes
    message_id: bytes


def compose(fields: Fields, author: Author, stamp: Stamp, options: Options) -> Header:
    """Return the header that goes out: identified, completed, cleared, its addresses qualified and rewritten.

    MessageError if nobody can tell which `Resent-` fields are the newest ones.
    """
    fields = with_required(fields, author, stamp)
    fields = tuple(with_addresses(field, options) for field in fields)
    if options.received_header:
        fields = (received_field(stamp, options.only_recipient), *fields)
    message_id = message_id_of(fields)
    fields = tuple(field for field in fields if not is_removed(field, options.headers_remove))
    added = b"".join(field + b"\n" for field in options.headers_add)
    return Header(b"".join(field.octets for field in fields) + added + b"\n", message_id)


def with_required(fields: Fields, author: Author, stamp: Stamp) -> Fields:
    """Remove fields that only we may set, identify the sender, add `Date:` and `Message-ID:` if they are missing.

    In a message that is sent again, the newest block says who does, and gets its own; the rest is somebody else's. The
    block is found first: without its blind copies it may be empty, or an older one be taken for it.
    """
    before, block, after = split_at_newest_block(fields)
    is_sent_again = bool(block)
    before, block, after = cleared(before), cleared(block), cleared(after)
    if is_sent_again:
        block = with_date_and_id(with_resent_identity(block, after, author), b"Resent-", stamp)
        return with_date_and_id(with_from((*before, *block, *after), b"", author), b"", stamp)
    return with_date_and_id(with_identity(before, author), b"", stamp)


def cleared(fields: Fields) -> Fields:
    """Return the fields without those that do not go out."""
    return tuple(field for field in fields if field.key not in REMOVED_KEYS)


def with_date_and_id(fields: Fields, prefix: bytes, stamp: Stamp) -> Fields:
    """Add the fields whose names begin with a prefix: nothing, or `Resent-`."""
    keys = {field.key for field in fields}
    message_id = b"<" + stamp.unique + b"@" + stamp.primary_hostname + b">"
    if prefix.lower() + b"date" not in keys:
        fields = (*fields, new_field(prefix + b"Date", [stamp.date]))
    if prefix.lower() + b"message-id" not in keys:
        fields = (*fields, new_field(prefix + b"Message-ID", [message_id]))
    return fields


def with_addresses(field: Field, options: Options) -> Field:
    """Return a field with its addresses qualified, and, where they may be the caller's own, rewritten."""
    if field.key in AUTHOR_KEYS:
        return rewrite_addresses(field, lambda local, domain: author_address(local, domain, options))
    if field.key in RECIPIENT_KEYS:
        return rewrite_addresses(field, lambda local, domain: recipient_address(local, domain, options))
    return field


def author_address(local_part: bytes, domain: bytes | None, options: Options) -> bytes | None:
    """Return the address that replaces an author's, None if it stays or cannot be sent."""
    try:
        mailbox = Mailbox(local_part, options.qualify_domain if domain is None else domain)
    except AddressSyntax:
        return None
    rewritten = options.rewrite(mailbox)
    return rewritten.octets if domain is None or rewritten != mailbox else None


def recipient_address(local_part: bytes, domain: bytes | None, options: Options) -> bytes | None:
    """Return the qualified address of a recipient, None if it is qualified or none that we could send."""
    if domain is not None:
        return None
    try:
        return Mailbox(local_part, options.qualify_recipient).octets
    except AddressSyntax:
        return None


def received_field(stamp: Stamp, only_recipient: Mailbox | None) -> Field:
    """Return the `Received:` field of this submission, which names the caller."""
    who = b"(Gatepost %b, from userid %d, login %b)" % (stamp.version, stamp.uid, in_comment(stamp.login))
    parts = [b"by " + stamp.primary_hostname, who, b"id " + stamp.unique]
    if only_recipient is not None and not only_recipient.is_internationalised:
        parts.append(b"for <" + only_recipient.octets + b">")
    parts[-1] += b";"
    return new_field(b"Received", [*parts, stamp.date])


def in_comment(octets: bytes) -> bytes:
    """Return octets as they may stand in a comment (RFC 5322, section 3.2.2); what is not ASCII becomes `?`."""
    escaped = (b"\\%c" % octet if octet in COMMENT_SPECIALS else b"%c" % octet for octet in octets)
    return b"".join(escaped).translate(TO_PRINTABLE)


def message_id_of(fields: Fields) -> bytes:
    """Return the first Message-ID without white space at its ends or line ends in it."""
    for field in fields:
        if field.key == b"message-id":
            return b" ".join(field.body.split())
    return b""


def is_removed(field: Field, patterns: tuple[bytes, ...]) -> bool:
    """Return whether the configuration removes a field."""
    return any(
        field.key.startswith(pattern[:-1]) if pattern.endswith(b"*") else field.key == pattern for pattern in patterns
    )

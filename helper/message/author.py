"""Set `From:` and `Sender:` for the caller.

Exim's specification, "Message processing", sections on `From:`, `Sender:` and constructed addresses; RFC 5322, 3.6.2
and 3.6.6. All addresses here are as they were before [rewrite], which is applied to the result.
"""

from __future__ import annotations

from helper.address import AddressSyntax, Mailbox
from helper.message.address_list import parse_address_list
from helper.message.display_name import display_name
from helper.message.display_name import full_name_of as full_name_of
from helper.message.header import new_field
from helper.message.resent import end_of_block
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.message.address_list import AddrSpec
    from helper.message.header import Field

    Fields = tuple[Field, ...]


class Author(Record):
    """The sender of the message, and the rules for its header.

    `account` is the login at qualify_domain, or the login itself where it is an address; `own` are all addresses that
    are the caller's, `rewrite` is the [rewrite] table; `full_name` is UTF-8 and may be empty; `given_name` is that of
    -F. `reverse_path` is the one that was allowed, None if it is the null one. `override_from` is from_override.
    `prefix` and `suffix` are local_from_prefix and local_from_suffix, with a leading or trailing `*` for anything.
    """

    login: bytes
    full_name: bytes
    account: Mailbox
    own: tuple[Mailbox, ...]
    reverse_path: Mailbox | None
    trusted: bool
    rewrite: Callable[[Mailbox], Mailbox]
    given_name: bytes | None = None
    override_from: bool = False
    check_from: bool = True
    retain_sender: bool = False
    prefix: bytes = b""
    suffix: bytes = b""


def with_identity(fields: Fields, author: Author) -> Fields:
    """Return the fields of a message with `From:` and `Sender:` as the caller may have them.

    `From:` is added where it is missing, and completed where it is just the login. An untrusted caller's `Sender:` is
    removed, unless it is retained, and one is added where `From:` is not the caller's own address.
    """
    return identified(fields, b"", author)


def with_resent_identity(block: Fields, after: Fields, author: Author) -> Fields:
    """Return the newest block with `Resent-From:` and `Resent-Sender:` by the same rules.

    Of the fields after it nothing may come to belong to it: without its own Resent-Sender it would go on with the older
    block's, which anybody may have written.
    """
    block = identified(block, b"Resent-", author)
    if end_of_block((*block, *after), 0)[0] > len(block):
        return (*block, named(b"Resent-Sender", author.full_name, author.account))
    return block


def identified(fields: Fields, prefix: bytes, author: Author) -> Fields:
    """Apply the rules to fields whose names begin with a prefix: nothing, or `Resent-`."""
    if not author.trusted and (author.check_from or not author.retain_sender):
        fields = tuple(field for field in fields if field.key != prefix.lower() + b"sender")
    fields = with_from(tuple(completed(field, prefix, author) for field in fields), prefix, author)
    if author.override_from:
        key = prefix.lower() + b"from"
        fields = tuple(overridden(field, author) if field.key == key else field for field in fields)
    if author.trusted or not author.check_from or is_from_own(fields, prefix, author):
        return fields
    return (*fields, named(prefix + b"Sender", author.full_name, author.account))


def with_from(fields: Fields, prefix: bytes, author: Author) -> Fields:
    """Add the field `From:` if it is missing or empty."""
    key = prefix.lower() + b"from"
    fields = tuple(field for field in fields if field.key != key or field.body.strip())
    if any(field.key == key for field in fields):
        return fields
    return (*fields, named(prefix + b"From", name_for_from(author), author.reverse_path or author.account))


def completed(field: Field, prefix: bytes, author: Author) -> Field:
    """Return a `From:` that is just the login with name and address (sendmail's custom, kept by Exim).

    A login that is an address is not completed: the user wrote an address without a name.
    """
    written = field.body.strip().lower()
    if field.key != prefix.lower() + b"from" or written != author.login.lower() or written == author.account.key:
        return field
    return named(field.name, author.full_name if author.given_name is None else author.given_name, author.account)


def overridden(field: Field, author: Author) -> Field:
    """Return a `From:` with the caller's address and no other (from_override); one that names nobody is made anew."""
    from helper.message.override import with_only_address  # few configurations want it

    kept = with_only_address(field, author.account.octets)
    return kept or named(field.name, name_for_from(author), author.account)


def name_for_from(author: Author) -> bytes:
    """Return the name in a `From:` that is added; beside a trusted caller's -f the caller's name would be wrong."""
    if author.given_name is not None:
        return author.given_name
    speaks_for_other = author.trusted and author.reverse_path not in (None, *author.own)
    return b"" if speaks_for_other else author.full_name


def named(field_name: bytes, name: bytes, mailbox: Mailbox) -> Field:
    """Return a field that holds one address, with a display name if there is one."""
    words = display_name(name)
    return new_field(field_name, [*words, b"<" + mailbox.octets + b">"] if words else [mailbox.octets])


def is_from_own(fields: Fields, prefix: bytes, author: Author) -> bool:
    """Return whether `From:` has one address, and it is the caller's. Two such fields are checked both (threat H6)."""
    return all(is_own_alone(field, author) for field in fields if field.key == prefix.lower() + b"from")


def is_own_alone(field: Field, author: Author) -> bool:
    """Return whether a field has one address and it is the caller's; False for a field that cannot be parsed."""
    try:
        specs = parse_address_list(field.body)
    except AddressSyntax:
        return False
    return len(specs) == 1 and is_own(specs[0], author)


def is_own(spec: AddrSpec, author: Author) -> bool:
    """Return whether an address is the caller's: before or after [rewrite], with a permitted prefix and suffix."""
    try:
        mailbox = Mailbox(spec.local_part, author.account.domain if spec.domain is None else spec.domain)
    except AddressSyntax:
        return False
    return any(
        given.domain.lower() == own.domain.lower() and has_local_part(given.local_part, own.local_part, author)
        for given in (mailbox, author.rewrite(mailbox))
        for own in author.own
    )


def has_local_part(given: bytes, own: bytes, author: Author) -> bool:
    """Return whether `given` is `own` with what may stand before and after it; no case is known, as in Exim."""
    given, own = given.lower(), own.lower()
    at = given.find(own)
    while at >= 0:
        if may_precede(given[:at], author.prefix.lower()) and may_follow(given[at + len(own) :], author.suffix.lower()):
            return True
        at = given.find(own, at + 1)
    return False


def may_precede(text: bytes, prefix: bytes) -> bool:
    """Return whether a text is the permitted prefix, or nothing."""
    if prefix.startswith(b"*"):
        return not text or text.endswith(prefix[1:])
    return text in (b"", prefix)


def may_follow(text: bytes, suffix: bytes) -> bool:
    """Return whether a text is the permitted suffix, or nothing."""
    if suffix.endswith(b"*"):
        return not text or text.startswith(suffix[:-1])
    return text in (b"", suffix)

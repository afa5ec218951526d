"""The origin of a message: the caller, with the addresses that routing and the header use."""

from __future__ import annotations

from helper.address import AddressSyntax, Mailbox, wire_local_part
from helper.failure import AddressError
from helper.identity.reverse_path import reverse_path_for
from helper.message.author import Author, full_name_of
from helper.record import Record
from helper.routing.caller import Caller
from helper.routing.caller import identify as identify_caller
from helper.routing.rewrite import rewritten, rewritten_login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.config.values import Configuration
    from helper.identity.identify import Person
    from helper.identity.list_files import Files
    from helper.request.submission import Submission


class Origin(Record):
    """Who sends: `reverse_path` is the one that is allowed, None the null one; `rewrite` is the [rewrite] table."""

    caller: Caller
    author: Author
    reverse_path: Mailbox | None
    rewrite: Callable[[Mailbox], Mailbox]
    files: Files


def origin_of(
    person: Person, submission: Submission, configuration: Configuration, mbox_sender: bytes | None = None
) -> Origin:
    """Return the origin of a message. AddressError if a login or -f is not an address.

    `mbox_sender` is the sender in an mbox line. It is used like -f if there is none (Exim, "UUCP 'From'").
    """
    local_domains = (configuration.qualify_domain, configuration.primary_hostname)

    account = account_mailbox(person.login, configuration.qualify_domain)

    def rewrite(mailbox: Mailbox) -> Mailbox:
        if mailbox.key == account.key and account.octets.lower() == person.login.lower():
            return rewritten_login(configuration.rewrite, mailbox, local_domains)
        return rewritten(configuration.rewrite, mailbox, local_domains)

    caller = identify_caller(
        person.login,
        person.uid,
        person.groups,
        configuration.trusted_users,
        configuration.trusted_groups,
        has_account=person.has_account,
    )
    own = own_addresses(account, account_mailbox(person.login, configuration.primary_hostname), rewrite)
    requested = submission.reverse_path
    if requested is None and mbox_sender is not None and is_reverse_path(mbox_sender, configuration.qualify_domain):
        requested = mbox_sender
    allowed = reverse_path_for(requested, caller, own, configuration.untrusted_set_sender, configuration.qualify_domain)
    author = Author(
        login=person.login,
        full_name=full_name_of(person.gecos, person.login),
        account=account,
        own=own,
        reverse_path=allowed,
        trusted=caller.trusted,
        rewrite=rewrite,
        given_name=submission.full_name,
        override_from=configuration.from_override,
        check_from=configuration.local_from_check,
        retain_sender=configuration.local_sender_retain,
        prefix=configuration.local_from_prefix,
        suffix=configuration.local_from_suffix,
    )
    return Origin(caller, author, None if allowed is None else rewrite(allowed), rewrite, person.files)


def own_addresses(account: Mailbox, at_host: Mailbox, rewrite: Callable[[Mailbox], Mailbox]) -> tuple[Mailbox, ...]:
    """Return all addresses that are the caller's, for -f and `From:` alike; the account, which stands in, comes first.

    They are the login at qualify_domain and at primary_hostname, each also as [rewrite] has it.
    """
    return account, rewrite(account), at_host, rewrite(at_host)


def account_mailbox(login: bytes, domain: bytes) -> Mailbox:
    """Return the address of a login; one that is an address (SSSD) as it stands, one with odd characters quoted."""
    local_part, _, own_domain = login.rpartition(b"@")
    if local_part:
        try:
            return Mailbox(wire_local_part(local_part), own_domain)
        except AddressSyntax:
            pass
    try:
        return Mailbox(wire_local_part(login), domain)
    except AddressSyntax as error:
        raise AddressError(login, f"is a login that cannot be an address: {error.problem}") from None


def is_reverse_path(text: bytes, qualify: bytes) -> bool:
    """Return whether a text can be the reverse-path; an mbox line may have anything where that stands."""
    from helper.message.path import parse_reverse_path

    try:
        parse_reverse_path(text, qualify)
    except AddressSyntax:
        return False
    return True

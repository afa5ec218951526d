"""The reverse-path, and which callers may choose it (Exim, chapter 5, "Trusted users", `untrusted_set_sender`)."""

from __future__ import annotations

from helper.address import AddressSyntax
from helper.failure import AddressError
from helper.routing.patterns import matches_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.address import Mailbox
    from helper.routing.caller import Caller


def reverse_path_for(
    requested: bytes | None,
    caller: Caller,
    own: tuple[Mailbox, ...],
    untrusted_set_sender: tuple[bytes, ...],
    qualify: bytes,
) -> Mailbox | None:
    """Return the reverse-path of a message; None is the null reverse-path.

    `requested` is the text of `-f`, None if there was none. `own` are the addresses that are the caller's; the
    first is used if nothing was requested or the caller may not use it, which Exim ignores silently.
    AddressError for a text that is no address, whoever gives it.
    """
    if requested is None:
        return own[0]
    from helper.message.path import parse_reverse_path

    try:
        mailbox = parse_reverse_path(requested, qualify)
    except AddressSyntax as error:
        raise AddressError(requested.strip() or b'""', f"cannot be the reverse-path: {error.problem}") from None
    return mailbox if may_send_as(mailbox, caller, own, untrusted_set_sender) else own[0]


def may_send_as(
    mailbox: Mailbox | None, caller: Caller, own: tuple[Mailbox, ...], untrusted_set_sender: tuple[bytes, ...]
) -> bool:
    """Return whether a caller may use a reverse-path; every caller may use the null reverse-path."""
    if mailbox is None or caller.trusted:
        return True
    is_own = any(mailbox.key == each.key for each in own)
    return is_own or matches_address(untrusted_set_sender, mailbox)

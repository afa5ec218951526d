"""The `[[policies]]`: which callers may send what to whom. The first policy for a caller decides, and only that one."""

from __future__ import annotations

from helper.failure import NotPermitted
from helper.routing.patterns import matches_address
from helper.routing.undeliverable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.address import Mailbox
    from helper.config.values import Policy
    from helper.routing.caller import Caller
    from helper.routing.step import Destination


def check(
    policies: tuple[Policy, ...],
    caller: Caller,
    recipients: Sequence[Destination],
    reverse_path: Mailbox | None,
    size_octets: int,
) -> None:
    """Return if this message may be sent. NotPermitted says which limit of the caller's policy it exceeds.

    `recipients` and `reverse_path` are the final ones, after routing. The sentence tells what is forbidden and nothing
    else of the configuration; a limit is told, for who is over it cannot help it otherwise.
    """
    policy = policy_for(policies, caller)
    if policy is None:
        refuse_unknown(policies, caller)
        return
    name = printable(caller.login)
    if not policy.allow:
        raise NotPermitted(f"{name} may not send mail")
    if policy.senders and not matches_address(policy.senders, reverse_path):
        raise NotPermitted(f"{name} may not send as <{address_text(reverse_path)}>")
    for recipient in recipients:
        if policy.recipients and not matches_address(policy.recipients, recipient.address):
            raise NotPermitted(f"{name} may not send to <{recipient.name}>")
    if is_over(len(recipients), policy.recipients_max):
        raise NotPermitted(f"{name} may send to at most {policy.recipients_max} recipients at once")
    if is_over(size_octets, policy.message_size_limit_octets):
        raise NotPermitted(f"{name} may send at most {policy.message_size_limit_octets} octets at once")


def policy_for(policies: tuple[Policy, ...], caller: Caller) -> Policy | None:
    """Return the first policy that is for the caller; one without `callers` is for everybody."""
    for policy in policies:
        if not policy.callers or caller.is_among(policy.callers):
            return policy
    return None


def refuse_unknown(policies: tuple[Policy, ...], caller: Caller) -> None:
    """Raise NotPermitted for a uid without an account: a policy for its user would not be found."""
    if policies and not caller.has_account:
        raise NotPermitted(f"uid {caller.uid} has no account (or the directory service is down)", later=True)


def is_over(count: int, limit: int | None) -> bool:
    """Return whether a count is over a limit; None means no limit."""
    return limit is not None and count > limit


def address_text(mailbox: Mailbox | None) -> str:
    """Return an address for a sentence, nothing for the null reverse-path."""
    return "" if mailbox is None else printable(mailbox.octets)

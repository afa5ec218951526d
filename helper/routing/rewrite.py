"""The `[rewrite]` table: replace local addresses by addresses that a smart host accepts."""

from __future__ import annotations

from helper.address import Mailbox
from helper.routing.patterns import matches, matches_address

ANY_LOCAL_PART = b"*"


def rewritten(rules: tuple[tuple[bytes, bytes], ...], mailbox: Mailbox, local_domains: tuple[bytes, ...]) -> Mailbox:
    """Return an address rewritten by the first rule that matches, or the address itself.

    A rule is a pattern and an address. A pattern without `@` is a login in one of `local_domains`. A local part `*` of
    the address stands for the one that there was, so that `"*@old.example" = "*@new.example"` changes the domain alone.
    """
    for pattern, address in rules:
        if matches_address(address_patterns(pattern, local_domains), mailbox):
            return result(mailbox, address)
    return mailbox


def rewritten_login(
    rules: tuple[tuple[bytes, bytes], ...], mailbox: Mailbox, local_domains: tuple[bytes, ...]
) -> Mailbox:
    """Return the same for an address that is a login: a pattern without `@` is for all of it, so that `*` matches."""
    for pattern, address in rules:
        is_match = b"@" not in pattern and matches((pattern,), mailbox.octets)
        if is_match or matches_address(address_patterns(pattern, local_domains), mailbox):
            return result(mailbox, address)
    return mailbox


def result(mailbox: Mailbox, address: bytes) -> Mailbox:
    """Return the address that replaces another one by a rule."""
    local_part, _, domain = address.rpartition(b"@")
    return Mailbox(mailbox.local_part if local_part == ANY_LOCAL_PART else local_part, domain)


def address_patterns(pattern: bytes, local_domains: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return the left side of a rule as patterns for whole addresses."""
    if b"@" in pattern:
        return (pattern,)
    return tuple(pattern + b"@" + domain for domain in local_domains)

"""Read `[rewrite]`, which replaces addresses, and `[[policies]]`, which limit what callers may send."""

from __future__ import annotations

from helper.address import ATEXT, LOCAL_PART_LIMIT
from helper.config import schema
from helper.config.address_patterns import (
    DOMAIN_PATTERN_CHARACTERS,
    canonical_address,
    canonical_local_part,
    compared,
)
from helper.config.mailboxes import parse_mailbox
from helper.config.shape import At, BadValue, each
from helper.config.table import read_options, table_of, tables_of
from helper.config.values import Policy
from helper.domain import DOMAIN_LIMIT, is_domain


def build_rewrite(value: object) -> tuple[tuple[bytes, bytes], ...]:
    """Return pairs of a login or a pattern, and the address that takes its place."""
    rules = []
    for left_side, address in table_of(value).items():
        with At(left_side):
            pattern = compared(left_side, canonical_address if "@" in left_side else canonical_local_part)
        if not is_rewritable(pattern):
            raise BadValue("has a left side that is neither a login nor an address pattern", (left_side,))
        with At(left_side):
            mailbox = parse_mailbox(address)
            if mailbox.startswith(b"*@") and "*" not in pattern:
                raise BadValue("cannot have * on the right without one on the left")
        rules.append((pattern.encode(), mailbox))
    return tuple(rules)


def build_policies(value: object) -> tuple[Policy, ...]:
    """Return the policies in the order of the file."""
    tables = tables_of(value, "[[policies]]")
    return each(tables, lambda table: Policy(**read_options(table, schema.POLICY)))


def is_rewritable(pattern: str) -> bool:
    """Return whether it is a login or an address, with or without `*`; no regular expression, no negation."""
    local_part, at, domain = pattern.rpartition("@") if "@" in pattern else (pattern, "", "")
    is_short = 0 < len(local_part.encode()) <= LOCAL_PART_LIMIT
    is_local_part = is_short and local_part[0] not in "!^" and all(map(is_in_local_part, local_part))
    return is_local_part and (not at or is_domain_pattern(domain))


def is_domain_pattern(pattern: str) -> bool:
    """Return whether it can match a domain; without a wildcard it has to be one."""
    if "*" not in pattern:
        return is_domain(pattern.encode())
    return len(pattern) <= DOMAIN_LIMIT and DOMAIN_PATTERN_CHARACTERS.issuperset(pattern)


def is_in_local_part(character: str) -> bool:
    """Return whether a character may stand in a local part without quotes (RFC 5321, section 4.1.2; RFC 6531)."""
    return character.encode() in ATEXT + b"." or (not character.isascii() and character.isprintable())

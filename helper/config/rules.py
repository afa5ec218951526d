"""`[rewrite]` and `[[policies]]`: which addresses become others, and who may send what to whom."""

from __future__ import annotations

from helper.config import schema
from helper.config.mailboxes import ATEXT, DOMAIN_PATTERN_CHARACTERS, LOCAL_PART_LIMIT, compared, parse_mailbox
from helper.config.shape import At, BadValue, each
from helper.config.table import read_options, table_of, tables_of
from helper.config.values import Policy

PATTERN_LIMIT = 254  # octets: an address cannot be longer


def build_rewrite(value: object) -> tuple[tuple[bytes, bytes], ...]:
    """Return pairs of a login or a pattern, and the address that takes its place."""
    rules = []
    for left_side, address in table_of(value).items():
        with At(left_side):
            pattern = compared(left_side, "address_pattern" if "@" in left_side else "local_part_pattern")
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
    """Say whether it is a login or an address, with or without `*`; no regular expression, no negation."""
    local_part, at, domain = pattern.rpartition("@") if "@" in pattern else (pattern, "", "")
    is_local_part = 0 < len(local_part) <= LOCAL_PART_LIMIT and all(map(is_in_local_part, local_part))
    is_domain = bool(domain) and DOMAIN_PATTERN_CHARACTERS.issuperset(domain)
    return is_local_part and local_part[0] not in "!^" and (is_domain or not at) and len(pattern) <= PATTERN_LIMIT


def is_in_local_part(character: str) -> bool:
    """Say whether a character may stand in a local part without quotes (RFC 5321, section 4.1.2; RFC 6531)."""
    return character in ATEXT or character == "." or (not character.isascii() and character.isprintable())

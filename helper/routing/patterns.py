"""Patterns: exact text, `*` for anything, `^` for a regular expression, and a leading `!` to negate.

A list is read as Exim reads its lists (chapter "Domain, host, address, and local part lists"): the first item that
matches decides, and a list whose last item is negated takes what no item matched. Nothing here tells upper case from
lower case, and no text may have line ends in it (a Mailbox has none): `$` in an expression would match before one.
A Mailbox has one spelling, and the configuration brings patterns into the same one (config/address_patterns.py). The
quotes that a local part needs are compared by an expression alone: `b*@example.net` takes `"b b"@example.net`.
"""

from __future__ import annotations

from helper.address import content_of, lower_case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.address import Mailbox

NULL_REVERSE_PATH = b"<>"


def matches(patterns: tuple[bytes, ...], text: bytes) -> bool:
    """Return whether a list of patterns matches a domain; the empty list matches nothing."""
    text = lower_case(text)
    return decide(patterns, lambda pattern: matches_text(pattern, text))


def matches_local_part(patterns: tuple[bytes, ...], local_part: bytes) -> bool:
    """Return the same of a local part in its wire form."""
    local_part = lower_case(local_part)
    content = content_of(local_part)
    return decide(patterns, lambda pattern: matches_text(pattern, local_part if pattern.startswith(b"^") else content))


def matches_address(patterns: tuple[bytes, ...], mailbox: Mailbox | None) -> bool:
    """Return whether a list of patterns matches an address; `<>`, `*` and `^` match the null reverse-path (None)."""
    if mailbox is None:
        return decide(patterns, lambda pattern: pattern == NULL_REVERSE_PATH or matches_text(pattern, b""))
    local_part, domain = lower_case(mailbox.local_part), mailbox.domain.lower()
    return decide(patterns, lambda pattern: matches_parts(pattern, local_part, domain))


def decide(patterns: tuple[bytes, ...], takes: Callable[[bytes], bool]) -> bool:
    """Return the result of the first item that matches, else the opposite of the last item."""
    is_negated = False
    for pattern in patterns:
        is_negated = pattern.startswith(b"!")
        if takes(pattern[1:].lstrip() if is_negated else pattern):
            return not is_negated
    return is_negated


def matches_parts(pattern: bytes, local_part: bytes, domain: bytes) -> bool:
    """Return whether one pattern matches an address.

    Local part and domain are compared apart, so that a quoted local part with an `@` in it cannot lend the pattern
    `*@example.*` a domain that is not the address's own.
    """
    if pattern.startswith(b"^"):
        return matches_expression(pattern, local_part + b"@" + domain)
    local_part = content_of(local_part)
    if b"@" not in pattern:
        return matches_text(pattern, local_part + b"@" + domain)
    wanted_local_part, _, wanted_domain = pattern.rpartition(b"@")
    return matches_text(wanted_domain, domain) and matches_text(wanted_local_part, local_part)


def matches_text(pattern: bytes, text: bytes) -> bool:
    """Return whether one pattern matches a text in lower case."""
    if pattern.startswith(b"^"):
        return matches_expression(pattern, text)
    first, *middle = pattern.lower().split(b"*")
    if not middle:
        return first == text
    return matches_pieces(first, middle[:-1], middle[-1], text)


def matches_pieces(first: bytes, middle: list[bytes], last: bytes, text: bytes) -> bool:
    """Return whether a text contains the pieces between wildcards in this order, the outer two at its ends.

    The leftmost place of each piece is always a right choice, so that no backtracking is needed.
    """
    if len(first) + len(last) > len(text) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def matches_expression(expression: bytes, text: bytes) -> bool:
    """Return whether a regular expression matches a text. `re` is imported here: it is slow, and rarely needed."""
    import re

    return re.search(expression, text, re.IGNORECASE) is not None

"""Parse patterns for addresses into one canonical form, so that another spelling of an address evades no pattern.

Domains in A-labels, lower case and without a trailing dot; local parts in NFC (RFC 6532, section 3.1), in lower case
and without quotes. A pattern that no address could match, or not the ones that it seems to mean, is refused.
"""

from __future__ import annotations

from helper.address import lower_case, unescape
from helper.config.shape import DIGITS, LETTERS, BadValue, Shape, require, text_of
from helper.domain import NoALabel, a_label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PATTERN_LIMIT = 512  # characters; room for a regular expression
DOMAIN_PATTERN_CHARACTERS = LETTERS | DIGITS | frozenset("-_.*[]:")
WILDCARD = "*"


def parse_domain_pattern(value: object) -> bytes:
    """Return a pattern for domains, in the form in which they are compared."""
    text = compared(checked_pattern(value), canonical_domain)
    if not is_expression(text):
        require(DOMAIN_PATTERN_CHARACTERS.issuperset(text.removeprefix("!")), DOMAIN_PATTERN.words)
    return text.encode()


def parse_local_part_pattern(value: object) -> bytes:
    """Return a pattern for local parts, in the form in which they are compared."""
    text = checked_pattern(value)
    require("@" not in text or is_expression(text), "a pattern for what stands before the @")
    return compared(text, canonical_local_part).encode()


def parse_address_pattern(value: object) -> bytes:
    """Return a pattern for whole addresses; `<>` is the null reverse-path. BadValue if no address can match it."""
    text = checked_pattern(value)
    if "@" not in text and "*" not in text and not is_expression(text) and text.removeprefix("!") != "<>":
        raise BadValue("must have an @: write *@ before a domain")
    return compared(text, canonical_address).encode()


def compared(text: str, canonical: Callable[[str], str]) -> str:
    """Return a pattern in the form in which it is compared; `canonical` makes it of one without its `!`.

    BadValue for one that would not match what it seems to mean.
    """
    if text.isascii() and '"' not in text and not text.endswith("."):
        return text
    if is_expression(text):
        require(text.isascii(), "a regular expression in ASCII: domains are compared as A-labels (xn--...)")
        return text
    return ("!" if text.startswith("!") else "") + canonical(text.removeprefix("!"))


def checked_pattern(value: object) -> str:
    """Return a pattern that is not empty; a regular expression is compiled once, to see that it is one."""
    text = text_of(value)
    require(len(text) <= PATTERN_LIMIT and text.isprintable() and text not in ("", "!"), PATTERN.words)
    if is_expression(text):
        require(compiles(text.removeprefix("!").encode()), "a regular expression after the ^")
    else:
        require(" " not in "".join(text.split('"')[::2]), "a pattern without spaces outside quotes")
    return text


def is_expression(text: str) -> bool:
    """Return whether a pattern is a regular expression."""
    return text.removeprefix("!").startswith("^")


def compiles(expression: bytes) -> bool:
    """Return whether re can use an expression. No exception leaves here: re.error keeps the expression."""
    import re

    try:
        re.compile(expression)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def canonical_address(pattern: str) -> str:
    """Return a pattern for addresses, without its `!`, in the form in which it is compared. BadValue.

    Without an `@`, what stands before the first wildcard is of the local part, and what stands after the last one of
    the domain: either could be in neither.
    """
    local_part, at, domain = pattern.rpartition("@")
    if at:
        return canonical_local_part(local_part) + at + canonical_domain(domain)
    if WILDCARD not in pattern:
        return pattern
    head, tail = pattern.partition(WILDCARD)[0], pattern.rpartition(WILDCARD)[2]
    middle = pattern[len(head) : len(pattern) - len(tail)]
    if not middle.isascii() or '"' in pattern:
        raise BadValue("must have an @ between local part and domain")
    return lower_case(head.encode("utf-8")).decode("utf-8") + canonical_domain(middle + tail)


def canonical_local_part(pattern: str) -> str:
    """Return a pattern for local parts in the form in which it is compared."""
    octets = pattern.encode("utf-8")
    is_quoted = len(octets) > 1 and octets.startswith(b'"') and octets.endswith(b'"')
    content = unescape(octets[1:-1]) if is_quoted else octets
    if is_quoted and content.startswith((b"!", b"^")):
        raise BadValue("must not begin with a quoted ! or ^: write a regular expression")
    return lower_case(content).decode("utf-8")


def canonical_domain(pattern: str) -> str:
    """Return a pattern for domains in the form in which it is compared: each label without a wildcard is converted."""
    if pattern in (".", ""):
        return pattern
    return ".".join(map(canonical_label, pattern.removesuffix(".").split(".")))


def canonical_label(label: str) -> str:
    """Return one label of it."""
    if label.isascii():
        return label.lower()
    if WILDCARD in label:
        raise BadValue("must not have * in a label that is not ASCII: it is compared as an A-label (xn--...)")
    try:
        return a_label(label)
    except NoALabel:
        pass  # raised below: an exception must not lead to the value
    raise BadValue("must have labels that can be converted to A-labels (xn--...)")


PATTERN = Shape("a pattern of printable characters, at most 512", checked_pattern)
DOMAIN_PATTERN = Shape("a pattern for domains (no named lists, no lookups)", parse_domain_pattern)
LOCAL_PART_PATTERN = Shape("a pattern for local parts", parse_local_part_pattern)
ADDRESS_PATTERN = Shape("a pattern for addresses", parse_address_pattern)

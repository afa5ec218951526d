"""The one form in which addresses, and patterns for them, are compared: who writes one otherwise evades no pattern.

Domains in A-labels, lower case and without a trailing dot; local parts in NFC (RFC 6532, section 3.1) and without
quotes that they do not need; patterns, without any. Only what is not plain ASCII comes here.
"""

from __future__ import annotations

import unicodedata

from helper.message.a_label import NoALabel, a_label, ascii_domain
from helper.message.local_part import content_of, unescape, wire_local_part

WILDCARD = "*"


class NoCanonicalForm(Exception):
    """A pattern that no address could match, or not the ones that it seems to mean; `problem` says why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def canonical_parts(local_part: bytes, domain: bytes) -> tuple[bytes, bytes]:
    """Return local part (wire form) and domain of an address in UTF-8. NoALabel for a domain that has none."""
    normalized = unicodedata.normalize("NFC", content_of(local_part).decode("utf-8")).encode("utf-8")
    return wire_local_part(normalized), ascii_domain(domain)


def lower_case(octets: bytes) -> bytes:
    """Return UTF-8 in lower case and NFC."""
    lowered = unicodedata.normalize("NFC", octets.decode("utf-8")).lower()
    return unicodedata.normalize("NFC", lowered).encode("utf-8")


def address_pattern(pattern: str) -> str:
    """Return a pattern for addresses, without its `!`, in the form in which it is compared. NoCanonicalForm.

    Without an `@`, what stands before the first wildcard is of the local part, and what stands after the last one of
    the domain: either could be in neither.
    """
    local_part, at, domain = pattern.rpartition("@")
    if at:
        return local_part_pattern(local_part) + at + domain_pattern(domain)
    if WILDCARD not in pattern:
        return pattern
    head, tail = pattern.partition(WILDCARD)[0], pattern.rpartition(WILDCARD)[2]
    middle = pattern[len(head) : len(pattern) - len(tail)]
    if not middle.isascii() or '"' in pattern:
        raise NoCanonicalForm("must have an @ between local part and domain")
    return lower_case(head.encode("utf-8")).decode("utf-8") + domain_pattern(middle + tail)


def local_part_pattern(pattern: str) -> str:
    """Return a pattern for local parts in the form in which it is compared."""
    octets = pattern.encode("utf-8")
    is_quoted = len(octets) > 1 and octets.startswith(b'"') and octets.endswith(b'"')
    content = unescape(octets[1:-1]) if is_quoted else octets
    if is_quoted and content.startswith((b"!", b"^")):
        raise NoCanonicalForm("must not begin with a quoted ! or ^: write a regular expression")
    return lower_case(content).decode("utf-8")


def domain_pattern(pattern: str) -> str:
    """Return a pattern for domains in the form in which it is compared: each label without a wildcard is converted."""
    if pattern in (".", ""):
        return pattern
    return ".".join(map(label_pattern, pattern.removesuffix(".").split(".")))


def label_pattern(label: str) -> str:
    """Return one label of it."""
    if label.isascii():
        return label.lower()
    if WILDCARD in label:
        raise NoCanonicalForm("must have no * in a label beyond ASCII, which is compared as an A-label (xn--...)")
    try:
        return a_label(label)
    except NoALabel:
        raise NoCanonicalForm("must have labels that have a form in ASCII (A-labels)") from None

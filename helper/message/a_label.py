"""A-labels: an internationalised domain in ASCII (RFC 5890), for servers that know no other.

Punycode and nothing before it: a mapping (ss for the German sharp s, in IDNA 2003) would name another domain. So only
what IDNA 2008 takes unmapped is converted, and what it may not take is refused (RFC 5891, section 5).
"""

from __future__ import annotations

import unicodedata

LABEL_LIMIT = 63  # octets (RFC 1035, section 2.3.4)
DOMAIN_LIMIT = 255
# Letters, marks and digits (RFC 5892, section 2.1); capitals are put into lower case, which is how they are looked up.
CATEGORIES = ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")


class NoALabel(Exception):
    """An address that has no form in ASCII; `problem` says why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def ascii_address(address: bytes) -> bytes:
    """Return an address with its domain in A-labels. NoALabel for a local part beyond ASCII: it stays as it is."""
    if address.isascii():
        return address
    local_part, _, domain = address.rpartition(b"@")
    if not local_part.isascii():
        raise NoALabel("only the domain of an address can be put into ASCII")
    return local_part + b"@" + ascii_domain(domain)


def ascii_domain(domain: bytes) -> bytes:
    """Return a domain in A-labels; labels that are in ASCII stay as they are."""
    if domain.isascii():
        return domain
    try:
        converted = ".".join(map(a_label, domain.decode("utf-8").split("."))).encode("ascii")
    except UnicodeDecodeError:
        raise NoALabel("its domain is not in UTF-8") from None
    if len(converted) > DOMAIN_LIMIT:
        raise NoALabel("its domain is too long in ASCII")
    return converted


def a_label(label: str) -> str:
    """Return the A-label of a label, itself where it is ASCII. NoALabel where it has none."""
    if label.isascii():
        return label
    label = unicodedata.normalize("NFC", label).lower()
    is_taken = all(character == "-" or unicodedata.category(character) in CATEGORIES for character in label)
    is_stable = unicodedata.normalize("NFKC", label) == label  # else it is a look-alike of another (RFC 5892, 2.2)
    is_placed = unicodedata.category(label[0])[0] != "M" and label[2:4] != "--" and "-" not in (label[0], label[-1])
    encoded = "xn--" + label.encode("punycode").decode("ascii")
    if not (is_taken and is_stable and is_placed and len(encoded) <= LABEL_LIMIT):
        raise NoALabel("its domain cannot be put into ASCII")
    return encoded

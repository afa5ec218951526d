"""Domains: what may stand after the @ of an address, in EHLO, and as the name of a host (RFC 5321, section 4.1.2).

An internationalised name goes out in A-labels (RFC 5890), made by Punycode alone. A mapping, such as ss for the German
sharp s in IDNA 2003, would name another domain. So only what IDNA 2008 accepts without mapping is converted, and all
else is refused (RFC 5891, section 5).
"""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_pton

DOMAIN_LIMIT = 255  # octets (RFC 5321, section 4.5.3.1.2)
LABEL_LIMIT = 63  # octets (RFC 1035, section 2.3.4)

LETTERS_AND_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
NON_ASCII = bytes(range(128, 256))
# RFC 952 allows no underscore, but many machines have one in their names.
NAME_OCTETS = LETTERS_AND_DIGITS + b"-_."
IPV6_TAG = "ipv6:"  # RFC 5321, section 4.1.3; tags know no case
# Letters, marks and digits (RFC 5892, section 2.1). Capitals are put into lower case before.
CATEGORIES = ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")


class NoALabel(Exception):
    """An address or domain has no form in ASCII. `problem` says why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def is_domain(domain: bytes) -> bool:
    """Return whether it can be the domain of an address: a name, or an IP address in square brackets."""
    return is_literal(domain) if domain.startswith(b"[") else is_name(domain)


def is_name(name: bytes) -> bool:
    """Return whether it is a name, in ASCII or UTF-8 (RFC 1123, section 2.1).

    A name that ends in a number is refused, as Postfix does: it is an IP address without brackets.
    """
    if len(name) > DOMAIN_LIMIT or name.translate(None, NAME_OCTETS + NON_ASCII):
        return False
    labels = name.split(b".")
    return all(map(is_label, labels)) and not labels[-1].isdigit()


def is_label(label: bytes) -> bool:
    """Return whether an ASCII label has a valid length, and no hyphen at an end. Beyond ASCII, a_label() decides."""
    if not label.isascii():
        return True
    return 0 < len(label) <= LABEL_LIMIT and not label.startswith(b"-") and not label.endswith(b"-")


def is_literal(domain: bytes) -> bool:
    """Return whether it is like `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321, section 4.1.3)."""
    if not (domain.isascii() and domain.startswith(b"[") and domain.endswith(b"]")):
        return False
    address = domain[1:-1].decode("ascii")
    tag, address_v6 = address[: len(IPV6_TAG)].lower(), address[len(IPV6_TAG) :]
    return is_ipv6(address_v6) if tag == IPV6_TAG else is_ipv4(address)


def is_ipv4(text: str) -> bool:
    """Return whether it is an IPv4 address. A leading zero is refused, because some programs read it as octal."""
    return is_address_of(AF_INET, text)


def is_ipv6(text: str) -> bool:
    """Return whether it is an IPv6 address (RFC 4291, section 2.2), without a zone."""
    return is_address_of(AF_INET6, text)


def is_address_of(family: int, text: str) -> bool:
    """Return whether inet_pton(3) accepts it."""
    try:
        inet_pton(family, text)
    except (OSError, ValueError):  # ValueError for a NUL, or a text without a form in UTF-8
        return False
    return True


def ascii_address(address: bytes) -> bytes:
    """Return an address with its domain in A-labels. NoALabel if the local part is not ASCII."""
    if address.isascii():
        return address
    local_part, _, domain = address.rpartition(b"@")
    if not local_part.isascii():
        raise NoALabel("only the domain of an address can be put into ASCII")
    return local_part + b"@" + ascii_domain(domain)


def ascii_domain(domain: bytes) -> bytes:
    """Return a domain in A-labels. Labels in ASCII do not change."""
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
    """Return the A-label of a label; an ASCII label is returned unchanged. NoALabel if there is none."""
    if label.isascii():
        return label
    from unicodedata import category, normalize  # few domains need it

    label = normalize("NFC", label).lower()
    is_taken = all(character == "-" or category(character) in CATEGORIES for character in label)
    is_stable = normalize("NFKC", label) == label  # else it is a look-alike of another (RFC 5892, section 2.2)
    is_placed = category(label[0])[0] != "M" and label[2:4] != "--" and "-" not in (label[0], label[-1])
    encoded = "xn--" + label.encode("punycode").decode("ascii")
    if not (is_taken and is_stable and is_placed and len(encoded) <= LABEL_LIMIT):
        raise NoALabel("its domain cannot be put into ASCII")
    return encoded

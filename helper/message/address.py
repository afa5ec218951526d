"""Addresses: the mailbox that a command can carry, and how it is read (RFC 5321, section 4.1.2; RFC 6531 for UTF-8)."""

from __future__ import annotations

from helper.message.address_list import AddrSpec as AddrSpec
from helper.message.address_list import parse_address_list as parse_address_list
from helper.message.local_part import NON_ASCII, has_no_empty_label
from helper.message.local_part import content_of as content_of
from helper.message.local_part import lower_case as lower_case
from helper.message.local_part import wire_local_part as wire_local_part
from helper.message.tokens import LETTERS_AND_DIGITS
from helper.message.tokens import AddressSyntax as AddressSyntax
from helper.record import Record
from helper.text import CONTROLS

# Octets. RFC 5321 has 64, and wants no limit where that can be (section 4.5.3.1): tokens of ticket systems and senders
# rewritten by forwarders (SRS) are longer, and it is the smart host that knows whether somebody has such an address.
LOCAL_PART_LIMIT = 255
DOMAIN_LIMIT = 255  # octets (RFC 5321, section 4.5.3.1.2)

# Stricter than RFC 5322's dot-atom: these are what resolvers and servers know; the underscore is met in practice.
DOMAIN_OCTETS = LETTERS_AND_DIGITS + b"-_."
LITERAL_OCTETS = LETTERS_AND_DIGITS + b"-.:"


class Mailbox(Record):
    """An address that is safe in a command and in a header field.

    The local part is in its one wire form (see wire_local_part) and in NFC, the domain a name in A-labels or
    `[literal]`. AddressSyntax for anything else, so that no later code asks whether it holds a line break, a space or
    an angle bracket, and for a domain that has no A-labels.
    """

    local_part: bytes
    domain: bytes

    def __init__(self, local_part: bytes, domain: bytes) -> None:
        check_local_part(local_part)
        check_domain(domain, len(local_part) + 1)
        if not (local_part.isascii() and domain.isascii()):
            local_part, domain = canonical_parts(local_part, domain)
        super().__init__(local_part, domain)

    @property
    def octets(self) -> bytes:
        """The address as it is sent, without angle brackets."""
        return self.local_part + b"@" + self.domain

    @property
    def key(self) -> bytes:
        """What is equal for equal addresses: only the domain knows no case (RFC 5321, section 2.4)."""
        return self.local_part + b"@" + self.domain.lower()

    @property
    def is_internationalised(self) -> bool:
        """Whether it needs SMTPUTF8 (RFC 6531)."""
        return not self.local_part.isascii()


def parse_mailbox(text: bytes, qualify: bytes) -> Mailbox:
    """Return the only address of a text, with the domain `qualify` where it has none. AddressSyntax for none or two."""
    found = parse_address_list(text)
    if len(found) != 1:
        raise AddressSyntax("there is no address" if not found else "there is more than one address", 0)
    return Mailbox(found[0].local_part, qualify if found[0].domain is None else found[0].domain)


def canonical_parts(local_part: bytes, domain: bytes) -> tuple[bytes, bytes]:
    """Return local part and domain in the form in which they are compared and sent, or raise AddressSyntax."""
    from helper.message import canonical  # few addresses need it
    from helper.message.a_label import NoALabel

    try:
        local_part, domain = canonical.canonical_parts(local_part, domain)
    except NoALabel as error:
        raise AddressSyntax(error.problem, len(local_part) + 1) from None
    check_local_part(local_part)
    return local_part, domain


def check_local_part(local_part: bytes) -> None:
    """Refuse what is no local part in its wire form. AddressSyntax says why."""
    if len(local_part) > LOCAL_PART_LIMIT:
        raise AddressSyntax(f"a local part has more than {LOCAL_PART_LIMIT} octets", 0)
    check_characters(local_part, 0)
    if wire_local_part(content_of(local_part)) != local_part:
        raise AddressSyntax("a local part is not in its wire form", 0)


def check_domain(domain: bytes, position: int) -> None:
    """Refuse what is no domain. AddressSyntax says why, and that it is at `position`."""
    if len(domain) > DOMAIN_LIMIT:
        raise AddressSyntax(f"a domain has more than {DOMAIN_LIMIT} octets", position)
    check_characters(domain, position)
    if domain[:1] == b"[":
        content = domain[1:-1]
        if domain[-1:] != b"]" or not content or content.translate(None, LITERAL_OCTETS):
            raise AddressSyntax("a domain literal is wrong", position)
    elif domain.translate(None, DOMAIN_OCTETS + NON_ASCII) or not has_no_empty_label(domain):
        raise AddressSyntax("a domain is wrong", position)


def check_characters(octets: bytes, position: int) -> None:
    """Refuse controls, and above ASCII all that is not UTF-8, the C1 controls and every kind of space."""
    if octets.translate(None, CONTROLS) != octets:
        raise AddressSyntax("an address has a control character", position)
    if octets.isascii():
        return
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise AddressSyntax("an address has octets that are not UTF-8", position) from None
    if any(not char.isascii() and (char.isspace() or char < "\xa0") for char in text):
        raise AddressSyntax("an address has a space or a control character beyond ASCII", position)

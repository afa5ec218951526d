"""Addresses: the one definition of a mailbox (RFC 5321, section 4.1.2; RFC 6531 for UTF-8). All rooms use this one."""

from __future__ import annotations

from helper.domain import DOMAIN_LIMIT, LETTERS_AND_DIGITS, NON_ASCII, NoALabel, ascii_domain, is_domain, is_ipv4
from helper.record import Record
from helper.text import CONTROLS

# Octets. RFC 5321, section 4.5.3.1, says what everybody must accept: 64 for a local part, 256 for a path. It asks for
# no limits where they can be avoided. Tickets and addresses rewritten by forwarders (SRS) are longer, and only the
# smart host knows whether such an address exists. These limits allow every local part before every domain.
LOCAL_PART_LIMIT = 255
ADDRESS_LIMIT = LOCAL_PART_LIMIT + 1 + DOMAIN_LIMIT

ATEXT = LETTERS_AND_DIGITS + b"!#$%&'*+-/=?^_`{|}~"  # RFC 5322, section 3.2.3


class AddressSyntax(Exception):
    """A text is not an address or address list. `position` counts octets from its start."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(problem, position)
        self.problem = problem
        self.position = position


class Mailbox(Record):
    """An address that is safe in a command and in a header field.

    The local part is in its wire form (see wire_local_part) and in NFC. The domain is a name in A-labels or a literal
    in brackets. AddressSyntax for anything else, so no later code has to look for a line break, a space or an angle
    bracket.
    """

    local_part: bytes
    domain: bytes

    def __init__(self, local_part: bytes, domain: bytes) -> None:
        check_address(local_part, domain)
        if not (local_part.isascii() and domain.isascii()):
            local_part, domain = canonical_parts(local_part, domain)
            check_address(local_part, domain)
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


def check_address(local_part: bytes, domain: bytes) -> None:
    """Raise AddressSyntax if the local part is not in its wire form, or if the domain is wrong."""
    if len(local_part) > LOCAL_PART_LIMIT:
        raise AddressSyntax(f"a local part has more than {LOCAL_PART_LIMIT} octets", 0)
    check_characters(local_part, 0)
    if wire_local_part(content_of(local_part)) != local_part:
        raise AddressSyntax("a local part is quoted without need, or lacks quotes", 0)
    check_domain(domain, len(local_part) + 1)


def check_domain(domain: bytes, position: int) -> None:
    """Raise AddressSyntax at `position` if this is not a domain."""
    if len(domain) > DOMAIN_LIMIT:
        raise AddressSyntax(f"a domain has more than {DOMAIN_LIMIT} octets", position)
    check_characters(domain, position)
    if is_domain(domain):
        return
    if domain.startswith(b"["):
        raise AddressSyntax("a domain literal is wrong", position)
    if is_ipv4(domain.decode("utf-8")):
        raise AddressSyntax("an IP address must be in square brackets", position)
    raise AddressSyntax("a domain is wrong", position)


def check_characters(octets: bytes, position: int) -> None:
    """Raise AddressSyntax for controls, for octets that are not UTF-8, and beyond ASCII for C1 controls and spaces."""
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


def canonical_parts(local_part: bytes, domain: bytes) -> tuple[bytes, bytes]:
    """Return local part and domain in the form in which they are compared and sent. AddressSyntax if there is none.

    Local parts are in NFC (RFC 6532, section 3.1) and without unnecessary quotes, domains are in A-labels.
    """
    from unicodedata import normalize  # few addresses need it

    content = normalize("NFC", content_of(local_part).decode("utf-8")).encode("utf-8")
    try:
        return wire_local_part(content), ascii_domain(domain)
    except NoALabel as error:
        raise AddressSyntax(error.problem, len(local_part) + 1) from None


def wire_local_part(content: bytes) -> bytes:
    """Return the only wire form of a local part: `content` as it is, or as a quoted string if it has to be quoted.

    `"bob"@x` and `bob@x` are the same mailbox, and quotes are dropped where they can be (RFC 5321, section 4.1.2).
    """
    if is_dot_string(content):
        return content
    return b'"' + content.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def content_of(local_part: bytes) -> bytes:
    """Return what a local part in its wire form means."""
    return unescape(local_part[1:-1]) if local_part.startswith(b'"') else local_part


def is_dot_string(content: bytes) -> bool:
    """Return whether it can be a local part without quotes: no dot at an end, and no two dots in a row."""
    is_plain = bool(content) and not content.translate(None, ATEXT + b"." + NON_ASCII)
    return is_plain and not content.startswith(b".") and not content.endswith(b".") and b".." not in content


def unescape(text: bytes) -> bytes:
    """Resolve quoted pairs (RFC 5322, section 3.2.1). A backslash at the end is dropped."""
    if b"\\" not in text:
        return text
    pieces = text.split(b"\\\\")
    return b"\\".join(piece.replace(b"\\", b"") for piece in pieces)


def lower_case(octets: bytes) -> bytes:
    """Return octets of an address in lower case, as they are compared without regard to case. UTF-8 is put into NFC."""
    if octets.isascii():
        return octets.lower()
    from unicodedata import normalize  # few addresses need it

    lowered = normalize("NFC", octets.decode("utf-8")).lower()
    return normalize("NFC", lowered).encode("utf-8")

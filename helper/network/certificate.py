"""Read certificates (RFC 5280): the public key, the names and the dates.

A reader for DER that knows one way to write each thing, looks at each octet a fixed number of times and goes only as
deep as a certificate is. What OpenSSL says of a certificate counts; this is for what it does not say.
"""

from __future__ import annotations

from helper.record import Record
from helper.text import printable

CERTIFICATE_LIMIT = 128 * 1024  # octets; OpenSSL takes chains of 100 KiB
NAMES_LIMIT = 5  # shown of a certificate, which may have hundreds
NAME_LIMIT = 100  # characters shown of a name

INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID = 0x02, 0x03, 0x04, 0x06
UTF8_STRING, PRINTABLE_STRING, IA5_STRING = 0x0C, 0x13, 0x16
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE = 0x30
VERSION, EXTENSIONS = 0xA0, 0xA3  # [0] and [3] of a certificate
DNS_NAME, IP_ADDRESS = 0x82, 0x87  # [2] and [7] of a GeneralName

COMMON_NAME = bytes((0x55, 0x04, 0x03))  # 2.5.4.3
SUBJECT_ALTERNATIVE_NAME = bytes((0x55, 0x1D, 0x11))  # 2.5.29.17
SERIAL, SIGNATURE, ISSUER, VALIDITY, SUBJECT, KEY_INFO = range(6)  # places in a certificate, without its version


class NotACertificate(Exception):
    """Octets that are no certificate in DER."""


class Element(Record):
    """One element: its tag, what it holds, and all of its octets."""

    tag: int
    content: bytes
    octets: bytes


def public_key_info(certificate: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a certificate: what pins and DANE take the digest of."""
    return parts_of(certificate)[KEY_INFO].octets


def names_of(certificate: bytes) -> tuple[str, ...]:
    """Return the names in a certificate: its alternative names, else its common name; only the first few of many.

    Each is printable and cut where it is longer than a name.
    """
    parts = parts_of(certificate)
    names = [name for element in alternative_names(parts) if (name := general_name(element))]
    more = [f"{len(names) - NAMES_LIMIT} more"] if len(names) > NAMES_LIMIT else []
    return (*names[:NAMES_LIMIT], *more) if names else common_names(parts[SUBJECT])


def is_dns_name(name: str, certificate: bytes) -> bool:
    """Return whether a text, which may look like an address, stands in a certificate as a DNS name or a common name."""
    parts = parts_of(certificate)
    found = [shown_name(element.content) for element in alternative_names(parts) if element.tag == DNS_NAME]
    return name in (each.lower() for each in (*found, *common_names(parts[SUBJECT])))


def issuer_of(certificate: bytes) -> tuple[str, ...]:
    """Return the common names of who signed a certificate."""
    return common_names(parts_of(certificate)[ISSUER])


def validity_of(certificate: bytes) -> tuple[str, str]:
    """Return the first and the last day of a certificate, as "2020-01-31"."""
    dates = elements(parts_of(certificate)[VALIDITY].content)
    require(len(dates) == 2)
    return day_of(dates[0]), day_of(dates[1])


def parts_of(certificate: bytes) -> list[Element]:
    """Return the parts of what is signed in a certificate (RFC 5280, section 4.1), beginning with the serial number."""
    require(len(certificate) <= CERTIFICATE_LIMIT)
    signed = shaped(one(elements(certificate), SEQUENCE), SEQUENCE, SEQUENCE, BIT_STRING)[0]
    parts = elements(signed.content)
    if parts and parts[0].tag == VERSION:
        parts = parts[1:]
    require([part.tag for part in parts[: KEY_INFO + 1]] == [INTEGER, *[SEQUENCE] * 5])
    shaped(parts[KEY_INFO], SEQUENCE, BIT_STRING)
    return parts


def alternative_names(parts: list[Element]) -> list[Element]:
    """Return the elements of the subject's alternative names, none if there are none."""
    if parts[-1].tag != EXTENSIONS:
        return []
    for extension in elements(one(elements(parts[-1].content), SEQUENCE).content):
        fields = elements(extension.content)
        require(len(fields) >= 2 and fields[0].tag == OBJECT_ID and fields[-1].tag == OCTET_STRING)
        if fields[0].content == SUBJECT_ALTERNATIVE_NAME:
            return elements(one(elements(fields[-1].content), SEQUENCE).content)
    return []


def general_name(element: Element) -> str:
    """Return a name that a smart host could be known by, nothing for one of another kind."""
    if element.tag == DNS_NAME:
        return shown_name(element.content)
    if element.tag == IP_ADDRESS and len(element.content) == 4:
        return ".".join(str(octet) for octet in element.content)
    if element.tag == IP_ADDRESS and len(element.content) == 16:
        return ":".join(f"{element.content[at] << 8 | element.content[at + 1]:x}" for at in range(0, 16, 2))
    return ""


def common_names(name: Element) -> tuple[str, ...]:
    """Return the common names in a distinguished name."""
    found = []
    for relative in elements(name.content):
        for attribute in elements(relative.content):
            kind, value = pair(attribute)
            if kind.content == COMMON_NAME and value.tag in (UTF8_STRING, PRINTABLE_STRING, IA5_STRING):
                found.append(shown_name(value.content))
    return tuple(found[:NAMES_LIMIT])


def shown_name(octets: bytes) -> str:
    """Return a name in printable form: the certificate can contain anything."""
    return printable(octets[:NAME_LIMIT].decode("ascii", "replace"))


def day_of(element: Element) -> str:
    """Return the day of a time (RFC 5280, section 4.1.2.5): two digits of a year are of 1950 to 2049."""
    digits = element.content[:-1].decode("ascii", "replace")
    require(element.content[-1:] == b"Z" and digits.isascii() and digits.isdigit())
    require((element.tag, len(digits)) in ((UTC_TIME, 12), (GENERALIZED_TIME, 14)))
    if element.tag == UTC_TIME:
        digits = ("19" if digits[0] >= "5" else "20") + digits
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"


def pair(element: Element) -> tuple[Element, Element]:
    """Return the two elements of a sequence of two."""
    inner = elements(element.content)
    require(element.tag == SEQUENCE and len(inner) == 2)
    return inner[0], inner[1]


def shaped(element: Element, *tags: int) -> list[Element]:
    """Return the elements of a sequence that has to hold these."""
    inner = elements(element.content)
    require(element.tag == SEQUENCE and [each.tag for each in inner] == list(tags))
    return inner


def one(found: list[Element], tag: int) -> Element:
    """Return the only element of what has to be one of this kind."""
    require([element.tag for element in found] == [tag])
    return found[0]


def elements(octets: bytes) -> list[Element]:
    """Return the elements that these octets are made of, one after the other."""
    found = []
    at = 0
    while at < len(octets):
        start, end = content_of(octets, at)
        found.append(Element(octets[at], octets[start:end], octets[at:end]))
        at = end
    return found


def content_of(octets: bytes, at: int) -> tuple[int, int]:
    """Return where the content of the element at a place begins and ends (X.690, sections 8.1 and 10.1)."""
    head = octets[at : at + 2]
    require(len(head) == 2 and head[0] & 0x1F != 0x1F)  # tags of more than one octet are in no certificate
    start, length = at + 2, head[1]
    if length >= 0x80:
        count = length - 0x80
        digits = octets[start : start + count]
        length = int.from_bytes(digits, "big")
        require(length >= 0x80 and digits[0] != 0)  # shorter forms would do
        start += count
    require(start + length <= len(octets))
    return start, start + length


def require(is_so: bool) -> None:
    """Raise NotACertificate unless something is as it has to be."""
    if not is_so:
        raise NotACertificate("no certificate in DER")

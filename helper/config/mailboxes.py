"""Parse addresses, header fields, names of callers, and digests of keys."""

from __future__ import annotations

import binascii

from helper.address import ATEXT, LOCAL_PART_LIMIT, AddressSyntax, Mailbox
from helper.config.shape import BadValue, Shape, require, text_of
from helper.config.uids import NO_UID, uid_range
from helper.text import LINE_LIMIT

LOGIN_LIMIT = 256  # characters: LOGIN_NAME_MAX
PIN_OCTETS = 32  # SHA-256
NULL_REVERSE_PATH = ("", "<>")


def parse_mailbox(value: object) -> bytes:
    """Return an address of local part and domain, in the form in which it is sent."""
    return address_in(text_of(value), MAILBOX)


def parse_reverse_path(value: object) -> bytes:
    """Return an address, or the empty octets for the null reverse-path."""
    if isinstance(value, str) and value in NULL_REVERSE_PATH:
        return b""
    return address_in(text_of(value), REVERSE_PATH)


def address_in(text: str, shape: Shape) -> bytes:
    """Return the address that a text is, and nothing else; BadValue in the words of its shape."""
    local_part, _, domain = text.encode("utf-8").rpartition(b"@")
    try:
        octets = Mailbox(local_part, domain).octets
    except AddressSyntax:
        octets = b""
    require(bool(octets), shape.words)
    return octets


def parse_affix(value: object) -> bytes:
    """Return a prefix or suffix of a login in a local part; as in Exim, `*-` means any text and a hyphen."""
    octets = text_of(value).encode("utf-8")
    require(0 < len(octets) <= LOCAL_PART_LIMIT and not octets.translate(None, ATEXT + b"."), AFFIX.words)
    return octets


def parse_login(value: object) -> bytes:
    """Return the name of a user or group."""
    require(is_login(text_of(value)), LOGIN.words)
    return text_of(value).encode()


def parse_caller(value: object) -> bytes:
    """Return the name of a user, `@` and the name of a group, or `uid` and the uids of callers without an account."""
    require(is_login(text_of(value).removeprefix("@")), CALLER.words)
    uids = uid_range(text_of(value).encode())
    if uids is not None and not uids[0] <= uids[1] < NO_UID:
        raise BadValue('must have uids in ascending order, such as "uid61184-65519"')
    return text_of(value).encode()


def parse_header_field(value: object) -> bytes:
    """Return a header field, "Name: value" in one line of ASCII: what a smart host without SMTPUTF8 takes, too."""
    text = text_of(value)
    name, colon, _ = text.partition(":")
    is_ascii = text.isascii() and text.isprintable() and len(text) <= LINE_LIMIT
    require(bool(colon) and is_field_name(name) and is_ascii, HEADER_FIELD.words)
    return text.encode("ascii")


def parse_field_name(value: object) -> bytes:
    """Return the name of a header field in lower case; a `*` at its end stands for any rest, as in Exim."""
    text = text_of(value)
    require(is_field_name(text.removesuffix("*")) and text.isascii(), FIELD_NAME.words)
    return text.lower().encode("ascii")


def parse_pin(value: object) -> bytes:
    """Return the 32 octets of a SHA-256, given in hexadecimal (with or without colons) or in base64."""
    digits = text_of(value).replace(":", "")
    read = binascii.unhexlify if len(digits) == 2 * PIN_OCTETS else from_base64
    try:
        octets = read(digits)
    except ValueError:
        octets = b""
    require(len(octets) == PIN_OCTETS, PIN.words)
    return octets


def from_base64(digits: str) -> bytes:
    """Return what base64 means, with its padding and nothing else in it (RFC 4648, section 4)."""
    return binascii.a2b_base64(digits, strict_mode=True)


def is_login(text: str) -> bool:
    """Return whether passwd(5) and group(5) can contain the name; `@`, `!` and `*` have another meaning here."""
    is_plain = text.isprintable() and 0 < len(text) <= LOGIN_LIMIT
    return is_plain and ":" not in text and "*" not in text and text[0] not in "@! "


def is_field_name(text: str) -> bool:
    """Return whether it is printable ASCII without a colon (RFC 5322, section 2.2)."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text and ":" not in text


MAILBOX = Shape('an address such as "user@example.net"', parse_mailbox)
REVERSE_PATH = Shape('an address such as "user@example.net", or "<>"', parse_reverse_path)
AFFIX = Shape("a part of a local part", parse_affix)
LOGIN = Shape("the name of a user or group", parse_login)
CALLER = Shape("the name of a user, @ and the name of a group, or uid4242 or uid61184-65519", parse_caller)
HEADER_FIELD = Shape('a header field such as "Name: value", in one line of ASCII', parse_header_field)
FIELD_NAME = Shape("the name of a header field", parse_field_name)
PIN = Shape("a SHA-256 in hexadecimal or base64", parse_pin)

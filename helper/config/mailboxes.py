"""What stands in envelopes and headers: addresses, patterns for them, header fields, and the callers' names."""

from __future__ import annotations

from helper.config.hosts import HEXADECIMAL, is_domain, refuse_international
from helper.config.shape import DIGITS, LETTERS, BadValue, Shape, require, text_of
from helper.config.uids import NO_UID, uid_range

ADDRESS_LIMIT = 254  # octets: a path of 256 without its angle brackets (RFC 5321, section 4.5.3.1.3)
LOCAL_PART_LIMIT = 64  # octets (RFC 5321, section 4.5.3.1.1)
PATTERN_LIMIT = 512  # characters; room for a regular expression
FIELD_LIMIT = 998  # octets of a line (RFC 5322, section 2.1.1)
LOGIN_LIMIT = 256  # characters: LOGIN_NAME_MAX
PIN_OCTETS = 32  # SHA-256
BASE64_PIN_LENGTH = 44  # of 32 octets, with one = at the end
BASE64_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
BASE64 = frozenset(BASE64_DIGITS)

ATEXT = LETTERS | DIGITS | frozenset("!#$%&'*+-/=?^_`{|}~")  # RFC 5322, section 3.2.3
DOMAIN_PATTERN_CHARACTERS = LETTERS | DIGITS | frozenset("-_.*[]:")
NULL_REVERSE_PATH = ("", "<>")


def parse_mailbox(value: object) -> bytes:
    """Return an address of local part and domain."""
    refuse_international(text_of(value))
    require(is_mailbox(text_of(value)), MAILBOX.words)
    return text_of(value).encode("ascii")


def parse_reverse_path(value: object) -> bytes:
    """Return an address, or the empty octets for the null reverse-path."""
    if isinstance(value, str) and value in NULL_REVERSE_PATH:
        return b""
    refuse_international(text_of(value))
    require(is_mailbox(text_of(value)), REVERSE_PATH.words)
    return text_of(value).encode("ascii")


def parse_affix(value: object) -> bytes:
    """Return what may stand before or after a login in a local part; Exim's `*-` stands for anything and a hyphen."""
    text = text_of(value)
    require(0 < len(text) <= LOCAL_PART_LIMIT and ATEXT.union(".").issuperset(text), AFFIX.words)
    return text.encode("ascii")


def parse_domain_pattern(value: object) -> bytes:
    """Return a pattern for domains, in the form in which they are compared."""
    text = compared(checked_pattern(value), "domain_pattern")
    if not is_expression(text):
        require(DOMAIN_PATTERN_CHARACTERS.issuperset(text.removeprefix("!")), DOMAIN_PATTERN.words)
    return text.encode()


def parse_local_part_pattern(value: object) -> bytes:
    """Return a pattern for local parts, in the form in which they are compared."""
    text = checked_pattern(value)
    require("@" not in text or is_expression(text), "a pattern for what stands before the @")
    return compared(text, "local_part_pattern").encode()


def parse_address_pattern(value: object) -> bytes:
    """Return a pattern for whole addresses; `<>` is the null reverse-path. What can match no address is refused."""
    text = checked_pattern(value)
    if "@" not in text and "*" not in text and not is_expression(text) and text.removeprefix("!") != "<>":
        raise BadValue("must have an @: write *@ before a domain")
    return compared(text, "address_pattern").encode()


def compared(text: str, kind: str) -> str:
    """Return a pattern in the form in which it is compared; `kind` is a function of helper.message.canonical.

    BadValue for one that would not match what it seems to mean.
    """
    if text.isascii() and '"' not in text and not text.endswith("."):
        return text
    if is_expression(text):
        require(text.isascii(), "a regular expression in ASCII: domains are compared as A-labels (xn--...)")
        return text
    from helper.message import canonical  # few patterns need it

    negation = "!" if text.startswith("!") else ""
    try:
        converted: str = getattr(canonical, kind)(text.removeprefix("!"))
    except canonical.NoCanonicalForm as error:
        problem = error.problem
    else:
        return negation + converted
    raise BadValue(problem)  # not above: an exception must not lead to the value


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
    """Say whether a pattern is a regular expression."""
    return text.removeprefix("!").startswith("^")


def compiles(expression: bytes) -> bool:
    """Say whether re can use an expression. No exception leaves here: re.error keeps the expression."""
    import re

    try:
        re.compile(expression)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def parse_login(value: object) -> bytes:
    """Return the name of a user or group."""
    require(is_login(text_of(value)), LOGIN.words)
    return text_of(value).encode()


def parse_caller(value: object) -> bytes:
    """Return the name of a user, `@` and the name of a group, or `uid` and the uids of callers without an account."""
    require(is_login(text_of(value).removeprefix("@")), CALLER.words)
    uids = uid_range(text_of(value).encode())
    if uids is not None and not uids[0] <= uids[1] < NO_UID:
        raise BadValue('must have uids in ascending order, as "uid61184-65519" has')
    return text_of(value).encode()


def parse_header_field(value: object) -> bytes:
    """Return a header field, "Name: value" in one line of ASCII: what a smart host without SMTPUTF8 takes, too."""
    text = text_of(value)
    name, colon, _ = text.partition(":")
    is_ascii = text.isascii() and text.isprintable() and len(text) <= FIELD_LIMIT
    require(bool(colon) and is_field_name(name) and is_ascii, HEADER_FIELD.words)
    return text.encode("ascii")


def parse_field_name(value: object) -> bytes:
    """Return the name of a header field in lower case; a `*` at its end stands for any rest, as in Exim."""
    text = text_of(value)
    require(is_field_name(text.removesuffix("*")) and text.isascii(), FIELD_NAME.words)
    return text.lower().encode("ascii")


def parse_pin(value: object) -> bytes:
    """Return the 32 octets of a SHA-256, given in hexadecimal (with or without colons) or in base64."""
    text = text_of(value)
    digits = text.replace(":", "")
    if len(digits) == 2 * PIN_OCTETS and HEXADECIMAL.issuperset(digits):
        return bytes.fromhex(digits)
    require(len(text) == BASE64_PIN_LENGTH and text.endswith("=") and BASE64.issuperset(text[:-1]), PIN.words)
    return from_base64(text[:-1])


def from_base64(digits: str) -> bytes:
    """Return the 32 octets of 43 digits of base64, whose last two bits are left over (RFC 4648, section 4)."""
    number = 0
    for digit in digits:
        number = number * 64 + BASE64_DIGITS.index(digit)
    return (number >> 2).to_bytes(PIN_OCTETS, "big")


def is_mailbox(text: str) -> bool:
    """Say whether it is a dot-string, `@` and a domain (RFC 5321, section 4.1.2); nobody's own address is quoted."""
    local_part, _, domain = text.rpartition("@")
    return is_dot_string(local_part) and is_domain(domain) and len(text) <= ADDRESS_LIMIT


def is_dot_string(text: str) -> bool:
    """Say whether it can be a local part without quotes."""
    return len(text) <= LOCAL_PART_LIMIT and all(atom and ATEXT.issuperset(atom) for atom in text.split("."))


def is_login(text: str) -> bool:
    """Say whether passwd(5) and group(5) can hold the name; `@`, `!` and `*` would look like what they are not here."""
    is_plain = text.isprintable() and 0 < len(text) <= LOGIN_LIMIT
    return is_plain and ":" not in text and "*" not in text and text[0] not in "@! "


def is_field_name(text: str) -> bool:
    """Say whether it is printable ASCII without a colon (RFC 5322, section 2.2)."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text and ":" not in text


PATTERN = Shape("a pattern of printable characters, at most 512", checked_pattern)
MAILBOX = Shape('an address such as "user@example.net"', parse_mailbox)
REVERSE_PATH = Shape('an address such as "user@example.net", or "<>"', parse_reverse_path)
AFFIX = Shape("a part of a local part", parse_affix)
DOMAIN_PATTERN = Shape("a pattern for domains (no named lists, no lookups)", parse_domain_pattern)
LOCAL_PART_PATTERN = Shape("a pattern for local parts", parse_local_part_pattern)
ADDRESS_PATTERN = Shape("a pattern for addresses", parse_address_pattern)
LOGIN = Shape("the name of a user or group", parse_login)
CALLER = Shape("the name of a user, @ and the name of a group, or uid4242 or uid61184-65519", parse_caller)
HEADER_FIELD = Shape('a header field such as "Name: value", in one line of ASCII', parse_header_field)
FIELD_NAME = Shape("the name of a header field", parse_field_name)
PIN = Shape("a SHA-256 in hexadecimal or base64", parse_pin)

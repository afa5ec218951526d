"""DSN: what may be asked for in delivery status notifications, as SMTP writes it (RFC 3461, section 4)."""

from __future__ import annotations

NEVER = b"NEVER"
OCCASIONS = (b"SUCCESS", b"FAILURE", b"DELAY")
ENVID_LIMIT = 100  # octets of xtext (section 4.4)
ORCPT_LIMIT = 500  # octets, the type of the address among them (section 4.2)
HEXADECIMAL = b"0123456789ABCDEF"


def is_notify(value: bytes) -> bool:
    """Return whether this is a value of NOTIFY, in capitals: NEVER, or a list without repeats (section 4.1)."""
    words = value.split(b",", len(OCCASIONS))
    return value == NEVER or (len(words) == len(set(words)) and all(word in OCCASIONS for word in words))


def is_envid(value: bytes) -> bool:
    """Return whether this, which is not yet xtext, can be an ENVID: printable ASCII (section 4.4)."""
    length = len(value) + 2 * sum(map(value.count, (b" ", b"+", b"=")))
    return is_printable(value) and 0 < length <= ENVID_LIMIT


def are_recipient_parameters(value: bytes) -> bool:
    """Return whether this is nothing, or NOTIFY= or ORCPT= or both, each once, with a space between."""
    if not value:
        return True
    words = value.split(b" ", 2)
    names = {word.partition(b"=")[0] for word in words}
    return len(words) == len(names) and all(map(is_recipient_parameter, words))


def is_recipient_parameter(word: bytes) -> bool:
    """Return whether this is one of the two parameters of RCPT (sections 4.1 and 4.2)."""
    name, _, value = word.partition(b"=")
    return is_notify(value) if name == b"NOTIFY" else name == b"ORCPT" and is_orcpt(value)


def is_orcpt(value: bytes) -> bool:
    """Return whether this is a type of address and an address of that type (section 4.2)."""
    if len(value) > ORCPT_LIMIT:
        return False
    address_type, _, address = value.partition(b";")
    return address_type.replace(b"-", b"").isalnum() and address != b"" and is_xtext(address)


def ascii_orcpt(value: bytes) -> bytes:
    """Return an original recipient in ASCII: one of the type utf-8 may be written as it is where SMTPUTF8 is offered.

    A server that we send to may not offer it, and takes `\\x{FC}` for `ü` all the same (RFC 6533, section 3).
    """
    address_type, _, address = value.partition(b";")
    if value.isascii() or address_type.lower() != b"utf-8":
        return value
    try:
        text = address.decode("utf-8")
    except UnicodeDecodeError:
        return value
    escaped = "".join(each if each.isascii() else f"\\x{{{ord(each):X}}}" for each in text)
    return address_type + b";" + escaped.encode("ascii")


def is_xtext(value: bytes) -> bool:
    """Return whether this is xtext: printable ASCII without space and `=`, where `+41` stands for `A` (section 4)."""
    if not is_printable(value) or b" " in value or b"=" in value:
        return False
    return all(len(part) >= 2 and not part[:2].strip(HEXADECIMAL) for part in value.split(b"+")[1:])


def from_xtext(value: bytes) -> bytes:
    """Return what xtext stands for; what is no xtext must not be given."""
    plain, *parts = value.split(b"+")
    return plain + b"".join(bytes([int(part[:2], 16)]) + part[2:] for part in parts)


def is_printable(value: bytes) -> bool:
    """Return whether these are printable ASCII characters, spaces among them."""
    return value.isascii() and value.decode("ascii").isprintable()

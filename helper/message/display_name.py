"""Make display names for header fields from the password file or `-F`."""

from __future__ import annotations

from helper.address import ATEXT, unescape

NAME_LIMIT = (
    128  # characters: with each of them in 12 octets (an encoded astral one), a field stays far below its limit
)
ENCODED_LIMIT = 75 - len("=?utf-8?q??=")  # RFC 2047, section 2
# What needs no encoding in a phrase, and is no special of an address (RFC 2047, section 5, rule 3).
Q_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
CONTROLS = dict.fromkeys([*range(32), *range(127, 160)], " ")


def full_name_of(gecos: bytes, login: bytes) -> bytes:
    """Return the full name in a password entry, in UTF-8; nothing if it has none.

    It ends at the first comma; an ampersand stands for the login, capitalised (passwd(5) of BSD, Exim's gecos_name).
    """
    name = gecos.partition(b",")[0].replace(b"&", login[:1].upper() + login[1:])
    return clean_name(name).encode("utf-8")


def display_name(name: bytes) -> list[bytes]:
    """Return a name as the parts of a phrase, between which a line may be folded: atoms, a quoted string, or RFC 2047.

    A name that comes in quotes (`-F '"Reminder Service"'`) loses them first. No part has a control character.
    """
    text = clean_name(name)
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = clean_name(unescape(text[1:-1].encode("utf-8")))
    if not text.isascii():
        return encoded_words(text)
    octets = text.encode("ascii")
    if not octets.translate(None, ATEXT + b" "):
        return octets.split()
    return [b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"']


def clean_name(name: bytes) -> str:
    """Return a name of bounded length with single spaces, and no control character that could begin a field."""
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        text = name.decode("iso-8859-1")  # what password files held before UTF-8; it fits all octets
    return " ".join(text[: 4 * NAME_LIMIT].translate(CONTROLS).split())[:NAME_LIMIT].strip()


def encoded_words(text: str) -> list[bytes]:
    """Return a text as encoded words of at most 75 octets, no character divided between two (RFC 2047, section 5)."""
    words = [b""]
    for character in text:
        encoded = b"_" if character == " " else b"".join(map(q_encoded, character.encode("utf-8")))
        if len(words[-1]) + len(encoded) > ENCODED_LIMIT:
            words.append(b"")
        words[-1] += encoded
    return [b"=?utf-8?q?" + word + b"?=" for word in words]


def q_encoded(octet: int) -> bytes:
    """Return an octet in the Q encoding (RFC 2047, section 4.2)."""
    return bytes((octet,)) if octet in Q_PLAIN else b"=%02X" % octet

"""Local parts: what they mean, and the one way in which we write them (RFC 5321, section 4.1.2)."""

from __future__ import annotations

from helper.message.tokens import ATEXT

NON_ASCII = bytes(range(128, 256))


def wire_local_part(content: bytes) -> bytes:
    """Return the one wire form of a local part that means `content`: as it is, or as a quoted string if it must be.

    `"bob"@x` and `bob@x` are the same mailbox, and quotes are dropped where they can be (RFC 5321, section 4.1.2).
    """
    if is_dot_string(content):
        return content
    return b'"' + content.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def content_of(local_part: bytes) -> bytes:
    """Return what a local part in its wire form means."""
    return unescape(local_part[1:-1]) if local_part.startswith(b'"') else local_part


def is_dot_string(content: bytes) -> bool:
    """Say whether it can be a local part without quotes."""
    is_plain = not content.translate(None, ATEXT + b"." + NON_ASCII)
    return is_plain and has_no_empty_label(content)


def has_no_empty_label(text: bytes) -> bool:
    """Say whether something stands before, between and after the dots."""
    return bool(text) and not text.startswith(b".") and not text.endswith(b".") and b".." not in text


def quoted_content(quoted: bytes) -> bytes:
    """Return what a quoted string means: without its quotes and quoted pairs, and without the line ends of folding.

    The white space after such a line end is a part of it (RFC 5322, section 3.2.4), and no address that SMTP carries
    has a tab: programs that fold with one mean the space that they put it in place of.
    """
    return unescape(quoted[1:-1].replace(b"\n ", b" ").replace(b"\n\t", b" "))


def unescape(text: bytes) -> bytes:
    """Resolve the quoted pairs of RFC 5322, section 3.2.1; a backslash at the end is none."""
    if b"\\" not in text:
        return text
    pieces = text.split(b"\\\\")
    return b"\\".join(piece.replace(b"\\", b"") for piece in pieces)


def lower_case(octets: bytes) -> bytes:
    """Return octets of an address as they are compared where upper and lower case are the same."""
    if octets.isascii():
        return octets.lower()
    from helper.message import canonical  # few addresses need it

    return canonical.lower_case(octets)

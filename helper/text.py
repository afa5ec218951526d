"""Text: the one definition of what is printable, of control characters and of a line; byte-order marks of files."""

from __future__ import annotations

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # of UTF-8
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

LINE_LIMIT = 998  # octets of a line of a message, without CRLF (RFC 5321, section 4.5.3.1.6; RFC 5322, section 2.1.1)

CONTROLS = bytes(range(32)) + b"\x7f"  # the control characters of ASCII
PRINTABLE = bytes(range(32, 127))
TO_PRINTABLE = bytes(octet if octet in PRINTABLE else ord("?") for octet in range(256))  # for bytes.translate


def printable(text: str) -> str:
    """Return text as a terminal and a log can take it: what is not printable ASCII becomes `?`."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)


def shown(octets: bytes) -> str:
    """Return octets as people see them: printable ASCII, and what is not ASCII by its number."""
    return printable(octets.decode("utf-8", "replace").encode("ascii", "backslashreplace").decode("ascii"))


def without_mark(octets: bytes) -> bytes:
    """Return the octets of a file without the byte-order mark of UTF-8 that may stand at their start."""
    return octets.removeprefix(BYTE_ORDER_MARK)


def is_utf16(octets: bytes) -> bool:
    """Return whether a file begins with a byte-order mark of UTF-16: what is searched for in it is not found."""
    return octets.startswith(UTF16_MARKS)

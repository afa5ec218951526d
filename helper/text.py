"""What editors put at the start of a file of text, and nobody who wrote the file sees."""

from __future__ import annotations

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # of UTF-8
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def without_mark(octets: bytes) -> bytes:
    """Return the octets of a file without the byte-order mark of UTF-8 that may stand at their start."""
    return octets.removeprefix(BYTE_ORDER_MARK)


def is_utf16(octets: bytes) -> bool:
    """Say whether a file begins with a byte-order mark of UTF-16: what is searched for in it is not found."""
    return octets.startswith(UTF16_MARKS)

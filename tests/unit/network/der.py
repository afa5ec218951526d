"""DER written by hand, for certificates that no CA would make."""

from __future__ import annotations

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID, BOOLEAN = 0x30, 0x31, 0x02, 0x03, 0x04, 0x06, 0x01
UTF8_STRING, UTC_TIME, GENERALIZED_TIME = 0x0C, 0x17, 0x18


def der(tag: int, *contents: bytes) -> bytes:
    """Return one element, its length in the shortest form."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    digits = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + content


ALGORITHM = der(SEQUENCE, der(OBJECT_ID, b"\x2a"))
KEY = der(SEQUENCE, ALGORITHM, der(BIT_STRING, b"\0key"))
VALIDITY = der(SEQUENCE, der(UTC_TIME, b"250131235959Z"), der(GENERALIZED_TIME, b"20510201000000Z"))


def name(*common_names: bytes) -> bytes:
    """Return a distinguished name."""
    attributes = [der(SEQUENCE, der(OBJECT_ID, b"\x55\x04\x03"), der(UTF8_STRING, each)) for each in common_names]
    return der(SEQUENCE, *(der(SET, attribute) for attribute in attributes))


def alternative_names(*names: bytes) -> bytes:
    """Return an extension with these elements, after one that nobody knows."""
    unknown = der(SEQUENCE, der(OBJECT_ID, b"\x55\x1d\x63"), der(BOOLEAN, b"\xff"), der(OCTET_STRING, b"?"))
    known = der(SEQUENCE, der(OBJECT_ID, b"\x55\x1d\x11"), der(OCTET_STRING, der(SEQUENCE, *names)))
    return der(0xA3, der(SEQUENCE, unknown, known))


def certificate(
    *,
    version: bytes = der(0xA0, der(INTEGER, b"\2")),
    issuer: bytes = name(b"A CA"),
    validity: bytes = VALIDITY,
    subject: bytes = name(b"host.example"),
    key: bytes = KEY,
    extensions: bytes = b"",
) -> bytes:
    """Return a certificate of these parts."""
    signed = der(SEQUENCE, version, der(INTEGER, b"\1"), ALGORITHM, issuer, validity, subject, key, extensions)
    return der(SEQUENCE, signed, ALGORITHM, der(BIT_STRING, b"\0signature"))

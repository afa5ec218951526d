"""What is no certificate is NotACertificate; the names and dates of one are short and printable, its key is part of it.

Elements put together are what they were cut from, and no pin fits but that of the key.
"""

from __future__ import annotations

import hashlib

from helper.failure import HostFailed
from helper.network.certificate import (
    NAME_LIMIT,
    NAMES_LIMIT,
    NotACertificate,
    elements,
    issuer_of,
    names_of,
    public_key_info,
    validity_of,
)
from helper.network.trust import check_pins


def der(tag: int, *contents: bytes) -> bytes:
    """Return one element, its length in the shortest form."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    digits = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + content


NAME = der(0x30, der(0x31, der(0x30, der(6, b"\x55\x04\x03"), der(0x0C, b"host.example"))))
ALGORITHM = der(0x30, der(6, b"\x2a"))
KEY = der(0x30, ALGORITHM, der(3, b"\0key"))
VALIDITY = der(0x30, der(0x17, b"250131235959Z"), der(0x18, b"20510201000000Z"))
NAMES = der(0x30, der(0x82, b"smtp.example"), der(0x87, bytes(4)), der(0x87, bytes(16)), der(0x81, b"a@b"))
EXTENSIONS = der(0xA3, der(0x30, der(0x30, der(6, b"\x55\x1d\x11"), der(4, NAMES))))


def certificate(extensions: bytes) -> bytes:
    """Return a certificate with these extensions."""
    parts = (der(0xA0, der(2, b"\2")), der(2, b"\1"), ALGORITHM, NAME, VALIDITY, NAME, KEY, extensions)
    return der(0x30, der(0x30, *parts), ALGORITHM, der(3, b"\0signature"))


UGLY = der(
    0xA3, der(0x30, der(0x30, der(6, b"\x55\x1d\x11"), der(4, der(0x30, *[der(0x82, b"\x1b[2J\xff" * 30)] * 7))))
)
SEEDS = (
    certificate(UGLY),
    certificate(EXTENSIONS),
    certificate(b""),
    certificate(EXTENSIONS)[:-1],
    KEY,
    b"\x30\x82\x01\x00",
    b"\x30\x80",
)
WORDS = (NAME, KEY, VALIDITY, NAMES, EXTENSIONS, b"\x30", b"\x82", b"\x81", b"\x06\x03\x55\x1d\x11", b"Z")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    for part in (octets, octets[2:]):
        try:
            assert b"".join(element.octets for element in elements(part)) == part
        except NotACertificate:
            continue
    try:
        key = public_key_info(octets)
    except NotACertificate:
        assert is_refused(octets, b"")
        return
    assert key in octets and key[:1] == b"\x30"
    assert not is_refused(octets, key) and is_refused(octets, b"other")
    check_words(octets)


def is_refused(octets: bytes, pinned: bytes) -> bool:
    """Return whether a certificate has another key than the one that is pinned."""
    try:
        check_pins(octets, (hashlib.sha256(pinned).digest(),))
    except HostFailed as failed:
        assert failed.problem.isascii() and failed.problem.isprintable()
        return True
    return False


def check_words(octets: bytes) -> None:
    """Look at what would be shown of a certificate."""
    for read in (names_of, issuer_of):
        try:
            names = read(octets)
        except NotACertificate:
            continue
        assert len(names) <= NAMES_LIMIT + 1
        assert all(name.isascii() and name.isprintable() and len(name) <= NAME_LIMIT for name in names)
    try:
        days = validity_of(octets)
    except NotACertificate:
        return
    assert all(len(day) == 10 and day[4] == day[7] == "-" and day.replace("-", "").isdigit() for day in days)

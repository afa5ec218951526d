"""Pins: the smart host's key is one that the administrator has written down, whoever signed its certificate."""

from __future__ import annotations

import hashlib

from helper import status
from helper.failure import HostFailed
from helper.network.certificate import NotACertificate, public_key_info


def check_pins(certificate: bytes, pins: tuple[bytes, ...]) -> None:
    """Raise HostFailed unless the key of a certificate is pinned: the SHA-256 of its SubjectPublicKeyInfo.

    That is the digest of RFC 7469, section 2.4. What is pinned is not told, only what came.
    """
    try:
        digest = hashlib.sha256(public_key_info(certificate)).digest()
    except NotACertificate:
        raise HostFailed("TLS: the certificate cannot be read, so its key matches no pin", status.UNAVAILABLE) from None
    if digest not in pins:
        problem = f"its key is none of tls_pins; SHA-256 of the key that came: {digest.hex()}"
        raise HostFailed(f"TLS: the certificate was not accepted: {problem}", status.UNAVAILABLE)

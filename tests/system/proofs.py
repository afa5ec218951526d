"""What tests of proofs within TLS share."""

from __future__ import annotations

import hashlib
import ssl

from helper.network.certificate import public_key_info
from tests.system.outcome import FIVE, MESSAGE, assert_not_sent

UNAVAILABLE, TEMPORARY, CONFIGURATION = 69, 75, 78
AUTH = {"ws1": "hunter2-xyzzy"}


def key_digest(certificate) -> bytes:
    """Return the SHA-256 of a certificate's key."""
    der = ssl.PEM_cert_to_DER_cert(certificate.chain.read_text())
    return hashlib.sha256(public_key_info(der)).digest()


def configure(installation, host, secrets=(), **transport):
    """Configure for a smart host, with files beside the password."""
    passwords = {"relay.password": next(iter(host.auth.values()))} if host.auth else {}
    text = installation.relay_configuration(host, {"exit_codes": "sysexits"}, **transport)
    installation.configure(text, passwords | dict(secrets))


def refused(installation, host, words, *, status=UNAVAILABLE, **options):
    """Send in vain, and say that neither envelope nor credential was given away."""
    result = installation.send(*FIVE, stdin=MESSAGE, **options)
    assert words in result.reason
    assert_not_sent(result, result.reason, status=status, recipients=FIVE, hosts=[host])
    for session in host.sessions:
        assert session.identity is None
        assert {verb for verb in session.verbs if verb.isalpha()} <= {"EHLO", "STARTTLS", "QUIT"}

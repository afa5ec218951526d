"""PLAIN and LOGIN give the password to the server: a verified certificate is what protects it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.sasl.exchange import Credential, Exchange


def plain(credential: Credential) -> Exchange:
    """Speak PLAIN (RFC 4616): one message, user and password."""
    user, password = prepared_or_raw(credential.user), prepared_or_raw(credential.secret.reveal())
    yield b"\0" + user + b"\0" + password


def login(credential: Credential) -> Exchange:
    """Speak LOGIN (draft-murchison-sasl-login): asked for the user, then for the password, in whatever words."""
    yield None
    yield credential.user
    yield credential.secret.reveal()


def prepared_or_raw(octets: bytes) -> bytes:
    """Return a prepared string, or what was given where that cannot be prepared.

    The server prepares both sides before it compares them (RFC 4616, section 2); one that compares octets may have
    been given a password in Latin-1.
    """
    if octets.isascii():
        return octets
    from helper.smtp.sasl.saslprep import CannotPrepare, saslprep

    try:
        return saslprep(octets)
    except CannotPrepare:
        return octets

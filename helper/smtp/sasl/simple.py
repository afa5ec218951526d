"""The mechanisms of one or two responses: PLAIN, LOGIN, CRAM-MD5, OAUTHBEARER, XOAUTH2 and EXTERNAL."""

from __future__ import annotations

from helper.smtp.sasl.exchange import NO_SENSE, BadChallenge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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
    """Return a prepared string, or the given one if it cannot be prepared.

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


def cram_md5(credential: Credential) -> Exchange:
    """Answer the server's challenge with its keyed digest (RFC 2195): nothing proves that it is the server."""
    import hmac

    challenge = yield None
    if not challenge:
        raise BadChallenge(NO_SENSE)
    yield credential.user + b" " + hmac.digest(credential.secret.reveal(), challenge, "md5").hex().encode("ascii")


def oauthbearer(credential: Credential) -> Exchange:
    """Speak OAUTHBEARER (RFC 7628). A bearer token needs `auth` alone: host and port are for tokens that sign them."""
    user = credential.user.replace(b"=", b"=3D").replace(b",", b"=2C")
    yield b"n,a=" + user + b",\1auth=Bearer " + credential.secret.reveal() + b"\1\1"
    yield b"\1"  # RFC 7628, section 3.2.3


def xoauth2(credential: Credential) -> Exchange:
    """Speak XOAUTH2, which came before OAUTHBEARER (Google, Microsoft).

    Both answer a wrong token by a challenge that holds an error; the refusal follows when that is acknowledged.
    """
    yield b"user=" + credential.user + b"\1auth=Bearer " + credential.secret.reveal() + b"\1\1"
    yield b""


def external(_credential: Credential) -> Exchange:
    """Send an empty response: the server knows us by our certificate or address (RFC 4422, appendix A)."""
    yield b""


SIMPLE: dict[str, Callable[[Credential], Exchange]] = {
    "PLAIN": plain,
    "LOGIN": login,
    "CRAM-MD5": cram_md5,
    "OAUTHBEARER": oauthbearer,
    "XOAUTH2": xoauth2,
    "EXTERNAL": external,
}

"""CRAM-MD5 (RFC 2195): the password is not said, but the server does not prove anything either."""

from __future__ import annotations

import hmac

from helper.smtp.sasl.exchange import NO_SENSE, BadChallenge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.sasl.exchange import Credential, Exchange


def cram_md5(credential: Credential) -> Exchange:
    """Answer the server's challenge with its keyed digest in hexadecimal."""
    challenge = yield None
    if not challenge:
        raise BadChallenge(NO_SENSE)
    yield credential.user + b" " + hmac.digest(credential.secret.reveal(), challenge, "md5").hex().encode("ascii")

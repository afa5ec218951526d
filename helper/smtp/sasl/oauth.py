"""OAuth 2.0 access tokens: OAUTHBEARER (RFC 7628) and XOAUTH2, which came before it (Google, Microsoft).

Both answer a wrong token by a challenge that holds an error; the refusal comes as a reply once that is acknowledged.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.sasl.exchange import Credential, Exchange


def oauthbearer(credential: Credential) -> Exchange:
    """Speak OAUTHBEARER. A bearer token needs no more than `auth`: host and port are for tokens that sign them."""
    user = credential.user.replace(b"=", b"=3D").replace(b",", b"=2C")
    yield b"n,a=" + user + b",\1auth=Bearer " + credential.secret.reveal() + b"\1\1"
    yield b"\1"  # RFC 7628, section 3.2.3


def xoauth2(credential: Credential) -> Exchange:
    """Speak XOAUTH2."""
    yield b"user=" + credential.user + b"\1auth=Bearer " + credential.secret.reveal() + b"\1\1"
    yield b""

"""What all SASL mechanisms share (RFC 4422): the credential, the exchange of challenges and responses, base64."""

from __future__ import annotations

import binascii

from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from helper.secret import Secret
    from helper.smtp.reply import Reply

    # Yields responses, is sent challenges, both decoded; the first response is the initial one (None: there is none).
    # Success is sent as a last challenge, holding what came with it; the exchange agrees by coming to its end.
    # BadChallenge if a challenge is not what the mechanism says.
    Exchange = Generator[bytes | None, bytes, None]

# RFC 4954, section 4: what a server may send as one challenge, in octets of base64.
CHALLENGE_LIMIT = 12288

NO_SENSE = "the challenge is not valid"


class Credential(Record):
    """The credential for the smart host; `mechanisms` restricts the choice unless it is empty.

    A token is never sent as a password, nor a password as a token.
    """

    user: bytes
    secret: Secret
    mechanisms: tuple[str, ...] = ()
    kind: str = "password"  # "token": an OAuth 2.0 access token


class BadChallenge(Exception):
    """A challenge, or a success, that is not valid; `problem` says why, without text of the server."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def encode(response: bytes) -> bytes:
    """Return a response as it is sent."""
    return binascii.b2a_base64(response, newline=False)


def decode(challenge: bytes) -> bytes:
    """Decode a challenge. BadChallenge if it is not base64 or too long."""
    if len(challenge) > CHALLENGE_LIMIT:
        raise BadChallenge(NO_SENSE)
    try:
        return binascii.a2b_base64(challenge, strict_mode=True) if challenge else b""
    except ValueError:
        raise BadChallenge(NO_SENSE) from None


def additional_data(reply: Reply) -> tuple[bytes, bytes]:
    """Return what a server adds to its success, decoded and as it stands in the reply; empty for nothing.

    SMTP has no place for it (RFC 4954, section 4 wants it as a challenge), so that servers put it among the words of
    the 235. Only SCRAM has any: `v=`, or `e=` of a server that contradicts itself.
    """
    for line in reply.lines:
        for word in line.split():
            try:
                data = decode(word)
            except BadChallenge:
                continue
            if data.startswith((b"v=", b"e=")):
                return data, word
    return b"", b""

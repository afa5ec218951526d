"""AUTH: SASL mechanisms as generators of responses (RFC 4954). None of them knows a socket or a reply."""

from __future__ import annotations

import binascii

from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from helper.secret import Secret
    from helper.smtp.reply import Reply

    # Yields responses, is given challenges, both decoded; the first response is the initial one (None: there is none).
    Exchange = Generator[bytes | None, bytes, None]

# RFC 4954, section 4: "12288 octets is a reasonable limit" for a line of base64.
CHALLENGE_LIMIT = 12288


class Credential(Record):
    """Who we are at the smart host; `mechanisms` narrows the choice, empty for no narrowing."""

    user: bytes
    secret: Secret
    mechanisms: tuple[str, ...] = ()


class ChallengeSyntax(Exception):
    """A challenge that is no base64, or too long."""


def plain(credential: Credential) -> Exchange:
    """Speak PLAIN (RFC 4616): one message, user and password."""
    yield b"\0" + credential.user + b"\0" + credential.secret.reveal()


def login(credential: Credential) -> Exchange:
    """Speak LOGIN (draft-murchison-sasl-login): asked for the user, then for the password, in whatever words."""
    yield None
    yield credential.user
    yield credential.secret.reveal()


# In the order of preference. Both give the password to the server: a verified certificate is what protects it.
MECHANISMS: dict[str, Callable[[Credential], Exchange]] = {"PLAIN": plain, "LOGIN": login}


def choose_mechanism(offered: tuple[str, ...], wanted: tuple[str, ...]) -> str | None:
    """Return the best mechanism that we have, the server offers and the configuration allows; None without one."""
    return next((name for name in MECHANISMS if name in offered and (not wanted or name in wanted)), None)


def no_common_mechanism(offered: tuple[str, ...]) -> str:
    """Say what the server offers instead, as far as these are words."""
    words = [name for name in offered[:16] if name.isascii() and name.replace("-", "").isalnum()]
    return f"no common mechanism; the server offers {' '.join(words)[:200] or 'none'}"


def masked(reply: Reply, credential: Credential) -> Reply:
    """Return a reply without the password, which some servers repeat when they refuse it, plain or as it was sent."""
    secret = credential.secret.reveal()
    if not secret:
        return reply
    needles = (secret, encode(secret), *(encode(response) for response in plain(credential) if response))
    lines = []
    for line in reply.lines:
        for needle in needles:
            line = line.replace(needle, b"***")
        lines.append(line)
    return reply.replace(lines=tuple(lines))


def encode(response: bytes) -> bytes:
    """Return a response as it is sent; an empty initial response is `=` (RFC 4954, section 4)."""
    return binascii.b2a_base64(response, newline=False)


def decode(challenge: bytes) -> bytes:
    """Return what a challenge says. ChallengeSyntax where it is no base64 or too long."""
    if len(challenge) > CHALLENGE_LIMIT:
        raise ChallengeSyntax
    try:
        return binascii.a2b_base64(challenge, strict_mode=True) if challenge else b""
    except ValueError:
        raise ChallengeSyntax from None

"""The server's side of SASL mechanisms: yield a challenge, be sent the response, return (user, password)."""

from __future__ import annotations

from collections.abc import Generator

Exchange = Generator[bytes, bytes, tuple[str, str]]


class Nonsense(Exception):
    """The response is not what the mechanism asks for."""


def plain() -> Exchange:
    """RFC 4616: authorisation identity, user and password, separated by NUL."""
    parts = (yield b"").split(b"\0")
    if len(parts) != 3 or parts[0] not in (b"", parts[1]):
        raise Nonsense("PLAIN needs NUL, user, NUL, password")
    return parts[1].decode(), parts[2].decode()


def login() -> Exchange:
    """Ask for user and password, each in a turn of its own (draft-murchison-sasl-login)."""
    user = yield b"Username:"
    password = yield b"Password:"
    return user.decode(), password.decode()


MECHANISMS = {"PLAIN": plain, "LOGIN": login}

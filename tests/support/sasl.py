"""The server's side of SASL mechanisms: yield a challenge, be sent the response, return an Outcome."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

CHALLENGE = b"<1896.697170952@smtp.test>"


class Nonsense(Exception):
    """The response is not what the mechanism asks for."""


@dataclass(frozen=True)
class Server:
    """What the server knows: passwords (or tokens) by user, what it offers, what ties it to the TLS session."""

    passwords: Mapping[str, str]
    offered: Sequence[str] = ()
    binding: tuple[bytes, bytes] | None = None


@dataclass(frozen=True)
class Outcome:
    """Who authenticated, whether that was accepted, and what goes into the text of the success."""

    user: str
    accepted: bool
    data: bytes = b""


Exchange = Generator[bytes, bytes, Outcome]


def plain(server: Server) -> Exchange:
    """RFC 4616: authorisation identity, user and password, separated by NUL."""
    parts = (yield b"").split(b"\0")
    if len(parts) != 3 or parts[0] not in (b"", parts[1]):
        raise Nonsense("PLAIN needs NUL, user, NUL, password")
    return judged(server, parts[1].decode(), parts[2].decode())


def login(server: Server) -> Exchange:
    """Ask for user and password, each in a turn of its own (draft-murchison-sasl-login)."""
    user = yield b"Username:"
    password = yield b"Password:"
    return judged(server, user.decode(), password.decode())


def cram_md5(server: Server) -> Exchange:
    """RFC 2195: the user and a digest of the challenge."""
    user, _, digest = (yield CHALLENGE).decode().rpartition(" ")
    expected = hmac.new(server.passwords.get(user, "").encode(), CHALLENGE, "md5").hexdigest()
    return Outcome(user, user in server.passwords and digest == expected)


def external(server: Server) -> Exchange:
    """RFC 4422, appendix A: whoever comes is our first user."""
    if (yield b"") != b"":
        raise Nonsense("an authorisation identity that nobody asked for")
    return Outcome(next(iter(server.passwords)), True)


def xoauth2(server: Server) -> Exchange:
    """Google's mechanism: an error is a challenge, and wants an empty response."""
    fields = (yield b"").split(b"\1")
    if len(fields) != 4 or not fields[0].startswith(b"user=") or fields[2:] != [b"", b""]:
        raise Nonsense("XOAUTH2 needs user and auth")
    return (yield from bearer(server, fields[0][5:].decode(), fields[1], b""))


def oauthbearer(server: Server) -> Exchange:
    """RFC 7628: an error is a challenge, and wants a lone separator."""
    header, *fields = (yield b"").split(b"\1")
    if not header.startswith(b"n,a=") or not header.endswith(b",") or fields[-2:] != [b"", b""]:
        raise Nonsense("OAUTHBEARER needs a GS2 header and fields")
    auth = next((field for field in fields if field.startswith(b"auth=")), b"")
    user = header[4:-1].replace(b"=2C", b",").replace(b"=3D", b"=").decode()
    return (yield from bearer(server, user, auth, b"\1"))


def bearer(server: Server, user: str, auth: bytes, acknowledgement: bytes) -> Exchange:
    """Judge a token."""
    if not auth.startswith(b"auth=Bearer "):
        raise Nonsense("a bearer token is needed")
    outcome = judged(server, user, auth[12:].decode())
    if not outcome.accepted and (yield b'{"status":"invalid_token"}') != acknowledgement:
        raise Nonsense("the error was not acknowledged")
    return outcome


@dataclass(frozen=True)
class Scram:
    """RFC 5802, honest unless told otherwise.

    `proves` says where the server's signature goes: "in a challenge" (RFC 4954), "in the success"; or that it lies:
    "wrongly", "not" at all, "too early" (accepting before there is any proof), or "an error" in its place.
    """

    hash_name: str
    plus: bool = False
    proves: str = "in a challenge"
    iterations: int | None = 4096
    salt: bytes = b"salt of the server"
    nonce: Callable[[bytes], bytes] = lambda nonce: nonce + b"of-the-server"
    before: bytes = b""

    def __call__(self, server: Server) -> Exchange:
        """Speak it."""
        client_first = yield b""
        header, bare = self._header(server, client_first)
        if not bare.startswith(b"n=") or b",r=" not in bare:
            raise Nonsense("a client-first-message needs user and nonce")
        name, _, nonce = bare[2:].partition(b",r=")
        user = name.replace(b"=2C", b",").replace(b"=3D", b"=").decode()
        if self.proves == "too early":
            return Outcome(user, True)

        whole_nonce = self.nonce(nonce)
        server_first = self.before + b"r=%s,s=%s,i=%d" % (whole_nonce, b64encode(self.salt), self.iterations)
        client_final = yield server_first
        without_proof, _, proof = client_final.rpartition(b",p=")
        binding = server.binding[1] if self.plus and server.binding else b""
        if without_proof != b"c=" + b64encode(header + binding) + b",r=" + whole_nonce:
            raise Nonsense("a client-final-message with another binding or nonce")

        password = server.passwords.get(user, "").encode()
        salted = salted_password(self.hash_name, password, self.salt, self.iterations)
        message = b",".join((bare, server_first, without_proof))
        client_key = hmac.digest(salted, b"Client Key", self.hash_name)
        signature = hmac.digest(hashlib.new(self.hash_name, client_key).digest(), message, self.hash_name)
        if bytes(a ^ b for a, b in zip(client_key, signature, strict=True)) != b64decode(proof):
            return Outcome(user, False)
        return (yield from self._prove(user, hmac.digest(salted, b"Server Key", self.hash_name), message))

    def _header(self, server: Server, message: bytes) -> tuple[bytes, bytes]:
        flag, authorisation, bare = message.split(b",", 2)
        name = f"SCRAM-{'SHA-256' if self.hash_name == 'sha256' else 'SHA-1'}-PLUS"
        if authorisation:
            raise Nonsense("an authorisation identity that nobody asked for")
        if self.plus and (server.binding is None or flag != b"p=" + server.binding[0]):
            raise Nonsense(f"a channel binding that we do not have: {flag!r}")
        if not self.plus and (flag not in (b"n", b"y") or (flag == b"y" and name in server.offered)):
            raise Nonsense(f"the offer of a channel binding was not seen: {flag!r}")
        return flag + b",,", bare

    def _prove(self, user: str, server_key: bytes, message: bytes) -> Exchange:
        key = server_key if self.proves != "wrongly" else bytes(len(server_key))
        final = b"v=" + b64encode(hmac.digest(key, message, self.hash_name))
        if self.proves == "in the success":
            return Outcome(user, True, final)
        if self.proves != "not" and (yield b"e=other-error" if self.proves == "an error" else final) != b"":
            raise Nonsense("the end of SCRAM was not acknowledged")
        return Outcome(user, True)


@lru_cache
def salted_password(hash_name: str, password: bytes, salt: bytes, iterations: int) -> bytes:
    """Return what a real server keeps, so that it need not compute it each time."""
    return hashlib.pbkdf2_hmac(hash_name, password, salt, iterations)


def judged(server: Server, user: str, secret: str) -> Outcome:
    """Compare a password or a token with what we know."""
    return Outcome(user, server.passwords.get(user) == secret)


MECHANISMS: dict[str, Callable[[Server], Exchange]] = {
    "PLAIN": plain,
    "LOGIN": login,
    "CRAM-MD5": cram_md5,
    "EXTERNAL": external,
    "XOAUTH2": xoauth2,
    "OAUTHBEARER": oauthbearer,
    "SCRAM-SHA-1": Scram("sha1"),
    "SCRAM-SHA-1-PLUS": Scram("sha1", plus=True),
    "SCRAM-SHA-256": Scram("sha256"),
    "SCRAM-SHA-256-PLUS": Scram("sha256", plus=True),
}

"""SCRAM ends well only with a server that has proven that it knows the password; anything else is a BadChallenge.

The server's nonce extends ours, its iterations are within the limits, and the password is not sent.
"""

from __future__ import annotations

import hashlib
import hmac
from binascii import a2b_base64, b2a_base64

from helper.secret import Secret
from helper.smtp.sasl.exchange import BadChallenge, Credential
from helper.smtp.sasl.scram import ITERATIONS_LIMIT, ITERATIONS_MINIMUM, parse_server_first, scram

NONCE = b"rOprNGfwEbeRWgbNEkqO"
PASSWORD = b"pencil"
CREDENTIAL = Credential(b"us,er=", Secret(PASSWORD))
ITERATIONS_TRIED = 4200  # more would take the time of a hundred other inputs
RIGHT = b"!"  # in an input: the signature that is right
FIRST = b"r=" + NONCE + b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

SEEDS = (
    FIRST + b"\nv=!",
    FIRST + b",x=y\nv=!,x=y",
    FIRST + b"\ne=invalid-proof",
    FIRST + b"\n",
    b"e=unknown-user\nv=!",
    b"m=ext," + FIRST + b"\nv=!",
    FIRST.replace(b"4096", b"600001") + b"\nv=",
    b"\nv=!",
)
WORDS = (
    b"r=" + NONCE,
    b",s=",
    b",i=4096",
    b",i=",
    b"v=",
    b"v=!",
    b"e=",
    b"m=",
    b"QUFB",
    b"=",
    b"\n",
    b"600000",
    b"4095",
)


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    server_first, _, server_final = octets.partition(b"\n")
    expected = expected_signature(server_first)
    server_final = server_final.replace(RIGHT, b2a_base64(expected, newline=False)) if expected else server_final
    if expected is None and server_first[:2] != b"e=" and is_taken(server_first):
        return  # too many iterations for many inputs
    exchange = scram("sha256", CREDENTIAL, NONCE, b"n,,", b"")
    assert next(exchange) == b"n,,n=us=2Cer=3D,r=" + NONCE
    try:
        client_final = exchange.send(server_first)
        assert client_final is not None and PASSWORD not in client_final
        assert expected is not None or client_final == b""
        assert exchange.send(server_final) == b""
        exchange.send(b"")
        raise AssertionError("it does not end")
    except StopIteration:
        assert expected is not None and proves(server_final, expected), "nothing was proven"
    except BadChallenge as bad:
        assert bad.problem.isascii() and bad.problem.isprintable()
        assert expected is None or not proves(server_final, expected), "a proof was refused"


def is_taken(server_first: bytes) -> bool:
    """Return whether the first message of a server is one."""
    try:
        whole_nonce, salt, iterations = parse_server_first(server_first, NONCE)
    except BadChallenge:
        return False
    assert whole_nonce.startswith(NONCE) and len(whole_nonce) > len(NONCE) and b"," not in whole_nonce
    assert salt and ITERATIONS_MINIMUM <= iterations <= ITERATIONS_LIMIT
    return True


def expected_signature(server_first: bytes) -> bytes | None:
    """Return the signature by RFC 5802, section 3; None if there is none to expect, or not soon."""
    if not is_taken(server_first):
        return None
    whole_nonce, salt, iterations = parse_server_first(server_first, NONCE)
    if iterations > ITERATIONS_TRIED:
        return None
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD, salt, iterations)
    server_key = hmac.new(salted, b"Server Key", "sha256").digest()
    message = b"n=us=2Cer=3D,r=" + NONCE + b"," + server_first + b",c=biws,r=" + whole_nonce
    return hmac.new(server_key, message, "sha256").digest()


def proves(server_final: bytes, expected: bytes) -> bool:
    """Return whether a last message proves it, by the library's lenient reader of base64."""
    verifier = server_final.partition(b",")[0]
    try:
        return (
            verifier[:2] == b"v="
            and verifier[2:] == b2a_base64(a2b_base64(verifier[2:]), newline=False)
            and (a2b_base64(verifier[2:]) == expected)
        )
    except ValueError:
        return False

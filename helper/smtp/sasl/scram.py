"""SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password without sending it.

A server that lies (threat I6) gets nowhere: its nonce has to extend ours, its iteration count must be neither so low
that the proof gives the password away nor so high that we calculate for minutes, and its signature has to be right.
"""

from __future__ import annotations

import hashlib
import hmac

from helper.smtp.sasl.exchange import NO_SENSE, BadChallenge, decode, encode
from helper.smtp.sasl.saslprep import saslprep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.sasl.exchange import Credential, Exchange

HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}

# RFC 5802, section 5.1 and RFC 7677, section 4 want 4096 at least. 600,000 (OWASP's advice of 2023) take a third of a
# second, in one call that no time-out of ours could end: 2^31-1 would take eleven minutes.
ITERATIONS_MINIMUM = 4096
ITERATIONS_LIMIT = 600_000

NO_PROOF = "the server accepts without proof that it knows the password"
WRONG_PROOF = "the server does not know the password: its proof is wrong"


def scram(hash_name: str, credential: Credential, nonce: bytes, gs2_header: bytes, binding_data: bytes) -> Exchange:
    """Speak SCRAM with one of HASHES; `nonce` is ours, printable, without comma, and used once.

    CannotPrepare if user name or password cannot be made into what both sides hash.
    """
    user, password = saslprep(credential.user), saslprep(credential.secret.reveal())
    client_first_bare = b"n=" + escaped(user) + b",r=" + nonce
    server_first = yield gs2_header + client_first_bare
    if server_first.startswith(b"e="):
        yield from concede()
    whole_nonce, salt, iterations = parse_server_first(server_first, nonce)

    client_final = b"c=" + encode(gs2_header + binding_data) + b",r=" + whole_nonce
    auth_message = b",".join((client_first_bare, server_first, client_final))
    salted_password = hashlib.pbkdf2_hmac(hash_name, password, salt, iterations)
    proof = client_proof(hash_name, salted_password, auth_message)
    server_final = yield client_final + b",p=" + encode(proof)
    if server_final.startswith(b"e="):
        yield from concede()
    verify(server_final, server_signature(hash_name, salted_password, auth_message))
    yield b""


def parse_server_first(message: bytes, nonce: bytes) -> tuple[bytes, bytes, int]:
    """Return the whole nonce, the salt and the iteration count. BadChallenge for anything wrong with them."""
    if not message:
        raise BadChallenge(NO_PROOF)
    if message.startswith(b"m="):
        raise BadChallenge("the server demands an extension that Gatepost does not support")
    fields = message.split(b",")
    if len(fields) < 3 or [field[:2] for field in fields[:3]] != [b"r=", b"s=", b"i="]:
        raise BadChallenge(NO_SENSE)
    whole_nonce, salt, count = fields[0][2:], decode(fields[1][2:]), fields[2][2:]
    if not whole_nonce.startswith(nonce) or len(whole_nonce) == len(nonce):
        raise BadChallenge("the server's nonce does not extend ours")
    if not salt or not count.isdigit() or count.startswith(b"0"):
        raise BadChallenge(NO_SENSE)
    # Compared as a string first: the time that int() takes grows with the square of the digits.
    if len(count) > len(str(ITERATIONS_LIMIT)) or not ITERATIONS_MINIMUM <= int(count) <= ITERATIONS_LIMIT:
        raise BadChallenge(
            f"the server asks for a number of iterations outside {ITERATIONS_MINIMUM}-{ITERATIONS_LIMIT}"
        )
    return whole_nonce, salt, int(count)


def client_proof(hash_name: str, salted_password: bytes, auth_message: bytes) -> bytes:
    """Return ClientProof (RFC 5802, section 3)."""
    client_key = hmac.digest(salted_password, b"Client Key", hash_name)
    stored_key = hashlib.new(hash_name, client_key).digest()
    signature = hmac.digest(stored_key, auth_message, hash_name)
    return bytes(one ^ other for one, other in zip(client_key, signature, strict=True))


def server_signature(hash_name: str, salted_password: bytes, auth_message: bytes) -> bytes:
    """Return ServerSignature (RFC 5802, section 3)."""
    server_key = hmac.digest(salted_password, b"Server Key", hash_name)
    return hmac.digest(server_key, auth_message, hash_name)


def verify(server_final: bytes, expected: bytes) -> None:
    """Raise BadChallenge unless the server has proven that it knows the password."""
    if not server_final:
        raise BadChallenge(NO_PROOF)
    verifier = server_final.split(b",", 1)[0]
    if not verifier.startswith(b"v="):
        raise BadChallenge(NO_SENSE)
    if not hmac.compare_digest(decode(verifier[2:]), expected):
        raise BadChallenge(WRONG_PROOF)


def concede() -> Exchange:
    """Acknowledge an error in a challenge: the refusal follows as a reply, with the reason."""
    yield b""
    raise BadChallenge(NO_PROOF)


def escaped(user: bytes) -> bytes:
    """Return a user name as a saslname, in which `,` and `=` are spelt out (RFC 5802, section 5.1)."""
    return user.replace(b"=", b"=3D").replace(b",", b"=2C")

"""Mask the password or token in replies of a smart host before they are shown."""

from __future__ import annotations

from helper.smtp.sasl.exchange import additional_data, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.reply import Reply
    from helper.smtp.sasl.exchange import Credential

HIDDEN = b"***"


def masked(reply: Reply, credential: Credential) -> Reply:
    """Return a reply as people may see it.

    Some servers repeat the password when they refuse it, plain or within a response. And with SCRAM's salt and
    signature a caller could try out passwords at leisure: nothing is shown of challenges.
    """
    if reply.code == 334:
        return reply.replace(lines=(HIDDEN,))
    lines = reply.lines
    if reply.code == 235 and (word := additional_data(reply)[1]):
        lines = tuple(line.replace(word, HIDDEN) for line in lines)
    for secret in forms(credential.secret.reveal()):
        lines = tuple(without(line, secret) for line in lines)
    return reply.replace(lines=lines)


def forms(secret: bytes) -> tuple[bytes, ...]:
    """Return the secret as given and as prepared; nothing if it was forgotten."""
    if not secret or secret.isascii():
        return (secret,) if secret else ()
    from helper.smtp.sasl.saslprep import CannotPrepare, saslprep

    try:
        return secret, saslprep(secret)
    except CannotPrepare:
        return (secret,)


def without(line: bytes, secret: bytes) -> bytes:
    """Return a line without a secret, and without words whose base64 holds it, whatever stands before it there."""
    if len(line) < len(secret):
        return line
    line = line.replace(secret, HIDDEN)
    traces = [trace for trace in (trace_in_base64(secret, offset) for offset in range(3)) if trace]
    if not any(trace in line for trace in traces):
        return line
    return b" ".join(HIDDEN if any(trace in word for trace in traces) else word for word in line.split(b" "))


def trace_in_base64(secret: bytes, offset: int) -> bytes:
    """Return what the secret leaves in base64 that it does not begin at the start of, but `offset` (mod 3) later.

    The digits at both ends, which depend on the neighbours too, are left out.
    """
    digits = encode(bytes(offset) + secret)
    return digits[(8 * offset + 5) // 6 : 8 * (offset + len(secret)) // 6]

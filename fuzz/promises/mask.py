"""No reply that people see holds the password, as it is or in base64, wherever the server has put it."""

from __future__ import annotations

from base64 import b64encode

from fuzz.drawn import Drawn
from helper.secret import Secret
from helper.smtp.reply import Reply
from helper.smtp.sasl.exchange import Credential
from helper.smtp.sasl.mask import HIDDEN, masked

SEEDS = (
    b"secret\0\0ws1\0\0authentication failed for ws1\0again\0\x02",
    b"pa\xc3\x9fwort\0x\0\0y\0no\0",
    b"0123\0user\0\0\0v=cm1GOXBxVjg=\0\1",
)
WORDS = b"\x00|secret|v=|e=|=| ".split(b"|")
CODES = (535, 235, 334, 454)
TRACE_MINIMUM = 4  # octets of a secret of which something is left in base64 at every offset


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    code = drawn.choice(CODES)
    # With `*` in it, a password could grow together anew with what hides it.
    secret = drawn.text().translate(None, b"*\r\n")[:64]
    before, after = drawn.text()[:64], drawn.text()[:64]
    word = b64encode(before + secret + after)
    lines = [drawn.text().translate(None, b"\r\n"), drawn.text() + secret + drawn.text(), b"said " + word + b" twice"]
    if not secret:
        return
    credential = Credential(b"ws1", Secret(secret))
    reply = masked(Reply(code, tuple(line.translate(None, b"\r\n") for line in lines)), credential)
    assert reply.code == code
    assert not any(secret in line for line in reply.lines), "the password is there"
    if len(secret) >= TRACE_MINIMUM:
        assert not any(word in line for line in reply.lines), "the password is there in base64"
    if code == 334:
        assert reply.lines == (HIDDEN,)
    assert repr(credential).count("<secret>") == 1

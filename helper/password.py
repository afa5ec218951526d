"""Parse the password or token that was read: one line, and for a token optionally its expiry time."""

from __future__ import annotations

from helper.failure import ConfigError
from helper.secret import Secret
from helper.text import without_mark

ANY_DIGIT = bytes.maketrans(b"123456789", b"000000000")


def password_in(read: Secret) -> Secret:
    """Return the one line of a password file; for an access token, a second line may give its expiry time.

    Such as `expires 2026-11-28T12:00:00Z`; `gatepost refresh` writes it so. ConfigError for anything else. What was
    read is forgotten.
    """
    octets = without_mark(read.reveal())
    read.forget()
    line, dated, expires = octets.partition(b"\nexpires ")
    if not dated:
        return Secret(one_line(read.source, octets))
    time = expires.removesuffix(b"\n").removesuffix(b"\r")
    if time.translate(ANY_DIGIT) != b"0000-00-00T00:00:00Z":
        raise ConfigError(read.source, "needs an expiry time such as 2026-11-28T12:00:00Z: gatepost refresh")
    return Secret(one_line(read.source, line), read.source, time.decode("ascii"))


def command_output(read: Secret) -> Secret:
    """Return the one line that a program wrote; nothing if none was asked (EXTERNAL). ConfigError for more.

    What was read is forgotten.
    """
    if not read.source:
        return read
    octets = read.reveal()
    read.forget()
    return Secret(one_line(read.source, octets))


def one_line(source: str, octets: bytes) -> bytes:
    """Return the only line of a file or of a program's output, without its end. ConfigError if it is not one."""
    line = octets.removesuffix(b"\n").removesuffix(b"\r")
    if not line:
        raise ConfigError(source, "is empty: a password was expected")
    if any(line_end in line for line_end in (b"\n", b"\r", b"\0")):
        raise ConfigError(source, "has more than one line, or a NUL")
    return line

"""A damaged compiled configuration is not used: it is none, or the one that was compiled."""

from __future__ import annotations

from fuzz.drawn import Drawn
from helper.config.compiled import compile_configuration, unpacked_configuration
from helper.config.configuration import parse_configuration
from helper.config.values import Configuration, this_host_of
from helper.privileged.compiled_copy import content_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.privileged.compiled_copy import Facts

MACHINE = (b"ws1.example.net", b"example.net", True)
SOURCE = b"""
[transports.relay]
driver = "smtp"
hosts = ["smtp.example.net:587"]
auth = { user = "ws1", password_file = "relay.password" }
[rewrite]
"root" = "admin@example.net"
"""
CONFIGURATION = parse_configuration(SOURCE, "gatepost.toml", this_host_of(*MACHINE))
COMPILED = compile_configuration(CONFIGURATION, SOURCE, MACHINE)
SEEDS = (COMPILED, COMPILED[:-1], b"", b"\0\0\0\0", COMPILED[:4] + b"N", b"x\0\0\0\1\7")
WORDS = (COMPILED[:4], b"(", b")", b"z", b"N", b"\0\0\0\0")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    assert meaning_of(octets, SOURCE, MACHINE) in (None, CONFIGURATION)
    assert meaning_of(octets, SOURCE + b"\n", MACHINE) is None
    assert meaning_of(damaged(Drawn(octets)), SOURCE, MACHINE) in (None, CONFIGURATION)


def meaning_of(octets: bytes, source: bytes, machine: Facts) -> Configuration | None:
    """Return what a send makes of a copy: before the drop, and after it."""
    content = content_of(octets, source, machine)
    return None if content is None else unpacked_configuration(content[1])


def damaged(drawn: Drawn) -> bytes:
    """Return the copy with a piece of it replaced."""
    start, length = drawn.number(65536) % len(COMPILED), drawn.number(16)
    return COMPILED[:start] + drawn.octets[:16] + COMPILED[start + length :]

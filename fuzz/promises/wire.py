"""A hello off the wire is a WireError, or goes back to the same octets; frames are cut one by one, whole."""

from __future__ import annotations

from helper.failure import WireError
from helper.request import wire

SEEDS = (
    wire.hello(wire.OTHER, [b"sendmail", b"-t", b"-f", b"a@x", b"b@y"]),
    wire.hello(wire.TERMINAL, []),
    wire.hello(wire.NETWORK, [b"sendmail", b"-bs"])[:-3],
    wire.frame(wire.FILE) + wire.frame(wire.OCTETS, b"EHLO x"),
    wire.frame(wire.UNREADABLE, b"\0\0\0\5") + wire.frame(wire.OCTETS),
)
WORDS = (wire.MAGIC, *wire.INPUTS, wire.FILE, wire.UNREADABLE, wire.OCTETS, b"\0\0\0\1", b"\xff\xff\xff\xff")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    check_frames(octets)
    head, rest = octets[: wire.HEAD_OCTETS], octets[wire.HEAD_OCTETS :]
    try:
        kind, count, total = wire.parse_hello(head)
        assert total <= wire.HELLO_LIMIT
        arguments = wire.parse_arguments(rest[:total], count)
    except WireError as error:
        assert error.problem.isascii() and error.problem.isprintable()
        return
    assert len(arguments) == count and not any(b"\0" in argument for argument in arguments)
    if len(rest) >= total:
        assert wire.hello(kind, arguments) == octets[: wire.HEAD_OCTETS + total], "something was lost"


def check_frames(octets: bytes) -> None:
    """Cut frames until one is incomplete."""
    at = 0
    while (cut := wire.parse_frame(octets[at : at + 0x10003])) is not None:
        letter, content, length = cut
        assert wire.frame(letter, content) == octets[at : at + length]
        at += length
    assert len(octets) - at < 3 or at + 3 + int.from_bytes(octets[at + 1 : at + 3], "big") > len(octets)

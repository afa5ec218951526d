"""An argument vector is a UsageError in printable words, or a command line that goes over the wire as it is."""

from __future__ import annotations

import os

from frontend.argv import UsageError, parse_argv
from frontend.main import submission
from helper import wire

SEEDS = (
    b"-ti\0-f\0a@x\0-F\0A B\0b@x",
    b"-bs",
    b"-oi\0-oMa\0x\0-B8BITMIME\0-N\0success,delay\0-RHDRS\0-V\0id\0--\0-x@y",
    b"-q30m\0-d0.1\0-Cfile\0\xff\xfe@x",
    b"-f\0<>\0a\nb@x",
    b"--help",
)
WORDS = b"\x00|-t|-i|-f|-F|-B|-N|-R|-V|-bs|-bt|-o|-C|--|-q|never|full|\n|\x7f".split(b"|")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    argv = ["/usr/sbin/sendmail", *map(os.fsdecode, octets.split(b"\0"))]
    try:
        command = parse_argv(argv)
    except UsageError as error:
        assert error.problem.isascii() and error.problem.isprintable() and len(error.problem) < 500
        return
    if command.mode == "send":
        assert command.recipients or command.recipients_from_header
        request = submission(command)
        assert wire.parse_request(wire.request_octets(request)[wire.HEAD_OCTETS :]) == request

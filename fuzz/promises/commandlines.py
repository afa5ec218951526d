"""An argument vector is a UsageError in printable words, or a command line whose fields hold no control character."""

from __future__ import annotations

from helper.failure import UsageError
from helper.request.argv import parse_argv, submission

CONTROLS = bytes(range(32)) + b"\x7f"

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
    words = octets.split(b"\0")
    try:
        command = parse_argv([b"/usr/sbin/sendmail", *words])
    except UsageError as error:
        assert error.problem.isascii() and error.problem.isprintable() and len(error.problem) < 500
        return
    if command.mode == "send":
        assert command.recipients or command.recipients_from_header
        asked = submission(command)
        assert set(asked.recipients) <= set(words), "a recipient that nobody gave"
        given = (*asked.recipients, asked.reverse_path, asked.full_name, asked.notify, asked.envid)
        assert all(value is None or value.translate(None, CONTROLS) == value for value in given)

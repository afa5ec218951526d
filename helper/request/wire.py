"""The wire between frontend and helper. It belongs to the helper.

All numbers are big-endian. Up, unasked and once, the hello:

    `GATEPOST`, the version of the wire (1 octet), what standard input is (1: t terminal, n network socket, o other),
    the count of the arguments (4), the octets of all that follows (4), each argument with its length (4), argv[0] first

Everything else is a frame: a letter, the length of its content (2), the content. Down:

    e  a line for standard error; the frontend adds LF
    o  text for standard output, as it is
    m  send the message: the limit (8 octets, 0 for none), and whether a lone dot ends typed input (1);
       answered by F (no content, one descriptor: a sealed memory file) or X (errno, 4: standard input cannot be read)
    r  send the next octets of standard input, at most so many (2); answered by R, empty at the end
    d  no content: from now on the outcome may be in doubt
    k  no content: the outcome is known again
    p  no content: use an unprivileged helper
    c  a line: this helper has no privilege; try gatepost.socket, and show the line if that is not open
    s  the exit status (1) and whether to drain standard input (1); the last frame

The C programs that start the helper write `p` and `c` too (start.h). Behind gatepost.socket one descriptor comes with
the hello: the read end of a pipe. Nobody writes to it, and its other end closes when the frontend ends (channel.py).

The helper trusts nothing: it bounds each length before it allocates, and refuses what is unknown or left over.

Version 1 begins with the same eight octets, but its frontend waits until the helper has announced itself. It is not
served: its caller is told to send again (`refusal_of_version_1`).
"""

from __future__ import annotations

from helper.failure import WireError

MAGIC = b"GATEPOST\x02"
HEAD_OCTETS = len(MAGIC) + 1 + 4 + 4
INPUTS = (TERMINAL, NETWORK, OTHER) = (b"t", b"n", b"o")
# Linux passes at most 6 MiB of arguments (execve(2)). Each argument takes 4 octets more here for its length. Only
# a million very short arguments would take more than twice their size, and no caller has so many.
HELLO_LIMIT = 12 * 1024 * 1024

LINE, TEXT = b"e", b"o"
MESSAGE, FILE, UNREADABLE = b"m", b"F", b"X"
READ, OCTETS = b"r", b"R"
DOUBT, KNOWN = b"d", b"k"
UNPRIVILEGED, CLOSED = b"p", b"c"
STATUS = b"s"

FRAME_HEAD_OCTETS = 3
CONTENT_LIMIT = 0xFFFF  # octets
LINE_LIMIT = 8 * 1024  # octets; longer lines are cut


def parse_hello(head: bytes) -> tuple[bytes, int, int]:
    """Return what standard input is, the count of the arguments, and how many octets follow the first HEAD_OCTETS.

    WireError if the hello is of another version, or larger than HELLO_LIMIT.
    """
    kind = head[len(MAGIC) : len(MAGIC) + 1]
    if len(head) != HEAD_OCTETS or not head.startswith(MAGIC) or kind not in INPUTS:
        raise WireError("the hello is not of this version")
    count, total = int.from_bytes(head[-8:-4], "big"), int.from_bytes(head[-4:], "big")
    if total > HELLO_LIMIT:
        raise WireError(f"the hello is larger than {HELLO_LIMIT} octets")
    return kind, count, total


def parse_arguments(octets: bytes, count: int) -> tuple[bytes, ...]:
    """Return exactly `count` arguments. WireError if the octets hold more or fewer, or if one has a NUL."""
    arguments: list[bytes] = []
    at = 0
    while at < len(octets):
        start = at + 4
        at = start + int.from_bytes(octets[start - 4 : start], "big")
        if at > len(octets) or len(arguments) == count:
            raise WireError("an argument ends too early, or is left over")
        arguments.append(octets[start:at])
    if len(arguments) != count:
        raise WireError("there are fewer arguments than were announced")
    if any(b"\0" in argument for argument in arguments):
        raise WireError("an argument has a NUL")
    return tuple(arguments)


def hello(kind: bytes, arguments: tuple[bytes, ...] | list[bytes]) -> bytes:
    """Return the octets of a hello."""
    content = b"".join(len(argument).to_bytes(4, "big") + argument for argument in arguments)
    return MAGIC + kind + len(arguments).to_bytes(4, "big") + len(content).to_bytes(4, "big") + content


def frame(letter: bytes, content: bytes = b"") -> bytes:
    """Return the octets of one frame."""
    return letter + len(content).to_bytes(2, "big") + content


def parse_frame(octets: bytes | bytearray) -> tuple[bytes, bytes, int] | None:
    """Return letter, content and length of the first frame in `octets`, None while it is incomplete."""
    if len(octets) < FRAME_HEAD_OCTETS:
        return None
    end = FRAME_HEAD_OCTETS + int.from_bytes(octets[1:FRAME_HEAD_OCTETS], "big")
    return (bytes(octets[:1]), bytes(octets[FRAME_HEAD_OCTETS:end]), end) if len(octets) >= end else None


def refusal_of_version_1(status: int) -> bytes:
    """Return the answer to a frontend of version 1, in its own frames: a line (L) and a status (S)."""
    line = b"sendmail: not sent: Gatepost is being upgraded: send again"
    return frame(b"L", line) + frame(b"S", bytes([status]))

"""Replies are the same whole or in pieces; each has a code from 200 to 599, and shows nothing but printable ASCII.

What is left has no complete reply. The limits of lines, octets and shown text hold.
"""

from __future__ import annotations

from fuzz.drawn import Drawn
from helper.smtp.reply import LINE_LIMIT, LINES_LIMIT, REPLY_LIMIT, TEXT_LIMIT, Reply, ReplySyntax, take_reply

SEEDS = (
    b"220 mx.example ESMTP\r\n250-mx\r\n250-PIPELINING\r\n250 SIZE 1000\r\n\x03\x07",
    b"550-5.1.1 no such user\r\n550 5.1.1 <b@x>\r\n421 4.3.2 bye\r\n",
    b"250\r\n354-\r\n354 go\x1b[2J ahead\xff\r\n",
    b"250 ok\n250-a\r\n251 b\r\n",
)
WORDS = b"\r\n|250-|250 |550 |421|\n|\r|5.1.1 |\x1b[|\x00".split(b"|")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    sizes = [drawn.number(40) + 1 for _ in range(8)]
    outcome = replies_in(octets, [len(octets) or 1])
    assert replies_in(octets, sizes if len(octets) < 8192 else [4096]) == outcome, "pieces make a difference"
    for reply in outcome[0]:
        check_reply(reply)


def replies_in(octets: bytes, sizes: list[int]) -> tuple[list[Reply], str]:
    """Return the replies, and what ended them, of octets that arrive in pieces of these sizes."""
    received = bytearray()
    replies: list[Reply] = []
    at = turn = 0
    while at < len(octets):
        size = sizes[turn % len(sizes)]
        received += octets[at : at + size]
        at, turn = at + size, turn + 1
        try:
            while (reply := take_reply(received)) is not None:
                replies.append(reply)
        except ReplySyntax as error:
            assert error.problem.isascii() and error.problem.isprintable()
            return replies, error.problem
    assert len(received) <= LINE_LIMIT + REPLY_LIMIT
    return replies, ""


def check_reply(reply: Reply) -> None:
    """Look at one reply."""
    assert 200 <= reply.code <= 599 and 0 < len(reply.lines) <= LINES_LIMIT
    assert sum(map(len, reply.lines)) <= REPLY_LIMIT
    assert not any(line.translate(None, b"\r\n\0") != line for line in reply.lines)
    assert len(reply.text) <= TEXT_LIMIT and reply.text.isascii() and reply.text.isprintable()
    assert reply.text.startswith(str(reply.code))
    assert all(line.isascii() and line.isprintable() for line in reply.shown_lines)
    last = len(reply.lines) - 1
    octets = b"".join(
        b"%d%b%b\r\n" % (reply.code, b"- "[at == last :][:1], line) for at, line in enumerate(reply.lines)
    )
    assert take_reply(bytearray(octets)) == reply

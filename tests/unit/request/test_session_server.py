"""What a session keeps: lines for its end, in bounds, and mail data in a file of its own."""

from __future__ import annotations

import resource

import pytest

from helper.request.session_server import LINES_KEPT, OCTETS_KEPT, Collected, KeptLines
from helper.request.smtp_steps import COMPLETE, CUT_OFF, FILE_LIMIT, TOO_LARGE


class Client:
    """A client whose octets are given."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)
        self.after = b""

    def rest(self) -> bytes:
        return b""

    def octets(self) -> bytes:
        return self.parts.pop(0) if self.parts else b""

    def put_back(self, octets: bytes) -> None:
        self.after = octets


@pytest.mark.parametrize("count", [0, 1, LINES_KEPT, LINES_KEPT + 1, 1000])
def test_lines_are_kept_up_to_a_number_and_counted_then(count):
    lines, told = KeptLines(), []
    for number in range(count):
        lines.keep(f"sendmail: not sent: {number}")
    lines.tell(told.append)
    assert told[:LINES_KEPT] == [f"sendmail: not sent: {number}" for number in range(min(count, LINES_KEPT))]
    more = [f"sendmail: not sent: and {count - LINES_KEPT} more; the log has all"] if count > LINES_KEPT else []
    assert told[LINES_KEPT:] == more


def test_they_fit_into_a_pipe():
    lines, told = KeptLines(), []
    for _ in range(1000):
        lines.keep("x" * 8000)
    lines.tell(told.append)
    assert sum(len(line) + 1 for line in told) < OCTETS_KEPT + 100 < 64 * 1024


@pytest.mark.parametrize(
    ("parts", "limit", "received", "octets"),
    [
        ([b"a\r\n.\r\nQUIT\r\n"], 0, COMPLETE, b"a\r\n"),
        ([b"a\r", b"\n.", b"\r\nQUIT\r\n"], 3, COMPLETE, b"a\r\n"),
        ([b"ab\r\n", b"cd\r\n", b".\r\n"], 4, TOO_LARGE, b"ab\r\nc"),
        ([b".\r\n"], 4, COMPLETE, b""),
    ],
)
def test_mail_data_are_collected(parts, limit, received, octets):
    collected, client = Collected(limit), Client(*parts)
    assert collected.collect(client, b"\r\n") == received
    message = collected.message()
    assert bytes(message.octets) == octets
    assert message.size_octets == len(octets)


def test_what_is_cut_off_is_no_message():
    assert Collected(0).collect(Client(b"a\r\n"), b"\r\n") == CUT_OFF


def test_what_the_caller_may_not_write_is_told_as_such():
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        client = Client(b"x" * 1000 + b"\r\n", b".\r\nNOOP\r\n")
        assert Collected(0).collect(client, b"\r\n") == FILE_LIMIT
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert client.after == b"NOOP\r\n"

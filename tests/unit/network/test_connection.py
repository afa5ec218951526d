"""What a connection says last: nothing that could be taken for the end of a message."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from helper.network.connection import Connection
from helper.network.time_budget import TimeBudget

Ends = tuple[Connection, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Give a connection whose greeting was read, and the server's end of it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.sendall(b"220 hello\r\n")
        connection = Connection(ours, TimeBudget(5), None)
        assert connection.read_reply("the greeting", 1).code == 220
        yield connection, theirs


def all_said(connection: Connection, server: socket.socket) -> bytes:
    """Close the connection, and return what the server was told."""
    connection.close()
    return server.makefile("rb").read()


def test_says_goodbye_where_it_is_a_command(ends: Ends) -> None:
    connection, server = ends
    connection.say_goodbye()
    assert all_said(connection, server) == b"QUIT\r\n"


def test_does_not_complete_a_chunk_by_saying_goodbye(ends: Ends) -> None:
    """A server that has said a word too many would take the message that it seems to have refused."""
    connection, server = ends
    assert connection.may_go_on(b"BDAT 12 LAST\r\n", 1)
    assert connection.may_go_on(b"\r\nhello,", 1)
    server.sendall(b"550 no\r\n")
    assert not connection.may_go_on(b"you\r\n", 1)
    assert connection.read_reply("the message", 1).code == 550
    connection.say_goodbye()
    assert all_said(connection, server) == b"BDAT 12 LAST\r\n\r\nhello,"


def test_says_goodbye_after_a_message_that_was_not_begun(ends: Ends) -> None:
    connection, server = ends
    server.sendall(b"421 good night\r\n")
    assert not connection.may_go_on(b"BDAT 12 LAST\r\n", 1)
    connection.say_goodbye()
    assert all_said(connection, server) == b"QUIT\r\n"


def test_says_goodbye_behind_the_end_of_a_message(ends: Ends) -> None:
    connection, server = ends
    assert connection.may_go_on(b"BDAT 7 LAST\r\n", 1)
    connection.write(b"\r\nhello")
    connection.end_message(1)
    connection.say_goodbye()
    assert connection.message_is_out
    assert all_said(connection, server) == b"BDAT 7 LAST\r\n\r\nhelloQUIT\r\n"


class Layer:
    """TLS that shows what passes through it: `<...>` is a record."""

    version = "TLSv1.3"

    def shake_hands(self, _received: bytes) -> tuple[bytes, bool]:
        return b"", True

    def encrypt(self, octets: bytes) -> bytes:
        return b"<" + octets + b">"

    def decrypt(self, octets: bytes) -> bytes:
        return octets

    def end(self) -> bytes:
        return b"<close_notify>"


def test_the_end_of_tls_goes_with_the_goodbye(ends: Ends) -> None:
    connection, server = ends
    connection.secure(Layer(), 1)  # type: ignore[arg-type]
    connection.say_goodbye()
    assert server.recv(100) == b"<QUIT\r\n><close_notify>"
    assert all_said(connection, server) == b""


def test_the_end_of_tls_waits_for_the_replies_that_are_due(ends: Ends) -> None:
    """Some servers that hear it take the client for gone, and the message with it."""
    connection, server = ends
    connection.secure(Layer(), 1)  # type: ignore[arg-type]
    assert connection.may_go_on(b"BDAT 0 LAST\r\n", 1)
    connection.end_message(1)
    connection.say_goodbye()
    assert server.recv(100) == b"<BDAT 0 LAST\r\n><QUIT\r\n>"
    server.sendall(b"250 taken\r\n")
    assert connection.read_reply("the message", 1).code == 250
    assert all_said(connection, server) == b"<close_notify>"


def test_no_end_of_tls_is_announced_inside_a_message(ends: Ends) -> None:
    connection, server = ends
    connection.secure(Layer(), 1)  # type: ignore[arg-type]
    assert connection.may_go_on(b"a line\r\n", 1)
    server.sendall(b"550 no\r\n")
    assert connection.read_reply("the message", 1).code == 550
    connection.say_goodbye()
    assert b"close_notify" not in all_said(connection, server)

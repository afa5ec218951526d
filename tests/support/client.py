"""A client that says exactly what it is told, to try the scripted smart host with."""

from __future__ import annotations

import contextlib
import socket
from typing import Self

from tests.support.smarthost import SmartHost


class Client:
    """One connection. EOFError at its end, TimeoutError where nothing comes."""

    def __init__(self, host: SmartHost, greeted: bool = True, timeout_s: float = 5) -> None:
        self._socket = socket.create_connection((host.address, host.port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard = b""
        if greeted:
            self.hear()

    def say(self, octets: bytes) -> None:
        """Send."""
        self._socket.sendall(octets)

    def talk(self, octets: bytes, replies: int = 1) -> bytes:
        """Send, and return so many replies."""
        self.say(octets)
        return self.hear_lines(replies)

    def hear_lines(self, replies: int) -> bytes:
        """Return so many replies."""
        return b"".join(self.hear() for _ in range(replies))

    def hear(self) -> bytes:
        """Return one reply, all its lines."""
        reply = b""
        while not reply or reply.splitlines()[-1][3:4] == b"-":
            while b"\n" not in self._heard:
                self._more()
            line, end, self._heard = self._heard.partition(b"\n")
            reply += line + end
        return reply

    def hear_octets(self, count: int) -> bytes:
        """Return so many octets."""
        while len(self._heard) < count:
            self._more()
        octets, self._heard = self._heard[:count], self._heard[count:]
        return octets

    def hear_to_end(self) -> None:
        """Wait until the smart host ends the connection."""
        with contextlib.suppress(EOFError, ConnectionResetError, BrokenPipeError):
            while True:
                self._more()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _more(self) -> None:
        octets = self._socket.recv(65536)
        if not octets:
            raise EOFError
        self._heard += octets

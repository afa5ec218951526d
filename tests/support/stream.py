"""The octets of one connection, seen from a server that holds its replies back as RFC 2920 servers do."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading

from tests.support.received import Session

CLIENT_TIMEOUT_S = 60
DRAIN_S = 2


class Gone(Exception):
    """The session is over; the argument says why."""


class Stream:
    """Read commands and content, write replies. Replies leave when the client has nothing more to say: a turn."""

    def __init__(
        self, connection: socket.socket, session: Session, stopping: threading.Event, hold_s: float = 0
    ) -> None:
        self._hold_s = hold_s  # how long replies are held back to see that the client waits for them
        self._connection = connection
        self._session = session
        self._stopping = stopping
        self._input = bytearray()
        self._held = bytearray()
        self._over = ""

    def read_line(self, limit: int) -> bytes:
        """Return the octets up to and with a line feed, or more than `limit` octets without one."""
        while (end := self._input.find(b"\n")) < 0:
            if len(self._input) > limit:
                return self._take(len(self._input))
            self._fill()
        return self._take(end + 1)

    def read_some(self, limit: int) -> bytes:
        """Return between one and `limit` octets."""
        if not self._input:
            self._fill()
        return self._take(min(limit, len(self._input)))

    def put_back(self, octets: bytes) -> None:
        """Let octets be read once more."""
        self._input[:0] = octets

    def has_more(self, patience_s: float) -> bool:
        """Tell whether the client goes on without waiting for a reply."""
        return bool(self._input) or self._receive(patience_s)

    def reply(self, octets: bytes) -> None:
        """Say this when the turn is ours."""
        self._held += octets

    def flush(self) -> None:
        """Say now what was held back."""
        if self._held:
            octets = bytes(self._held)
            self._held.clear()
            self._session.transcript.append(("S", octets))
            self.send(octets)

    def send(self, octets: bytes) -> None:
        """Say this at once, outside the transcript."""
        try:
            self._connection.settimeout(CLIENT_TIMEOUT_S)
            self._connection.sendall(octets)
        except OSError as error:
            raise Gone(f"closed by the client ({error})") from None

    def pause(self, seconds: float) -> None:
        """Wait, no longer than the smart host lives."""
        if self._stopping.wait(seconds):
            raise Gone("the smart host was stopped")

    def first_octet(self) -> bytes:
        """Return what the client sends first, without taking it."""
        self._connection.settimeout(CLIENT_TIMEOUT_S)
        try:
            octet = self._connection.recv(1, socket.MSG_PEEK)
        except OSError as error:
            raise Gone(f"closed by the client ({error})") from None
        if not octet:
            raise Gone("closed by the client")
        return octet

    def shake_hands(self, context: ssl.SSLContext) -> None:
        """Go on in TLS."""
        self._connection.settimeout(CLIENT_TIMEOUT_S)
        try:
            self._connection = context.wrap_socket(self._connection, server_side=True, suppress_ragged_eofs=False)
        except OSError as error:  # ssl.SSLError is one
            self._session.tls_error = str(error)
            raise Gone("the TLS handshake failed") from None
        self._session.tls = self._connection.version()
        presented = self._connection.getpeercert() or {}
        self._session.client_names = [name for _, name in presented.get("subjectAltName", ())]

    def channel_binding(self) -> tuple[bytes, bytes] | None:
        """Return name and data of what this TLS session alone has; only TLS 1.2 has it in Python (RFC 5929)."""
        if not isinstance(self._connection, ssl.SSLSocket) or self._connection.version() != "TLSv1.2":
            return None
        return b"tls-unique", self._connection.get_channel_binding("tls-unique") or b""

    def wait_for_end(self) -> None:
        """Neither read nor write until the client hangs up."""
        watch = select.poll()
        watch.register(self._connection.fileno(), select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        while not self._stopping.is_set() and not watch.poll(50):
            pass
        raise Gone("silent until the client hung up")

    def reset(self) -> None:
        """Break the connection off: the client gets ECONNRESET."""
        with contextlib.suppress(OSError):
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def close(self) -> None:
        """End the connection in good order: what was not read would otherwise turn the end into a reset."""
        with contextlib.suppress(Gone, OSError):
            self.flush()
            socket.socket.shutdown(self._connection, socket.SHUT_WR)  # TLS goes on with what the client says
            self._connection.settimeout(DRAIN_S)
            while octets := self._connection.recv(65536):
                self._session.leftover += octets
            self._note_end()
        self._connection.close()

    def abort(self) -> None:
        """Wake a thread that waits for this connection. For other threads."""
        with contextlib.suppress(OSError):
            # Not through SSLSocket, which would forget its TLS state under the other thread's feet.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)

    def _note_end(self) -> None:
        """Note that the client has ended what it says in good order; a TLS session that is cut is an error."""
        self._session.ended_tls = isinstance(self._connection, ssl.SSLSocket)

    def _take(self, count: int) -> bytes:
        octets = bytes(self._input[:count])
        del self._input[:count]
        return octets

    def _fill(self) -> None:
        if self._receive(self._hold_s if self._held else 0):
            return
        self.flush()
        if not self._receive(CLIENT_TIMEOUT_S):
            raise Gone(self._over or "the client was silent")

    def _receive(self, timeout_s: float) -> bool:
        if self._over:
            return False
        try:
            self._connection.settimeout(timeout_s)
            octets = self._connection.recv(65536)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError as error:
            self._over = f"closed by the client ({error})"
            return False
        if not octets:
            self._over = "closed by the client"
            self._note_end()
            return False
        self._session.transcript.append(("C", octets))
        self._input += octets
        return True

"""One connection to the sink: what was said, in how many turns, and the two ends of the message."""

from __future__ import annotations

import base64
import select
import socket
import ssl
import time

from bench.smarthost import CREDENTIAL, IMPLICIT, STARTTLS, Arrival, Offer

READ_OCTETS = 1 << 20
END_OF_DATA = b"\r\n.\r\n"
KEPT_OCTETS = 8192  # of the beginning and of the end of a message, to recognise it by
TAKEN = b"250 2.0.0 taken\r\n"


class Session:
    """One connection. Replies wait until there is nothing more to read, so that each flush is a turn."""

    def __init__(self, connection: socket.socket, offer: Offer, context: ssl.SSLContext | None) -> None:
        self.connection = connection
        self._offer = offer
        self._context = context
        self._is_encrypted = False
        self._received = bytearray()
        self._replies = bytearray()
        self._turns = self._recipients = self._octets = 0
        self._beginning = self._end = b""
        self._is_authenticated = False

    def arrival(self) -> Arrival:
        """Return what has come so far."""
        end = self._end[-KEPT_OCTETS:]
        return Arrival(self._recipients, self._octets, self._beginning, end, self._turns, self._is_authenticated)

    def run(self) -> None:
        """Converse until QUIT. EOFError or OSError if the client ends without it."""
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._offer.tls == IMPLICIT:
            self._shake_hands()
        self._replies += b"220 sink.bench.test ESMTP\r\n"
        while self._answer(self._line()):
            pass
        self._flush()

    def _shake_hands(self) -> None:
        """Begin TLS. Never blocking, for what is to be acknowledged at once has to be said before each wait."""
        assert self._context
        self.connection.setblocking(False)
        self.connection = self._context.wrap_socket(self.connection, server_side=True, do_handshake_on_connect=False)
        while True:
            try:
                self.connection.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._acknowledge_at_once()
                select.select([self.connection], [], [])
        self.connection.setblocking(True)
        self._is_encrypted = True

    def _answer(self, line: bytes) -> bool:
        verb = line[:4].upper()
        if verb in (b"EHLO", b"HELO"):
            self._replies += self._greeting()
        elif verb == b"STAR":
            self._replies += b"220 2.0.0 go ahead\r\n"
            self._flush()
            self._shake_hands()
        elif verb == b"AUTH":
            self._authenticate(line.split())
        elif verb == b"DATA":
            self._replies += b"354 go ahead\r\n"
            self._take_data()
        elif verb == b"BDAT":
            self._take_chunk(line.upper().split())
        else:
            self._recipients += verb == b"RCPT"
            self._replies += b"221 2.0.0 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 ok\r\n"
        return verb != b"QUIT"

    def _greeting(self) -> bytes:
        lines = ["sink.bench.test", *self._offer.keywords]
        if self._is_encrypted:
            lines.append("AUTH PLAIN LOGIN")
        elif self._offer.tls == STARTTLS:
            lines.append("STARTTLS")
        return b"".join(
            f"250{'-' if at < len(lines) else ' '}{line}\r\n".encode() for at, line in enumerate(lines, start=1)
        )

    def _authenticate(self, words: list[bytes]) -> None:
        if words[1].upper() == b"LOGIN":
            given = (words[2:] or [self._challenge(b"Username:")])[0], self._challenge(b"Password:")
            user, password = (base64.b64decode(word).decode() for word in given)
        else:
            word = (words[2:] or [self._challenge(b"")])[0]
            _, user, password = base64.b64decode(word).decode().split("\0")
        self._is_authenticated = (user, password) == CREDENTIAL
        self._replies += b"235 2.7.0 welcome\r\n" if self._is_authenticated else b"535 5.7.8 no\r\n"

    def _challenge(self, text: bytes) -> bytes:
        self._replies += b"334 " + base64.b64encode(text) + b"\r\n"
        return self._line()

    def _take_data(self) -> None:
        while (end := self._received.find(END_OF_DATA)) < 0:
            self._swallow(max(0, len(self._received) - len(END_OF_DATA) + 1))
            self._read()
        self._swallow(end + 2)
        del self._received[:3]
        self._take()

    def _take_chunk(self, words: list[bytes]) -> None:
        missing = int(words[1])
        while missing:
            if not self._received:
                self._read()
            part = min(missing, len(self._received))
            self._swallow(part)
            missing -= part
        if words[2:] == [b"LAST"]:
            self._take()
        else:
            self._replies += b"250 2.0.0 chunk\r\n"

    def _take(self) -> None:
        if self._offer.pause_s:
            time.sleep(self._offer.pause_s)
        self._replies += TAKEN

    def _swallow(self, count: int) -> None:
        if len(self._beginning) < KEPT_OCTETS:
            self._beginning += self._received[: min(count, KEPT_OCTETS - len(self._beginning))]
        self._end = self._end[-KEPT_OCTETS:] + self._received[max(0, count - KEPT_OCTETS) : count]
        self._octets += count
        del self._received[:count]

    def _line(self) -> bytes:
        while (end := self._received.find(b"\r\n")) < 0:
            self._read()
        line = bytes(self._received[:end])
        del self._received[: end + 2]
        return line

    def _read(self) -> None:
        if self._replies and not self._has_more():
            self._flush()
        self._acknowledge_at_once()
        octets = self.connection.recv(READ_OCTETS)
        if not octets:
            raise EOFError
        self._received += octets

    def _has_more(self) -> bool:
        return bool(self._offer.patience_s and select.select([self.connection], [], [], self._offer.patience_s)[0])

    def _flush(self) -> None:
        self._turns += 1
        self.connection.sendall(self._replies)
        self._replies.clear()

    def _acknowledge_at_once(self) -> None:
        if self._offer.acknowledges_at_once:  # the kernel forgets it with each write
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

"""The smart host of the benchmark: takes any message as fast as it can, and tells what came and in how many turns."""

from __future__ import annotations

import base64
import multiprocessing
import select
import signal
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

import prctl

READ_OCTETS = 1 << 20
END_OF_DATA = b"\r\n.\r\n"
KEPT_OCTETS = 8192  # of the beginning and of the end of a message, to recognise it by
CREDENTIAL = ("bench", "correct horse battery staple")
TAKEN = b"250 2.0.0 taken\r\n"


@dataclass(frozen=True)
class Offer:
    """What a sink offers, and how it behaves."""

    keywords: tuple[str, ...] = ("PIPELINING", "SIZE 1000000000", "8BITMIME", "CHUNKING")
    certificate: tuple[str, str] | None = None  # chain and key; with one, TLS is implicit and AUTH is required
    acknowledges_at_once: bool = False  # TCP_QUICKACK: a client that Nagle's algorithm holds back does not suffer
    patience_s: float = 0  # waits for more input before it replies, so that `turns` has no accident in it
    pause_s: float = 0  # before the reply that takes the message, so that memory can be looked at


@dataclass(frozen=True)
class Arrival:
    """What one connection brought: octets without dot stuffing undone, `turns` the times the client had to wait."""

    recipients: int
    octets: int
    beginning: bytes
    end: bytes
    turns: int
    is_authenticated: bool


class Sink:
    """A sink in a process of its own, listening on loopback between `with` and its end."""

    def __init__(self, offer: Offer) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]
        self._arrivals, self._teller = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=serve, args=(self._listener, offer, self._teller), daemon=True)

    def __enter__(self) -> Sink:
        self._process.start()
        self._listener.close()
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.join()

    def arrival(self, timeout_s: float = 10) -> Arrival | None:
        """Return what the next connection to end has brought; None if none ends in time."""
        return self._arrivals.recv() if self._arrivals.poll(timeout_s) else None


def serve(listener: socket.socket, offer: Offer, teller: Connection) -> None:
    """Serve connections for ever, each in a thread."""
    prctl.set_pdeathsig(signal.SIGKILL)  # no sink outlives the benchmark, however that ends
    context = None
    if offer.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*offer.certificate)
    lock = threading.Lock()

    def converse(connection: socket.socket) -> None:
        session = Session(connection, offer)
        try:
            session.run(context)
        except (EOFError, OSError):
            pass  # the client's way to end; what it brought until then is told
        finally:
            session.connection.close()
        with lock:
            teller.send(session.arrival())

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=converse, args=(connection,), daemon=True).start()


class Session:
    """One connection. Replies wait until there is nothing more to read, so that each flush is a turn."""

    def __init__(self, connection: socket.socket, offer: Offer) -> None:
        self.connection = connection
        self._offer = offer
        self._received = bytearray()
        self._replies = bytearray()
        self._turns = self._recipients = self._octets = 0
        self._beginning = self._end = b""
        self._is_authenticated = False

    def arrival(self) -> Arrival:
        """Return what has come so far."""
        end = self._end[-KEPT_OCTETS:]
        return Arrival(self._recipients, self._octets, self._beginning, end, self._turns, self._is_authenticated)

    def run(self, context: ssl.SSLContext | None) -> None:
        """Converse until QUIT. EOFError or OSError where the client ends without it."""
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            self._shake_hands(context)
        self._replies += b"220 sink.bench.test ESMTP\r\n"
        while self._answer(self._line()):
            pass
        self._flush()

    def _shake_hands(self, context: ssl.SSLContext) -> None:
        """Begin TLS. Never blocking, for what is to be acknowledged at once has to be said before each wait."""
        self.connection.setblocking(False)
        self.connection = context.wrap_socket(self.connection, server_side=True, do_handshake_on_connect=False)
        while True:
            try:
                self.connection.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._acknowledge_at_once()
                select.select([self.connection], [], [])
        self.connection.setblocking(True)

    def _answer(self, line: bytes) -> bool:
        verb = line[:4].upper()
        if verb in (b"EHLO", b"HELO"):
            self._replies += self._greeting()
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
        keywords = [*self._offer.keywords, *(["AUTH PLAIN"] if self._offer.certificate else [])]
        lines = ["sink.bench.test", *keywords]
        return b"".join(
            f"250{'-' if at < len(lines) else ' '}{line}\r\n".encode() for at, line in enumerate(lines, start=1)
        )

    def _authenticate(self, words: list[bytes]) -> None:
        if len(words) < 3:
            self._replies += b"334 \r\n"
            words = [*words, self._line()]
        _, user, password = base64.b64decode(words[2]).decode().split("\0")
        self._is_authenticated = (user, password) == CREDENTIAL
        self._replies += b"235 2.7.0 welcome\r\n" if self._is_authenticated else b"535 5.7.8 no\r\n"

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

"""A scripted smart host on loopback. It is its own oracle: what a client must not do is recorded as a violation.

with SmartHost(at={"RCPT 2": Close()}) as host:
    ... send to 127.0.0.1, host.port ...
    host.settle()
    assert host.messages == []
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.certificates import Certificate
from tests.support.conversation import Conversation
from tests.support.misbehaviour import Behaviour, Script
from tests.support.received import Message, Session
from tests.support.sasl import MECHANISMS, Exchange, Server

EXTENSIONS = ("PIPELINING", "8BITMIME", "SIZE 10000000", "CHUNKING", "DSN", "SMTPUTF8", "ENHANCEDSTATUSCODES")
SETTLE_S = 5
LOOPBACK = ("127.0.0.1", "::1")


class SmartHost:
    """Serve sessions until the `with` ends; then no thread is left, and every violation is an AssertionError.

    `refuse` maps a step to a reply ("RCPT:b@x.example": "550 5.1.1 no such user"), `at` maps it to a Behaviour; steps
    are those of misbehaviour.STEPS, alone, with an ordinal ("RCPT 2") or, for MAIL and RCPT, with an address. `sasl`
    has mechanisms in place of the honest ones.
    """

    def __init__(
        self,
        *,
        tls: str = "none",
        certificate: Certificate | None = None,
        extensions: Sequence[str] = EXTENSIONS,
        auth: Mapping[str, str] | None = None,
        mechanisms: Sequence[str] = ("PLAIN", "LOGIN"),
        sasl: Mapping[str, Callable[[Server], Exchange]] | None = None,
        refuse: Mapping[str, str] | None = None,
        at: Mapping[str, Behaviour] | None = None,
        addresses: Sequence[str] = LOOPBACK,
        port: int = 0,
        fast_open: bool = False,
        allow_plaintext_auth: bool = False,
        expect_violations: bool = False,
        maximum_tls: ssl.TLSVersion | None = None,
        client_ca: Path | None = None,
        patience_s: float = 0.01,
        hold_s: float = 0,
    ) -> None:
        if tls not in ("none", "starttls", "implicit") or (tls != "none" and certificate is None):
            raise ValueError("tls is none, starttls or implicit; the last two need a certificate")
        self.tls = tls
        self.certificate = certificate
        self.extensions = tuple(extensions)
        self.auth = auth
        self.mechanisms = tuple(mechanisms)
        self.sasl = MECHANISMS | dict(sasl or {})
        self.script = Script(dict(at or {}), dict(refuse or {}))
        self.allow_plaintext_auth = allow_plaintext_auth
        self.expect_violations = expect_violations
        self.maximum_tls = maximum_tls
        self.client_ca = client_ca  # whoever comes has to have a certificate of this CA
        self.patience_s = patience_s  # how long the client is given to be caught not waiting
        self.hold_s = hold_s  # how long each reply is held back, so that every turn is one in which the client waits
        self.sessions: list[Session] = []
        self.messages: list[Message] = []
        self.violations: list[str] = []
        self.acted: list[str] = []  # which entries of the script came to pass, in order
        self.defects: list[Exception] = []  # of the harness
        self.stopping = threading.Event()
        self._conversations: list[Conversation] = []
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Lock()
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._listeners = listen(addresses, port)
        for listener in self._listeners if fast_open else ():
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 100)
        self.addresses = [listener.getsockname()[0] for listener in self._listeners]
        self.address = self.addresses[0]
        self.port: int = self._listeners[0].getsockname()[1]

    @property
    def connections(self) -> int:
        """Return how many connections were made."""
        return len(self.sessions)

    @property
    def session(self) -> Session:
        """Return the only session."""
        assert len(self.sessions) == 1, f"{len(self.sessions)} sessions"
        return self.sessions[0]

    @property
    def message(self) -> Message:
        """Return the only message."""
        assert len(self.messages) == 1, f"{len(self.messages)} messages"
        return self.messages[0]

    @property
    def size_limit(self) -> int:
        """Return how large a message may be, in octets."""
        limits = [int(words[1]) for keyword in self.extensions if (words := keyword.split())[0] == "SIZE" and words[1:]]
        return limits[0] if limits and limits[0] else 1 << 40

    def tls_context(self, session: Session) -> ssl.SSLContext:
        """Return a server's context that notes in the session which name the client asked for."""
        assert self.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # Debian's level has no TLS 1.1 and presents no weak certificate
        context.load_cert_chain(self.certificate.chain, self.certificate.key)
        if self.maximum_tls is not None:
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = self.maximum_tls

        if self.client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.client_ca)

        def note_name(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
            session.server_name = name

        context.sni_callback = note_name
        return context

    def settle(self) -> None:
        """Wait until every connection that a client has made was served to its end."""
        end = time.monotonic() + SETTLE_S
        while time.monotonic() < end:
            with self._accepting:  # whoever was accepted is among the threads
                if not select.select(self._listeners, [], [], 0)[0]:
                    break
            time.sleep(0.005)
        for thread in list(self._threads):
            thread.join(max(0, end - time.monotonic()))

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.settle()
        self.stopping.set()
        for conversation in self._conversations:
            conversation.stream.abort()
        for thread in [self._acceptor, *self._threads]:
            thread.join(SETTLE_S)
        for listener in self._listeners:
            listener.close()
        if kind is None:
            self._judge()

    def _judge(self) -> None:
        assert not self.defects, f"the harness failed: {self.defects!r}"
        assert not any(thread.is_alive() for thread in self._threads), "a session did not end"
        assert self.expect_violations or not self.violations, f"the client broke the rules: {self.violations}"

    def _accept(self) -> None:
        while not self.stopping.is_set():
            for listener in select.select(self._listeners, [], [], 0.05)[0]:
                with self._accepting:
                    self._serve(listener.accept()[0])

    def _serve(self, connection: socket.socket) -> None:
        session = Session(client=connection.getpeername()[0])
        conversation = Conversation(self, connection, session)
        thread = threading.Thread(target=conversation.run, daemon=True)
        self._conversations.append(conversation)
        self._threads.append(thread)
        self.sessions.append(session)
        thread.start()


def listen(addresses: Sequence[str], wanted_port: int = 0) -> list[socket.socket]:
    """Return sockets that listen on one port at all of these addresses; ::1 may be missing on the machine."""
    for _ in range(100):
        listeners: list[socket.socket] = []
        try:
            for address in addresses:
                port = listeners[0].getsockname()[1] if listeners else wanted_port
                listeners.append(socket.create_server((address, port), family=family_of(address), backlog=100))
            return listeners
        except OSError as error:
            if listeners and address == "::1" and "assign" in str(error):
                return listeners
            for listener in listeners:
                listener.close()
    raise AssertionError(f"no port is free at {', '.join(addresses)}")


def family_of(address: str) -> socket.AddressFamily:
    """Return which kind of address this is."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


@contextlib.contextmanager
def refusing_port(address: str = "127.0.0.1") -> Iterator[int]:
    """Yield a port that nobody listens on, and that nobody else is given meanwhile."""
    with socket.socket(family_of(address), socket.SOCK_STREAM) as bound:
        bound.bind((address, 0))
        yield bound.getsockname()[1]


@contextlib.contextmanager
def deaf_port(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Yield a port that does not even refuse: its queue is full, and connecting to it takes until the time-out."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((address, port), family=family_of(address), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket(family_of(address), socket.SOCK_STREAM))
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        time.sleep(0.05)
        yield listener.getsockname()[1]

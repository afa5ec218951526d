"""A smart host whose only connection suffers one fault."""

from __future__ import annotations

import socket
import ssl
import threading
from functools import lru_cache
from typing import Any

from tests.support.certificates import Certificate
from tests.support.conversation import Conversation
from tests.support.faults import Fault, Record
from tests.support.faulty_stream import HANGING_UP_S, FaultyStream
from tests.support.received import Session
from tests.support.smarthost import SmartHost

ACCEPTING_S = 10


class FaultyHost(SmartHost):
    """A smart host for one connection, and for the one fault that this connection suffers.

    With faults, what the client says may be as odd as what it was told: violations are facts, not failures.
    """

    def __init__(self, fault: Fault | None, **options: Any) -> None:
        super().__init__(addresses=("127.0.0.1",), patience_s=0, expect_violations=True, **options)
        self._fault = fault
        self.record = Record()
        self._thread = threading.Thread(target=self._serve_one, daemon=True)

    def tls_context(self, session: Session) -> ssl.SSLContext:
        assert self.certificate is not None
        return server_context(self.certificate, self.maximum_tls)

    def __enter__(self) -> FaultyHost:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()  # a deaf host cannot see that the client has hung up
        self._thread.join(HANGING_UP_S + ACCEPTING_S)
        for listener in self._listeners:
            listener.close()
        assert not self.defects, f"the harness failed: {self.defects!r}"
        assert not self._thread.is_alive(), "the session did not end"

    def _serve_one(self) -> None:
        self._listeners[0].settimeout(ACCEPTING_S)
        try:
            connection, _ = self._listeners[0].accept()
        except TimeoutError:  # a client in haste on a busy machine came to its end before it came here: a miss
            return
        except OSError as error:
            self.defects.append(error)
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = Session()
        self.sessions.append(session)
        conversation = Conversation(self, connection, session)
        conversation.stream = FaultyStream(connection, session, self.stopping, self._fault)
        self.record = conversation.stream.record
        try:
            conversation.run()
        except Exception as error:
            self.defects.append(error)


@lru_cache
def server_context(certificate: Certificate, maximum: ssl.TLSVersion | None) -> ssl.SSLContext:
    """Return a server's context for many connections."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    context.num_tickets = 1
    if maximum is not None:
        context.maximum_version = maximum
    return context

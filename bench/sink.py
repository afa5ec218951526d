"""The smart host of the benchmark: a process that takes any message as fast as it can, and tells what came."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import ssl
import threading
from multiprocessing.connection import Connection

from bench.session import Session
from bench.smarthost import Arrival, Offer
from helper.privileged.python_prctl import PR_SET_PDEATHSIG, prctl

BACKLOG = 256  # more than ever send at once


class Sink:
    """A sink in a process of its own, listening on an address of this machine between `with` and its end."""

    def __init__(self, offer: Offer, address: str = "127.0.0.1") -> None:
        self._listener = socket.create_server((address, 0), backlog=BACKLOG)
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

    def arrival(self, timeout_s: float = 5) -> Arrival | None:
        """Return what the next connection to end has brought; None if none ends in time."""
        return self._arrivals.recv() if self._arrivals.poll(timeout_s) else None


def serve(listener: socket.socket, offer: Offer, teller: Connection) -> None:
    """Serve connections for ever, each in a thread."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # no sink outlives the benchmark, however that ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    context = server_context(offer)
    lock = threading.Lock()

    def converse(connection: socket.socket) -> None:
        session = Session(connection, offer, context)
        try:
            session.run()
        except (EOFError, OSError):
            pass  # the client's way to end; what it brought until then is told
        finally:
            session.connection.close()
        with lock:
            teller.send(session.arrival())

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=converse, args=(connection,), daemon=True).start()


def server_context(offer: Offer) -> ssl.SSLContext | None:
    """Return what TLS needs, which is TLS 1.3; None if the offer has none."""
    if not offer.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(*offer.certificate)
    return context

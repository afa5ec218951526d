"""The smart host's own share in the figures."""

from __future__ import annotations

import os
import socket
import statistics
import time

from bench.sink import Sink
from bench.smarthost import Offer

LARGE_OCTETS = 25 << 20


def speed_of_the_sink() -> str:
    """Say how long the fastest client possible takes for a large message."""
    times = []
    with Sink(Offer()) as sink, open(os.memfd_create("message"), "w+b") as message:
        message.truncate(LARGE_OCTETS)
        for _ in range(5):
            message.seek(0)
            start = time.monotonic()
            with socket.create_connection(("127.0.0.1", sink.port)) as client:
                client.sendall(b"BDAT %d LAST\r\n" % LARGE_OCTETS)
                client.sendfile(message)
                client.sendall(b"QUIT\r\n")
                while client.recv(4096):
                    pass
            times.append(time.monotonic() - start)
    return f"The smart host itself takes 25 MiB from sendfile(2) in {1000 * statistics.median(times):.1f} ms."

"""A link to a smart host some milliseconds away, over which real TCP goes, within this network namespace.

Where the kernel has netem, loopback itself is slowed down for as long as needed. Elsewhere there is a TUN device whose
packets a process of ours holds. In both cases the round-trip time is measured, and only then believed.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import time
from contextlib import AbstractContextManager

from bench.tun import Tun

# Packets to it leave by the TUN device and come back as if from it; with netem it is one more address of loopback.
FAR_ADDRESS, OUR_ADDRESS = "192.0.2.2", "192.0.2.1"
TRIES = 9
# What a busy machine may add; less than twice the time shows a link that does nothing at all.
LEAST, MOST = 0.95, 1.75
BUSY_MS = 1.5  # by which a short one may be longer


class Netem(AbstractContextManager["Netem"]):
    """Loopback, slowed down by the kernel."""

    name = "netem"
    sink_address = FAR_ADDRESS

    def __init__(self, round_trip_ms: int) -> None:
        self._delay = f"{round_trip_ms / 2}ms"

    def __enter__(self) -> Netem:
        command("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", self._delay, "limit", "100000")
        ip("addr", "add", f"{FAR_ADDRESS}/32", "dev", "lo")
        return self

    def __exit__(self, *_error: object) -> None:
        command("tc", "qdisc", "del", "dev", "lo", "root")
        ip("addr", "del", f"{FAR_ADDRESS}/32", "dev", "lo")


class SlowTun(AbstractContextManager["SlowTun"]):
    """A TUN device, whose packets are held."""

    name = "TUN device"
    sink_address = OUR_ADDRESS

    def __init__(self, round_trip_ms: int) -> None:
        self._one_way_s = round_trip_ms / 2000

    def __enter__(self) -> SlowTun:
        self._tun = Tun("far0", self._one_way_s)
        ip("addr", "add", OUR_ADDRESS, "peer", FAR_ADDRESS, "dev", "far0")
        ip("link", "set", "far0", "up")
        return self

    def __exit__(self, *_error: object) -> None:
        self._tun.close()


class CannotBeSlow(Exception):
    """This kernel has no way to a link that is slow enough; the sentence says what was tried."""


def slow_link(round_trip_ms: int) -> tuple[Netem | SlowTun, float]:
    """Return a link that works, and the round-trip time that it has (milliseconds)."""
    tried = []
    for link in (Netem(round_trip_ms), SlowTun(round_trip_ms)):
        try:
            with link:
                measured_ms = 1000 * round_trip_s(link.sink_address)
        except OSError as error:
            tried.append(f"{link.name}: {error}")
            continue
        if LEAST <= measured_ms / round_trip_ms <= MOST or 0 <= measured_ms - round_trip_ms <= BUSY_MS:
            return link, measured_ms
        tried.append(f"{link.name}: {measured_ms:.1f} ms")
    raise CannotBeSlow("; ".join(tried))


def round_trip_s(sink_address: str) -> float:
    """Return how long connect(2) takes; the median of some."""
    times = []
    with socket.create_server((sink_address, 0)) as listener:
        for _ in range(TRIES):
            start = time.monotonic()
            with socket.create_connection((FAR_ADDRESS, listener.getsockname()[1]), timeout=2):
                times.append(time.monotonic() - start)
    return statistics.median(times)


def ip(*words: str) -> None:
    """Call ip(8)."""
    command("ip", *words)


def command(*words: str) -> None:
    """Run a command; OSError with its own words where it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{words[0]}: {done.stderr.strip()}")

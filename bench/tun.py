"""A TUN device with nobody behind it but a mirror: each packet comes back later, sender and receiver exchanged.

Who connects to an address beyond the device so reaches this machine's own address on it, and each octet in either
direction has been through the kernel's TCP and has been held. Exchanged addresses leave every checksum right.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import select
import signal
import struct
import time
from collections import deque
from contextlib import suppress

from helper.privileged.python_prctl import PR_SET_PDEATHSIG, prctl

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SOURCE, DESTINATION = slice(12, 16), slice(16, 20)  # of an IPv4 header
PACKET_OCTETS = 1 << 16
MOST_HELD = 100_000


class Tun:
    """The device and its mirror, until closed."""

    def __init__(self, name: str, delay_s: float) -> None:
        self._device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(self._device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        except OSError:
            os.close(self._device)
            raise
        context = multiprocessing.get_context("fork")
        self._mirror = context.Process(target=mirror, args=(self._device, delay_s), daemon=True)
        self._mirror.start()

    def close(self) -> None:
        """Take the device away."""
        self._mirror.kill()
        self._mirror.join()
        os.close(self._device)


def mirror(device: int, delay_s: float) -> None:
    """Hold packets and give them back, for ever."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # a link does not wait for a processor
    held: deque[tuple[float, bytes]] = deque()
    while True:
        wait_s = max(0.0, held[0][0] - time.monotonic()) if held else None
        select.select([device], [], [], wait_s)
        take(device, held, time.monotonic() + delay_s)
        while held and held[0][0] <= time.monotonic():
            give(device, exchanged(held.popleft()[1]))


def take(device: int, held: deque[tuple[float, bytes]], due: float) -> None:
    """Take all packets that are there."""
    try:
        while len(held) < MOST_HELD:
            held.append((due, os.read(device, PACKET_OCTETS)))
    except BlockingIOError:
        pass


def give(device: int, packet: bytes) -> None:
    """Give a packet back. What the kernel does not want, such as IPv6, is lost, as on any network."""
    with suppress(OSError):
        os.write(device, packet)


def exchanged(packet: bytes) -> bytes:
    """Return an IPv4 packet on its way back."""
    return packet[: SOURCE.start] + packet[DESTINATION] + packet[SOURCE] + packet[DESTINATION.stop :]

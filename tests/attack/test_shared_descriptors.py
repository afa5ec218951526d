"""D14: offset and flags of an open file belong to all who have it open, and the caller keeps what it hands over.

The attacker moves the offset of the memory file and changes the blocking of the helper's own end of the channel,
without a pause, for as long as the send takes.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading

import pytest

from tests.support.forged import ForgedFrontend, memory_file, request
from tests.support.misbehaviour import Delay

HONEST = request((b"recipient", b"carol@example.org"))
BODY = b"".join(b"line %d of the message\n" % number for number in range(20_000))
BY_OFFSET = {
    "helper/delivery/receive.py": {
        "        octets = mmap.mmap(descriptor, length, mmap.MAP_SHARED, mmap.PROT_READ)\n": (
            "        octets = b''.join(os.read(descriptor, 4096) for _ in range(0, length, 4096))\n"
        )
    }
}


def send_under_attack(installation, host):
    """Send, and return the status that the helper told, None where it told none."""
    installation.configure_relay(host)
    message = memory_file(b"\n" + BODY)
    ours, theirs = socket.socketpair()
    over = threading.Event()

    def attack():
        number = 0
        while not over.is_set():
            number += 1
            os.lseek(message, number * 7919 % len(BODY), os.SEEK_SET)
            flags = fcntl.fcntl(theirs, fcntl.F_GETFL)
            fcntl.fcntl(theirs, fcntl.F_SETFL, flags ^ os.O_NONBLOCK)

    with ours, theirs, ForgedFrontend(installation, channel=theirs.fileno()) as forged:
        attacker = threading.Thread(target=attack)
        attacker.start()
        try:
            ours.settimeout(20)
            ours.recv(11)
            socket.send_fds(ours, [HONEST], [message])
            forged.process.wait(20)
        finally:
            over.set()
            attacker.join()
            os.close(message)
        said = ours.recv(65536)
    return said[-1] if said[-4:-1] == b"S\0\1" else None


@pytest.mark.parametrize("attempt", range(5))
def test_the_message_arrives_as_it_was(installation, smarthost, attempt):
    host = smarthost(at={"EHLO": Delay(0.05)})
    assert send_under_attack(installation, host) == 0
    assert host.message.body == BODY.replace(b"\n", b"\r\n")


def test_control_a_helper_that_trusts_the_offset_sends_another_message(weakened, smarthost):
    host = smarthost()
    send_under_attack(weakened(BY_OFFSET), host)
    assert [message for message in host.messages if message.body == BODY.replace(b"\n", b"\r\n")] == []

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

from helper.request import wire
from tests.support.forged import ForgedFrontend, memory_file
from tests.support.misbehaviour import Delay

HONEST = wire.hello(wire.OTHER, [b"sendmail", b"carol@example.org"])
BODIES = {
    name: b"".join(b"line %d of the message\n" % number for number in range(lines))
    for name, lines in (("copied", 4_000), ("mapped", 20_000))
}
MOVING = "    return b''.join(os.read(descriptor, 4096) for _ in range(0, length, 4096))\n"
BY_OFFSET = {
    "helper/request/message.py": {
        "    return mmap.mmap(descriptor, length, mmap.MAP_SHARED, mmap.PROT_READ)\n": MOVING,
        "os.pread(descriptor, length, 0)": "b''.join(os.read(descriptor, 4096) for _ in range(0, length, 4096))",
    }
}


def send_under_attack(installation, host, body):
    """Send, and return the status that the helper told, None where it told none."""
    installation.configure_relay(host)
    message = memory_file(b"\n" + body)
    ours, theirs = socket.socketpair()
    over = threading.Event()

    def attack():
        number = 0
        while not over.is_set():
            number += 1
            os.lseek(message, number * 7919 % len(body), os.SEEK_SET)
            flags = fcntl.fcntl(theirs, fcntl.F_GETFL)
            fcntl.fcntl(theirs, fcntl.F_SETFL, flags ^ os.O_NONBLOCK)

    with ours, theirs, ForgedFrontend(installation, channel=theirs.fileno()) as forged:
        attacker = threading.Thread(target=attack)
        attacker.start()
        try:
            ours.settimeout(20)
            ours.sendall(HONEST)
            assert ours.recv(12)[:1] == wire.MESSAGE
            socket.send_fds(ours, [wire.frame(wire.FILE)], [message])
            forged.process.wait(20)
        finally:
            over.set()
            attacker.join()
            os.close(message)
        said = ours.recv(65536)
    return said[-2] if said[-5:-2] == b"s\0\2" else None


@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_message_arrives_as_it_was(installation, smarthost, body, attempt):
    host = smarthost(at={"EHLO": Delay(0.05)})
    assert send_under_attack(installation, host, body) == 0
    assert host.message.body == body.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_control_a_helper_that_trusts_the_offset_sends_another_message(weakened, smarthost, body):
    host = smarthost()
    send_under_attack(weakened(BY_OFFSET), host, body)
    assert [message for message in host.messages if message.body == body.replace(b"\n", b"\r\n")] == []

"""A frontend that ends, or says more, between its message and the moment from which the kernel watches it."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys

import pytest

from helper.failure import WireError
from helper.request import wire
from helper.request.socket_channel import SocketChannel

HELLO = wire.hello(wire.OTHER, [b"sendmail", b"carol@example.org"])
# In a process of its own, which the signal ends: a hundred thousand questions, and then the frontend's end.
ASKED = """
import os, socket, sys
sys.path.insert(0, sys.argv[1])
from helper.request import wire
from helper.request.socket_channel import SocketChannel
channel = SocketChannel(int(sys.argv[2]))
channel.receive()
for _ in range(int(sys.argv[3])):
    channel.watch()
    channel.octets(1, 60)
channel.watch()
print("watching", flush=True)
sys.stdin.read()
"""


class Quiet(SocketChannel):
    """One that is sent no signal, whose frontend does something at the last instant."""

    act = staticmethod(lambda: None)

    def _signal_end(self, flag):
        if flag:
            self.act()
        elif self._pipe >= 0:
            super()._signal_end(flag)


@pytest.fixture
def ends():
    """The helper's descriptor, the frontend's socket, and its end of the pipe, once it has said hello."""
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    with theirs, open(writing, "wb") as kept:
        socket.send_fds(theirs, [HELLO], [reading])
        os.close(reading)
        yield ours.detach(), theirs, kept


def test_a_frontend_that_waits_is_heard(ends):
    descriptor, _, _ = ends
    channel = SocketChannel(descriptor)
    channel.receive()
    assert channel.arguments == (b"sendmail", b"carol@example.org")
    channel.watch()
    assert os.O_ASYNC & flags(channel._pipe)
    channel.finish(0)
    assert not os.O_ASYNC & flags(channel._pipe)


@pytest.mark.parametrize("act", ["ends", "says-more"])
def test_one_that_was_faster_than_the_signal_is_not_served(ends, act):
    descriptor, theirs, kept = ends
    channel = Quiet(descriptor)
    channel.receive()
    if act == "ends":
        channel.act = kept.close
    else:
        theirs.send(b"x")
    with pytest.raises(WireError, match=r"has ended|unasked"):
        channel.watch()


@pytest.mark.parametrize("what", ["nothing", "file", "socket", "two"])
def test_a_hello_without_a_pipe_is_refused(what):
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    with theirs, open(reading), open(writing, "wb"), open("/etc/hostname") as file:
        descriptors = {"nothing": [], "file": [file.fileno()], "socket": [theirs.fileno()], "two": [reading] * 2}
        socket.send_fds(theirs, [HELLO], descriptors[what])
        with pytest.raises(WireError, match=r"pipe|descriptor"):
            SocketChannel(ours.detach()).receive()


def test_only_the_end_of_the_frontend_ends_the_helper(ends, request):
    """Each answer is sent while the signal is on, or just off: with O_ASYNC on the connection some would kill it."""
    descriptor, theirs, kept = ends
    count = 3000
    command = [sys.executable, "-c", ASKED, str(request.config.rootpath), str(descriptor), str(count)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, pass_fds=[descriptor], **pipes) as helper:
        os.close(descriptor)
        for _ in range(count):
            assert theirs.recv(5, socket.MSG_WAITALL)[:1] == wire.READ
            theirs.send(wire.frame(wire.OCTETS, b"x"))
        assert helper.stdout.readline() == b"watching\n"
        kept.close()
        assert helper.wait(10) == -signal.SIGIO


def flags(descriptor):
    """Return the flags of an open file."""
    return fcntl.fcntl(descriptor, fcntl.F_GETFL)

"""G6, A9: the launcher started by hand, with anything at all where the frontend's socket is expected."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket

import pytest

from helper.request import wire
from tests.support.canary import assert_no_canary
from tests.support.forged import ForgedFrontend, memory_file
from tests.support.process import wait_for

CANARY = secrets.token_urlsafe(24)
MESSAGE = b"Subject: hello\n\nhello\n"
HONEST = wire.hello(wire.OTHER, [b"sendmail", b"carol@example.org"])
ANY_CHANNEL = {
    "helper/privileged/launcher.c": {"!S_ISSOCK(channel.st_mode)": "channel.st_ino == 0"},
    "helper/privileged/begin.py": {"    check_channel()\n": ""},
    "helper/request/channel.py": {
        "        if self._socket.family != _socket.AF_UNIX or self._socket.type != _socket.SOCK_STREAM:\n": (
            "        if False:\n"
        )
    },
}


@pytest.fixture
def host(installation, smarthost):
    """A smart host that must not be given anything."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    installation.configure_relay(host)
    return host


def assert_untouched(host, installation, *places):
    """Say that nothing was sent, and that the password stands nowhere."""
    assert host.connections == 0
    assert_no_canary(CANARY, b"something to search", installation.log, *places)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_SEQPACKET], ids=["datagram", "seqpacket"])
def test_another_kind_of_socketpair_is_refused(installation, host, kind):
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    with ours, theirs:
        refuses_channel(installation, host, theirs.fileno())


def test_a_socket_of_the_network_is_refused(installation, host):
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    with listener, client:
        refuses_channel(installation, host, client.fileno())


def test_a_socket_without_a_peer_is_refused(installation, host):
    with socket.socket(socket.AF_UNIX) as alone:
        refuses_channel(installation, host, alone.fileno())


def test_a_listening_socket_is_refused(installation, host, tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        refuses_channel(installation, host, listener.fileno())


def test_a_socket_of_somebody_else_does_not_lend_an_identity(installation, smarthost, tmp_path):
    """SO_PEERCRED of this socket says root: who calls is not asked of sockets (threat A9)."""
    host = smarthost()
    installation.configure_relay(host)
    ours, theirs = socket.socketpair()  # made by this test, which is root
    with ours, ForgedFrontend(installation, channel=theirs.fileno()) as forged:
        theirs.close()
        ours.settimeout(10)
        ours.send(HONEST)
        assert ours.recv(12)[:1] == wire.MESSAGE
        socket.send_fds(ours, [wire.frame(wire.FILE)], [memory_file(MESSAGE)])
        forged.process.wait(10)
    assert host.message.reverse_path == installation.account("alice").pw_name.encode() + b"@example.net"


@pytest.mark.parametrize("what", ["nothing", "file", "pipe", "folder", "terminal"])
def test_without_a_socket_the_launcher_says_so(installation, host, what, tmp_path):
    with contextlib.ExitStack() as stack:
        descriptor = channel(what, stack)
        with ForgedFrontend(installation, channel=descriptor) as forged:
            forged.process.wait(10)
            said = forged.process.stderr.read()
            assert forged.process.returncode == 1
            assert said == b"sendmail: not sent: this part of Gatepost is started by sendmail, not by hand\n"
            assert_untouched(host, installation)


@pytest.mark.parametrize("part", ["helper", "helper/door", "helper/personal"])
def test_the_python_parts_do_nothing_by_hand(installation, host, part):
    script = installation.prefix / "lib/gatepost" / part / "__main__.py"
    done = installation.run_as("alice", "/usr/bin/python3", "-I", "-S", "-B", str(script))
    assert done.status != 0
    assert done.stderr.startswith("sendmail: not sent: ") and done.stderr.count("\n") == 1
    assert_untouched(host, installation, done)


def test_control_without_the_look_at_the_channel_a_socket_of_the_network_is_listened_to(weakened, smarthost):
    """Over which no message can come, but whoever is at its other end is spoken to."""
    installation = weakened(ANY_CHANNEL)
    installation.configure_relay(smarthost())
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    with listener, client, ForgedFrontend(installation, channel=client.fileno()):
        peer = listener.accept()[0]
        with peer:
            peer.sendall(HONEST)
            assert wait_for(lambda: peer.recv(1), "the first answer") == wire.MESSAGE


def refuses_channel(installation, host, descriptor):
    """Say that the helper ends by itself, with a failure, when this is its channel."""
    with ForgedFrontend(installation, channel=descriptor) as forged:
        forged.process.wait(3)
        assert forged.process.returncode == 1
        assert_untouched(host, installation, forged.process.stderr.read())


def channel(what, stack):
    """Return a descriptor that is no socket; -1 for none at all."""
    if what == "nothing":
        return -1
    if what == "file":
        return stack.enter_context(open("/etc/passwd")).fileno()
    if what == "folder":
        descriptor = os.open("/", os.O_RDONLY)
    elif what == "pipe":
        descriptor, other = os.pipe()
        stack.callback(os.close, other)
    else:
        other, descriptor = os.openpty()
        stack.callback(os.close, other)
    stack.callback(os.close, descriptor)
    return descriptor

"""Who writes to standard input: slowly, without blocking, too much, or dying over it; and what that means."""

from __future__ import annotations

import contextlib
import os
import pty
import socket
import struct
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.support.process import helper_below
from tests.system.outcome import MESSAGE, ONE, configure

BODY = b"A line.\r\n"


def assert_arrived(host) -> None:
    """The smart host has the message."""
    host.settle()
    assert host.message.body == BODY


def test_reads_a_slow_writer(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    with installation.start(*ONE) as process:
        for at in range(0, len(MESSAGE), 7):
            process.stdin.write(MESSAGE[at : at + 7])
            process.stdin.flush()
            time.sleep(0.02)
        assert host.connections == 0  # a server's patience is for those who know what they want to say
        _, stderr = process.communicate(timeout=10)
    assert (process.returncode, stderr) == (0, b"")
    assert_arrived(host)


@contextlib.contextmanager
def ends(kind: str) -> Iterator[tuple[int, int]]:
    """Yield the reading and the writing end of a pipe, socket or terminal; the reading one does not block."""
    if kind == "pipe":
        reader, writer = os.pipe()
    elif kind == "socket":
        reader, writer = (end.detach() for end in socket.socketpair())
    else:
        writer, reader = pty.openpty()
    os.set_blocking(reader, False)
    with os.fdopen(reader), os.fdopen(writer):
        yield reader, writer


@pytest.mark.parametrize("kind", ["pipe", "socket", "terminal"])
def test_waits_for_input_that_does_not_block(installation, smarthost, kind):
    """The flag belongs to the open file, so that programs with an event loop (node, ssh) leave it to their children."""
    host = smarthost()
    configure(installation, host)
    with ends(kind) as (reader, writer), installation.start(*ONE, stdin=reader) as process:
        helper_below(process.pid)
        for octets in (MESSAGE[:30], MESSAGE[30:] + b".\n" * (kind == "terminal")):
            time.sleep(0.05)
            os.write(writer, octets)
        if kind == "socket":
            socket.fromfd(writer, socket.AF_UNIX, socket.SOCK_STREAM).shutdown(socket.SHUT_WR)
        elif kind == "pipe":
            os.dup2(reader, writer)  # closes it, and leaves its number taken
        stderr = process.communicate(timeout=10)[1]
        assert not os.get_blocking(reader), "the flag was not ours to take away"
    assert (process.returncode, stderr) == (0, b"")
    assert_arrived(host)


def test_a_session_waits_for_a_client_that_does_not_block(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    with ends("socket") as (reader, writer), installation.start("-bs", stdin=reader, stdout=reader) as process:
        helper_below(process.pid)
        assert os.read(writer, 1000).startswith(b"220 ")
        for line in (b"HELO x", b"MAIL FROM:<>", b"RCPT TO:<carol@example.org>", b"DATA", b"\nA line.\n.", b"QUIT"):
            os.write(writer, line + b"\n")
            assert os.read(writer, 1000)[:1] in b"23"
        stderr = process.communicate(timeout=10)[1]
    assert (process.returncode, stderr) == (0, b"")
    host.settle()
    assert host.message.body == BODY


def test_a_connection_that_breaks_is_no_end(installation, smarthost):
    host = smarthost()
    configure(installation, host, "simple")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        connection = listener.accept()[0]
    with client, connection, installation.start(*ONE, stdin=connection) as process:
        client.sendall(MESSAGE)
        helper_below(process.pid)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends a reset
        client.close()
        stderr = process.communicate(timeout=10)[1]
    reason = b"sendmail: not sent: standard input cannot be read: Connection reset by peer\n"
    assert (process.returncode, stderr) == (1, reason)
    assert host.connections == 0


def test_takes_what_a_dying_writer_has_written(installation, smarthost):
    """A pipe does not tell why it ends: cron's job may be killed, and what it has said so far is sent."""
    host = smarthost()
    configure(installation, host)
    script = """/bin/sh -c 'cat; kill -9 $$' | "$0" carol@example.org"""
    result = installation.run_as("alice", "/bin/sh", "-c", script, str(installation.sendmail), stdin=MESSAGE)
    assert (result.status, result.stderr) == (0, "Killed\n")  # says the shell of its writer
    host.settle()
    assert_arrived(host)


@pytest.mark.parametrize("cause", ["large", "unsent", "unconfigured"])
@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_empties_what_its_writer_still_writes(installation, smarthost, kind, cause):
    """A writer that gets SIGPIPE would be what its caller complains of."""
    host = smarthost(refuse={"MAIL": "550 no"})
    limit = "10K" if cause == "large" else "50M"
    installation.configure_relay(host, {"message_size_limit": limit})
    if cause == "unconfigured":
        installation.configure("nonsense = 1\n")
    with contextlib.ExitStack() as stack:
        reader, writer = socket.socketpair() if kind == "socket" else map(os.fdopen, os.pipe(), "rw")
        with reader, writer:
            feeder = stack.enter_context(subprocess.Popen(["/usr/bin/head", "-c", "3M", "/dev/zero"], stdout=writer))
            sendmail = stack.enter_context(installation.start(*ONE, stdin=reader))
        stderr = sendmail.communicate(timeout=10)[1]
        assert feeder.wait(10) == 0
    assert sendmail.returncode == 1
    assert (stderr[:20], stderr.count(b"\n")) == (b"sendmail: not sent: ", 1)


def test_a_writer_that_never_ends_is_not_heard_out(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, {"message_size_limit": "10K"})
    script = 'yes | "$0" carol@example.org'
    result = installation.run_as("alice", "/bin/sh", "-c", script, str(installation.sendmail))
    assert (result.status, result.reason) == (1, "the message has more than 10240 octets (message_size_limit)")
    assert host.connections == 0

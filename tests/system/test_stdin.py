"""Every kind of standard input there is: the message is what stands on it, from where it stands, to its end."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.outcome import FIVE, MESSAGE, ONE, WITH_CHUNKS, assert_sent, configure, shown_status

DATA, INPUT_OUTPUT = 65, 74
BODY = b"A line.\r\n"

with_each_exit_codes = pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])


def run(installation, *args: str, stdin, **options):
    """Run sendmail with this standard input; return status, standard error and the new lines of the log."""
    lines_before = len(installation.log_lines())
    with installation.start(*args, stdin=stdin, **options) as process:
        _, stderr = process.communicate(timeout=20)
    return process.returncode, stderr.decode(), installation.log_lines()[lines_before:]


def assert_arrived(host, body: bytes = BODY) -> None:
    """The smart host has the message, with this body."""
    host.settle()
    assert host.message.body == body
    assert b"Subject: hello" in host.message.header.split(b"\r\n")


@pytest.mark.parametrize("user", ["alice", "root"])
def test_reads_a_file(installation, smarthost, tmp_path, user):
    host = smarthost()
    configure(installation, host)
    (tmp_path / "message").write_bytes(MESSAGE)
    with (tmp_path / "message").open("rb") as stdin:
        assert run(installation, *ONE, stdin=stdin, user=user)[:2] == (0, "")
    assert_arrived(host)


def test_reads_a_file_that_its_user_could_not_open(installation, smarthost, tmp_path):
    host = smarthost()
    configure(installation, host)
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "message").chmod(0o600)
    with (tmp_path / "message").open("rb") as stdin:
        assert run(installation, *ONE, stdin=stdin)[:2] == (0, "")
    assert_arrived(host)


@pytest.mark.parametrize("skipped", [b"x", b"garbage\n" * 1000, b"\0" * 4097])
def test_reads_a_file_from_its_offset_on(installation, smarthost, tmp_path, skipped):
    host = smarthost()
    configure(installation, host)
    (tmp_path / "message").write_bytes(skipped + MESSAGE)
    with (tmp_path / "message").open("rb", buffering=0) as stdin:
        stdin.seek(len(skipped))
        assert run(installation, *ONE, stdin=stdin)[:2] == (0, "")
    assert_arrived(host)


def test_reads_a_file_that_is_open_for_appending(installation, smarthost, tmp_path):
    host = smarthost()
    configure(installation, host)
    (tmp_path / "message").write_bytes(MESSAGE)
    descriptor = os.open(tmp_path / "message", os.O_RDWR | os.O_APPEND)
    try:
        assert run(installation, *ONE, stdin=descriptor)[:2] == (0, "")
    finally:
        os.close(descriptor)
    assert_arrived(host)


def test_reads_from_a_kernel_file_without_a_size(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    with open("/proc/version", "rb") as stdin:
        assert run(installation, *ONE, stdin=stdin)[:2] == (0, "")
    host.settle()
    assert host.message.body.startswith(b"Linux version ") or b"Linux version" in host.message.octets


def test_reads_a_named_pipe(installation, smarthost, tmp_path):
    host = smarthost()
    configure(installation, host)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)  # without a writer there is nothing to wait for
    os.set_blocking(reader, True)
    (tmp_path / "pipe").write_bytes(MESSAGE)
    with os.fdopen(reader) as stdin:
        assert run(installation, *ONE, stdin=stdin)[:2] == (0, "")
    assert_arrived(host)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_SEQPACKET], ids=["stream", "packets"])
def test_reads_a_socket_of_the_machine(installation, smarthost, kind):
    host = smarthost()
    configure(installation, host)
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    with ours, theirs:
        ours.sendall(MESSAGE)
        ours.shutdown(socket.SHUT_WR)
        assert run(installation, *ONE, stdin=theirs)[:2] == (0, "")
    assert_arrived(host)


# Nothing


@pytest.mark.parametrize("source", ["/dev/null", "empty-file"])
def test_an_empty_message_is_a_message(installation, smarthost, tmp_path, source):
    host = smarthost()
    configure(installation, host)
    (tmp_path / "empty-file").touch()
    with (tmp_path / source).open("rb") as stdin:
        assert run(installation, *ONE, stdin=stdin)[:2] == (0, "")
    host.settle()
    assert host.message.body == b""
    assert b"From: " in host.message.header


def test_an_empty_pipe_is_an_empty_message(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=b""), host, ONE)
    assert host.message.body == b""


def test_closed_standard_input_is_an_empty_message(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    script = '"$0" carol@example.org <&-'
    result = installation.run_as("alice", "/bin/sh", "-c", script, str(installation.sendmail))
    assert_sent(result, host, ONE)
    assert host.message.body == b""


@pytest.mark.parametrize("closed", ["<&- >&-", "<&- >&- 2>&-", ">&- 2>&-"])
def test_other_closed_descriptors_do_no_harm(installation, smarthost, closed):
    host = smarthost(refuse={"RCPT:lost@example.org": "550 no"})
    configure(installation, host, "simple")
    for recipient, status in (("carol@example.org", 0), ("lost@example.org", 1)):
        script = f'"$0" {recipient} {closed}'
        result = installation.run_as("alice", "/bin/sh", "-c", script, str(installation.sendmail), stdin=MESSAGE)
        assert result.status == status
    host.settle()
    assert len(host.messages) == 1


@with_each_exit_codes
def test_a_folder_cannot_be_read(installation, smarthost, exit_codes):
    host = smarthost()
    configure(installation, host, exit_codes)
    descriptor = os.open("/", os.O_RDONLY)
    try:
        status, stderr, lines = run(installation, *ONE, stdin=descriptor)
    finally:
        os.close(descriptor)
    assert stderr.startswith("sendmail: not sent: standard input cannot be read: ")
    assert stderr.count("\n") == 1
    assert status == shown_status(INPUT_OUTPUT, exit_codes)
    assert len(lines) == 1
    assert "carol@example.org" in lines[0]
    assert host.connections == 0


@pytest.mark.parametrize("configured", [True, False])
def test_the_wrong_end_of_a_pipe_cannot_be_read(installation, smarthost, configured):
    host = smarthost()
    installation.configure_relay(host)
    if not configured:
        installation.configure("nonsense = 1\n")
    reader, writer = map(os.fdopen, os.pipe(), "rw")
    with reader, writer:
        status, stderr, _ = run(installation, *ONE, stdin=writer)
    assert (status, stderr.count("\n"), host.connections) == (1, 1, 0)
    assert stderr.startswith("sendmail: not sent: ")


def test_standard_input_may_be_open_for_writing_only(installation, smarthost, tmp_path):
    host = smarthost()
    configure(installation, host, "simple")
    with (tmp_path / "message").open("wb") as stdin:
        status, stderr, lines = run(installation, *ONE, stdin=stdin)
    assert status == 1
    assert stderr.startswith("sendmail: not sent: standard input cannot be read: ")
    assert len(lines) == 1
    assert host.connections == 0


# Limits


@contextlib.contextmanager
def standard_input(kind: str, octets: bytes, folder: Path) -> Iterator[int]:
    """Yield a descriptor of this kind from which the octets can be read."""
    file = folder / "message"
    file.write_bytes(octets)
    with contextlib.ExitStack() as stack:
        if kind == "file":
            yield stack.enter_context(file.open("rb")).fileno()
            return
        ours, theirs = socket.socketpair() if kind == "socket" else map(os.fdopen, os.pipe()[::-1], "wr")
        with ours, theirs:
            feeder = stack.enter_context(subprocess.Popen(["/bin/cat", file], stdout=ours))
            ours.close()
            yield theirs.fileno()
        feeder.kill()


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("kind", ["file", "pipe", "socket"])
@pytest.mark.parametrize("limit", [4096, 1048576, 3_000_000])
def test_the_limit_is_the_last_octet_that_is_taken(installation, smarthost, tmp_path, kind, over, limit):
    host = smarthost()
    installation.configure_relay(host, {"message_size_limit": limit})
    message = (MESSAGE + b"0123456789abcde\n" * (limit // 16 + 1))[: limit + over]
    with standard_input(kind, message, tmp_path) as stdin:
        status, stderr, lines = run(installation, *ONE, stdin=stdin)
    host.settle()
    too_large = f"sendmail: not sent: the message has more than {limit} octets (message_size_limit)\n"
    assert (status, stderr) == (over, too_large if over else "")
    assert len(host.messages) == 1 - over
    assert len(lines) == 1


def test_fifty_megabytes_come_through_a_pipe(installation, smarthost, tmp_path):
    """As many as message_size_limit allows where nobody has set it."""
    host = smarthost(extensions=WITH_CHUNKS)
    installation.configure_relay(host)
    message = (MESSAGE + b"0123456789abcde\n" * (50 * 1024 * 1024 // 16))[: 50 * 1024 * 1024 - 1] + b"\n"
    with standard_input("pipe", message, tmp_path) as stdin:
        assert run(installation, *ONE, stdin=stdin)[:2] == (0, "")
    host.settle()
    assert host.message.body.replace(b"\r\n", b"\n") == message.partition(b"\n\n")[2]


@with_each_exit_codes
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_an_endless_device_is_too_large(installation, smarthost, device, exit_codes):
    host = smarthost()
    installation.configure_relay(host, {"message_size_limit": "5M", "exit_codes": exit_codes})
    with open(device, "rb") as stdin:
        status, stderr, lines = run(installation, *ONE, stdin=stdin)
    assert status == shown_status(DATA, exit_codes)
    assert stderr == "sendmail: not sent: the message has more than 5242880 octets (message_size_limit)\n"
    assert len(lines) == 1
    assert host.connections == 0


def test_a_huge_file_of_holes_is_too_large_at_once(installation, smarthost, tmp_path):
    host = smarthost()
    configure(installation, host, "simple")
    with (tmp_path / "message").open("w+b") as stdin:
        stdin.truncate(3 * 1024**3)
        started = time.monotonic()
        status, stderr, _ = run(installation, *ONE, stdin=stdin)
    assert status == 1
    assert stderr == "sendmail: not sent: the message has more than 52428800 octets (message_size_limit)\n"
    assert time.monotonic() - started < 5
    assert host.connections == 0


# A caller that is not there any more


def test_output_that_nobody_reads_does_not_block_the_send(installation, smarthost):
    host = smarthost(extensions=WITH_CHUNKS, refuse={"RCPT 5": "550 5.1.1 no"})
    configure(installation, host, "simple")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with installation.start("-v", *FIVE, stderr=writer) as process:
            process.communicate(MESSAGE, timeout=10)
    finally:
        os.close(writer)
    assert process.returncode == 1
    host.settle()
    assert host.messages == []

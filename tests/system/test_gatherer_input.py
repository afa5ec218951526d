"""Every kind of standard input there is, in the C program alone: what is taken, and what is told of the rest."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import socket
import subprocess
import sys
import threading
import time

import pytest

from tests.support.gatherer import CALLER, MESSAGE, SHORT, default_signals, give, ids_of, message_question, status


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 65536, 65537, 1_000_000])
@pytest.mark.parametrize("kind", ["pipe", "file", "socket", "packets", "non-blocking-pipe", "non-blocking-socket"])
def test_a_message_is_what_stands_there(program, tmp_path, kind, size):
    octets = (MESSAGE * (size // len(MESSAGE) + 1))[:size]
    with source(kind, octets, tmp_path) as stdin, program.start(stdin=stdin) as send:
        flags = fcntl.fcntl(stdin, fcntl.F_GETFL)
        helper = send.helper()
        helper.hello()
        assert helper.message() == octets
        helper.end(status(0))
        send.end()
        assert fcntl.fcntl(stdin, fcntl.F_GETFL) == flags


@pytest.mark.parametrize("limit", [1, 4096, 65536, 1_000_000])
@pytest.mark.parametrize("over", [-1, 0, 1, 2, 70_000])
@pytest.mark.parametrize("kind", ["pipe", "file", "socket"])
def test_one_octet_over_the_limit_is_taken_and_no_more(program, tmp_path, kind, limit, over):
    octets = b"x" * (limit + over)
    with source(kind, octets, tmp_path) as stdin, program.start(stdin=stdin) as send:
        helper = send.helper()
        helper.hello()
        assert len(helper.message(limit)) == min(limit + 1, limit + over)
        helper.end(status(0))
        send.end()


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_an_endless_device_ends_at_the_limit(program, device):
    with open(device, "rb") as stdin, program.start(stdin=stdin) as send:
        helper = send.helper()
        helper.hello()
        assert len(helper.message(3_000_000)) == 3_000_001
        helper.end(status(0))
        send.end()


def test_the_memory_file_is_sealed(program):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        give(send, MESSAGE)
        helper.say(message_question())
        memory = helper.answer()[2][0]
        assert fcntl.fcntl(memory, fcntl.F_GET_SEALS) & 0xF == 0xF
        with pytest.raises(OSError, match="not permitted"):
            os.pwrite(memory, b"x", 0)
        os.close(memory)
        helper.end(status(0))
        send.end()


class source:  # noqa: N801 # a context like open()
    """Yield a descriptor of this kind from which the octets can be read, fed slowly at first."""

    def __init__(self, kind, octets, folder):
        self.kind, self.octets, self.folder = kind, octets, folder

    def __enter__(self):
        if self.kind == "file":
            path = self.folder / "message"
            path.write_bytes(b"before" + self.octets)
            self.descriptor = os.open(path, os.O_RDONLY)
            os.lseek(self.descriptor, 6, os.SEEK_SET)
            self.thread = None
            return self.descriptor
        if "pipe" in self.kind:
            self.descriptor, feeder = os.pipe()
        else:
            kind = socket.SOCK_SEQPACKET if self.kind == "packets" else socket.SOCK_STREAM
            self.descriptor, feeder = (end.detach() for end in socket.socketpair(socket.AF_UNIX, kind))
        if "non-blocking" in self.kind:
            os.set_blocking(self.descriptor, False)
        self.thread = threading.Thread(target=self.feed, args=[feeder])
        self.thread.start()
        return self.descriptor

    def feed(self, feeder):
        time.sleep(0.01)
        try:
            for at in range(0, len(self.octets), 50_000):
                os.write(feeder, self.octets[at : at + 50_000])
        except OSError:
            pass
        os.close(feeder)

    def __exit__(self, *_):
        os.close(self.descriptor)
        if self.thread is not None:
            self.thread.join(10)


UNREADABLE = {
    "directory": (lambda: os.open("/", os.O_RDONLY), errno.EISDIR),
    "path": (lambda: os.open("/etc/passwd", os.O_PATH), errno.EBADF),
    "write-only-file": (lambda: os.open("/tmp", os.O_TMPFILE | os.O_WRONLY), errno.EBADF),
    "write-only-device": (lambda: os.open("/dev/null", os.O_WRONLY), errno.EBADF),
    "write-end": (lambda: os.pipe()[1], errno.EBADF),
    "listener": (lambda: socket.create_server(("127.0.0.1", 0)).detach(), errno.ENOTCONN),
    "unconnected": (lambda: socket.socket(socket.AF_UNIX).detach(), errno.EINVAL),
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("session", [False, True])
def test_what_cannot_be_read_is_told_at_once(program, kind, session):
    make, problem = UNREADABLE[kind]
    descriptor = make()
    with program.start(stdin=descriptor) as send:
        os.close(descriptor)
        helper = send.helper()
        helper.hello()
        if session:
            assert helper.input() == b""
        else:
            helper.say(message_question())
            assert helper.answer()[:2] == (b"X", problem.to_bytes(4, "big"))
        helper.end(status(74))
        assert send.end().status == 74


def test_more_than_the_caller_may_write_is_told(program):
    """ulimit -f: a hard limit, which nobody can raise."""

    def limit():
        default_signals()
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    with program.start(preexec_fn=limit) as send:
        helper = send.helper()
        helper.hello()
        writer = threading.Thread(target=give, args=[send, b"x" * 60_000])
        writer.start()
        helper.say(message_question())
        assert helper.answer()[:2] == (b"X", errno.EFBIG.to_bytes(4, "big"))
        helper.end(status(1, True))
        writer.join()
        assert send.end().status == 1


def test_a_soft_limit_is_no_limit(program):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    with program.start(preexec_fn=limit) as send:
        helper = send.helper()
        helper.hello()
        give(send, MESSAGE)
        assert helper.message() == MESSAGE
        helper.end(status(0))
        send.end()


DOTS = [
    ([b"text\n.\n"], b"text\n"),
    ([b".\n"], b""),
    ([b"text\n.\n", b"more\n"], b"text\n"),
    ([b"text\n", b".", b"\n"], b"text\n"),
    ([b"text\n", b".", b"x\n.\n"], b"text\n.x\n"),
    ([b"text\n", b".", b".\n", b".\n"], b"text\n..\n"),
    ([b"a.", b"\n.\n"], b"a.\n"),
    ([b"a\n", b".\x04", b"\x04"], b"a\n"),
    ([b"a\n", b" .\n", b".\n"], b"a\n .\n"),
    ([b"a\n\n.\n"], b"a\n\n"),
    ([b".a\n", b"..\n", b".\n"], b".a\n..\n"),
]


@pytest.mark.parametrize(("typed", "message"), DOTS)
def test_a_lone_dot_ends_what_is_typed(program, typed, message):
    assert type_in(program, typed, dot_ends=True) == message


def test_where_the_helper_says_so_only(program):
    assert type_in(program, [b"a\n.\n", b"b\n\x04"], dot_ends=False) == b"a\n.\nb\n"


def test_a_lone_dot_ends_nothing_else(program):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        give(send, b"a\n.\nb\n")
        assert helper.message(dot_ends=True) == b"a\n.\nb\n"
        helper.end(status(0))
        send.end()


def type_in(program, typed, dot_ends):
    """Type into a terminal that is standard input; return the message."""
    controller, terminal = os.openpty()
    try:
        with program.start(stdin=terminal) as send:
            os.close(terminal)
            helper = send.helper()
            helper.hello()
            helper.say(message_question(0, dot_ends))
            for part in typed:
                os.write(controller, part)
                time.sleep(0.01)
            message = helper.taken_message()
            helper.end(status(0))
            send.end()
            return message
    finally:
        os.close(controller)


@pytest.mark.parametrize("when", ["before", "while"])
def test_a_terminal_that_was_hung_up_has_ended_no_message(program, when):
    controller, terminal = os.openpty()
    with program.start(stdin=terminal) as send:
        os.close(terminal)
        helper = send.helper()
        helper.hello()
        if when == "before":
            os.close(controller)
        helper.say(message_question())
        if when == "while":
            os.write(controller, b"a\n")
            time.sleep(0.05)
            os.close(controller)
        assert helper.answer()[:2] == (b"X", errno.EIO.to_bytes(4, "big"))
        helper.end(status(1))
        send.end()


def test_a_slow_typist_has_all_the_time(program):
    controller, terminal = os.openpty()
    with program.start(stdin=terminal) as send:
        os.close(terminal)
        helper = send.helper()
        helper.hello()
        helper.say(message_question(0, True))
        time.sleep(max(SHORT.values()) / 1000 + 0.3)
        os.write(controller, b"a\n.\n")
        assert helper.taken_message() == b"a\n"
        helper.end(status(0))
        send.end()
    os.close(controller)


@pytest.mark.parametrize("is_transient", [True, False])
def test_a_user_with_too_many_descriptors_under_way_is_waited_for_and_told(program, is_transient):
    """The kernel counts those that were sent and not yet received, for each user (ETOOMANYREFS, unix(7))."""
    ours, theirs = socket.socketpair()
    code = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); socket.send_fds(s, [b'x'], [0] * 100)"
    holder = [sys.executable, "-c", code + "; sys.stdin.read()", str(theirs.fileno())]

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))

    with program.start(preexec_fn=few) as send:
        helper = send.helper()
        helper.hello()
        ids = ids_of(CALLER)
        with subprocess.Popen(holder, stdin=subprocess.PIPE, pass_fds=[theirs.fileno()], **ids) as process:
            theirs.close()
            ours.recv(1, socket.MSG_PEEK)
            give(send, b"x")
            helper.say(message_question())
            time.sleep(0.1)
            if is_transient:
                ours.close()
                assert helper.taken_message() == b"x"
            else:
                assert helper.answer()[:2] == (b"X", errno.ETOOMANYREFS.to_bytes(4, "big"))
                ours.close()
            process.stdin.close()
        helper.end(status(0))
        assert send.end().status == 0

"""Standard output and error that are full, closed, slow or gone, and signals at any time, in the C program alone."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import threading
import time

import pytest

from tests.support.gatherer import MESSAGE, default_signals, frame, give, input_question, message_question, status

# Standard output and error


@pytest.mark.parametrize("how", ["full", "closed", "gone", "read-only"])
@pytest.mark.parametrize("number", [0, 64])
def test_output_that_cannot_be_written_is_no_success(program, how, number):
    options, reason = broken_output(how)
    with program.start(**options) as send:
        helper = send.helper()
        helper.hello()
        helper.end(frame(b"o", b"Mail queue is empty\n") * 3, status(number))
        result = send.end()
        line = b"sendmail: standard output cannot be written: " + os.strerror(reason).encode() + b"\n"
        assert (result.status, result.stderr) == ((1, line) if number == 0 else (64, b""))
    if "stdout" in options:
        os.close(options["stdout"])


def test_where_nothing_is_written_it_does_not_matter(program):
    options, _ = broken_output("full")
    with program.start(**options) as send:
        helper = send.helper()
        helper.hello()
        helper.end(status(0))
        assert send.end().status == 0
    os.close(options["stdout"])


@pytest.mark.parametrize("how", ["full", "closed", "gone"])
def test_in_a_session_who_takes_no_replies_is_not_listened_to(program, how):
    options, _ = broken_output(how)
    with program.start("-bs", **options) as send:
        send.process.stdin.write(b"EHLO x\r\n")
        send.process.stdin.flush()
        helper = send.helper()
        helper.hello()
        assert helper.input() == b"EHLO x\r\n"
        helper.say(frame(b"o", b"250 here\r\n"))
        assert helper.input() == b""
        assert helper.input() == b""
        helper.end(frame(b"o", b"221 bye\r\n"), status(0))
        result = send.end()
        assert (result.status, result.stderr) == (0, b"")
    if "stdout" in options:
        os.close(options["stdout"])


def broken_output(how):
    """Return the options by which standard output is so, and the reason."""
    if how == "full":
        return {"stdout": os.open("/dev/full", os.O_WRONLY)}, errno.ENOSPC
    if how == "read-only":
        return {"stdout": os.open("/dev/null", os.O_RDONLY)}, errno.EBADF
    if how == "closed":
        return {"preexec_fn": lambda: os.close(1)}, errno.EBADF
    reader, writer = os.pipe()
    os.close(reader)
    return {"stdout": writer, "preexec_fn": default_signals}, errno.EPIPE


@pytest.mark.parametrize("how", ["full", "closed", "gone"])
def test_lines_that_nobody_takes_are_forgotten(program, how):
    options = {name.replace("stdout", "stderr"): value for name, value in broken_output(how)[0].items()}
    if how == "closed":
        options = {"preexec_fn": lambda: os.close(2)}
    with program.start(**options) as send:
        helper = send.helper()
        helper.hello()
        helper.say(*[frame(b"e", b"x" * 1000)] * 100)
        give(send, MESSAGE)
        assert helper.message() == MESSAGE
        helper.end(frame(b"e", b"x"), status(0))
        assert send.end().status == 0
    if "stderr" in options:
        os.close(options["stderr"])


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_slow_reader_gets_all(program, stream):
    """sendmail -v | less: whoever is slow is waited for, non-blocking or not, and nothing is cut."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    lines = [b"%06d" % number * 20 for number in range(2000)]
    with program.start(**{stream: writer}) as send:
        os.close(writer)
        helper = send.helper()
        helper.hello()
        letter, end = (b"e", b"") if stream == "stderr" else (b"o", b"\n")
        frames = b"".join(frame(letter, line + end) for line in lines)
        feeder = threading.Thread(target=helper.end, args=[frames, status(0)])
        feeder.start()
        time.sleep(0.1)
        with os.fdopen(reader, "rb") as file:
            assert file.read() == b"".join(line + b"\n" for line in lines)
        feeder.join()
        assert send.end().status == 0


# Signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM])
@pytest.mark.parametrize("when", ["m", "after-F", "r"])
def test_a_signal_ends_it_as_it_ends_any_program(program, number, when):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        if when == "after-F":
            give(send, MESSAGE)
            helper.message()
        else:
            helper.say(message_question() if when == "m" else input_question())
            time.sleep(0.02)
        send.process.send_signal(number)
        result = send.end()
        assert (result.status, result.stderr) == (-number, b"")
        with contextlib.suppress(ConnectionResetError):  # where it was ended before it had read the question
            assert helper.socket.recv(1) == b""


@pytest.mark.parametrize("when", ["m", "after-F", "hello"])
def test_it_goes_on_where_it_was_stopped(program, when):
    arguments = ["x" * 1000] * 1000 if when == "hello" else []
    with program.start(*arguments) as send:
        helper = send.helper()
        if when != "hello":
            helper.hello()
        if when == "after-F":
            give(send, MESSAGE)
            helper.message()
        elif when == "m":
            helper.say(message_question())
        time.sleep(0.02)
        for _ in range(3):
            send.process.send_signal(signal.SIGTSTP)
            time.sleep(0.02)
            send.process.send_signal(signal.SIGCONT)
        if when == "hello":
            assert len(helper.hello().arguments) == 1001
        if when == "m":
            give(send, MESSAGE)
            assert helper.taken_message() == MESSAGE
        helper.end(status(5))
        assert send.end().status == 5


def test_signals_that_the_caller_ignores_stay_ignored(program):
    def ignore():
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    with program.start(preexec_fn=ignore) as send:
        helper = send.helper()
        helper.hello()
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ):
            send.process.send_signal(number)
        time.sleep(0.05)
        helper.end(status(6))
        assert send.end().status == 6

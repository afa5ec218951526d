"""The C program at gatepost.socket: when it is taken, how long it is waited for, and what is said of it."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time

import pytest

from tests.support.gatherer import MESSAGE, NOT_HERE, SHORT, UNPRIVILEGED, frame, give, message_question, status


def test_the_socket_is_taken_where_it_is_open(program):
    with program.listening(), program.start("-t") as send:
        send.helper().end(frame(b"c", NOT_HERE))
        helper = send.behind_socket()
        hello = helper.hello()
        assert (hello.arguments, len(hello.descriptors)) == ([b"sendmail", b"-t"], 1)
        give(send, MESSAGE)
        assert helper.message() == MESSAGE
        helper.end(status(0))
        assert send.end().status == 0
        os.close(hello.descriptors[0])


def test_what_comes_with_the_hello_shows_the_end_of_the_frontend_and_nothing_else(program):
    with program.listening(), program.start() as send:
        send.helper().end(frame(b"c", NOT_HERE))
        helper = send.behind_socket()
        lifeline = helper.hello().descriptors[0]
        assert fcntl.fcntl(lifeline, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        os.set_blocking(lifeline, False)
        give(send, MESSAGE)
        helper.message()
        with pytest.raises(BlockingIOError):
            os.read(lifeline, 1)
        send.process.kill()
        send.process.wait()
        os.set_blocking(lifeline, True)
        assert os.read(lifeline, 1) == b""
        os.close(lifeline)


def test_no_descriptor_goes_to_any_other_helper(program):
    with program.start() as send:
        helper = send.helper()
        assert helper.hello().descriptors == []
        helper.end(frame(b"p"))
        other = send.helper()
        assert other.hello().descriptors == []
        other.end(status(0))
        send.end()


@pytest.mark.parametrize("how", ["absent", "left-over", "no-socket", "forbidden"])
def test_where_the_socket_is_closed_the_sentence_says_why(program, how):
    path, reason = program.socket_path, None
    if how == "left-over":
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))
        os.chmod(path, 0o777)
        reason = errno.ECONNREFUSED
    elif how == "no-socket":
        path.touch(mode=0o777)
        os.chmod(path, 0o777)
        reason = errno.ECONNREFUSED
    elif how == "forbidden":
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))
        os.chmod(path, 0)
        reason = errno.EACCES if os.geteuid() == 0 else None
    try:
        with program.start() as send:
            send.helper().end(frame(b"c", NOT_HERE))
            other = send.helper()
            more = f", and {path} cannot be connected to: {os.strerror(reason)}" if reason else ""
            assert other.arguments[1:] == [*UNPRIVILEGED, NOT_HERE.decode() + more]
            other.end()
            assert send.end().stderr == NOT_HERE + more.encode() + b"\n"
    finally:
        path.unlink(missing_ok=True)


def test_a_full_backlog_is_waited_for(program):
    with program.listening(backlog=0) as listener, socket.socket(socket.AF_UNIX) as first:
        first.connect(str(program.socket_path))
        with program.start() as send:
            send.helper().end(frame(b"c", NOT_HERE))
            time.sleep(SHORT["CONNECT_MS"] / 2000)
            assert send.process.poll() is None
            listener.accept()[0].close()
            helper = send.behind_socket()
            helper.hello()
            helper.end(status(0))
            assert send.end().status == 0


def test_but_not_for_ever(program):
    with program.listening(backlog=0), socket.socket(socket.AF_UNIX) as first:
        first.connect(str(program.socket_path))
        with program.start() as send:
            began = time.monotonic()
            send.helper().end(frame(b"c", NOT_HERE))
            other = send.helper()
            assert time.monotonic() - began >= SHORT["CONNECT_MS"] / 1000
            assert other.arguments[-1].endswith(f"{program.socket_path} cannot be connected to: Connection timed out")
            other.end(status(1))
            send.end()


@pytest.mark.parametrize("accepts", [True, False])
def test_a_listener_that_never_answers_has_a_time_limit(program, accepts):
    with program.listening(), program.start() as send:
        send.helper().end(frame(b"c", NOT_HERE))
        connection = send.behind_socket() if accepts else None
        began = time.monotonic()
        other = send.helper()
        assert (
            other.arguments[-1] == f"sendmail: not sent: the helper behind {program.socket_path} did not answer in time"
        )
        assert time.monotonic() - began < 5
        other.end(status(1))
        send.end()
        del connection


def test_one_that_reads_nothing_of_a_large_hello_has_it_too(program):
    with program.listening(), program.start(*["x" * 1000] * 1000) as send:
        send.helper().end(frame(b"c", NOT_HERE))
        connection = send.behind_socket()
        other = send.helper()
        assert other.arguments[-1].endswith("did not answer in time")
        other.end(status(1))
        send.end()
        connection.socket.close()


@pytest.mark.parametrize(
    ("reads", "told"),
    [(False, "ended without an answer (too many at once?)"), (True, "ended without an answer")],
    ids=["sent-away", "read"],
)
def test_too_many_at_once_is_asked_only_of_who_was_not_heard(program, reads, told):
    with program.listening(), program.start() as send:
        send.helper().end(frame(b"c", NOT_HERE))
        helper = send.behind_socket()
        if reads:
            helper.hello()
        else:
            time.sleep(0.05)
        helper.end()
        other = send.helper()
        assert other.arguments[-1] == f"sendmail: not sent: the helper behind {program.socket_path} {told}"
        other.end()
        assert send.end().stderr.endswith(told.encode() + b"\n")


def test_a_helper_behind_the_socket_that_has_answered_is_waited_for(program):
    with program.listening(), program.start() as send:
        send.helper().end(frame(b"c", NOT_HERE))
        helper = send.behind_socket()
        helper.hello()
        give(send, MESSAGE)
        helper.message()
        time.sleep(SHORT["ANSWER_MS"] / 1000 + 0.2)
        helper.end(status(2))
        assert send.end().status == 2


def test_who_ends_there_in_the_middle_is_named_and_not_said_to_be_too_many(program):
    with program.listening(), program.start() as send:
        send.helper().end(frame(b"c", NOT_HERE))
        helper = send.behind_socket()
        helper.hello()
        helper.say(message_question())
        give(send, MESSAGE)
        time.sleep(0.05)
        helper.end()  # with the message unread: ECONNRESET
        assert (
            send.end().stderr
            == f"sendmail: not sent: the helper behind {program.socket_path} ended without an answer\n".encode()
        )


def test_the_socket_is_not_taken_for_a_configuration_of_the_callers_own(program):
    with program.listening() as listener, program.start() as send:
        listener.settimeout(0)
        send.helper().end(frame(b"p"))
        other = send.helper()
        other.hello()
        with pytest.raises(BlockingIOError):
            listener.accept()
        other.end(status(0))
        send.end()


def test_it_is_where_such_a_helper_finds_none(program):
    with program.listening(), program.start() as send:
        send.helper().end(frame(b"p"))
        send.helper().end(frame(b"c", NOT_HERE))
        helper = send.behind_socket()
        helper.hello()
        helper.end(status(0))
        assert send.end().status == 0


def test_a_configuration_that_is_named_needs_no_privilege_and_no_socket(program):
    """-C: the helper with a sentence and the one behind the socket leave it to one that has none."""
    with program.start() as send:
        send.helper().end(frame(b"c", NOT_HERE))
        send.helper().end(frame(b"p"))
        last = send.helper()
        assert last.arguments[1:] == UNPRIVILEGED
        last.end(status(0))
        assert send.end().status == 0
    with program.listening(), program.start() as send:
        send.helper().end(frame(b"c", NOT_HERE))
        send.behind_socket().end(frame(b"p"))
        last = send.helper()
        assert last.arguments[1:] == UNPRIVILEGED
        last.end(status(0))
        assert send.end().status == 0

"""What a helper asks for is done, however its frames come, and nothing else is."""

from __future__ import annotations

import fcntl
import os
import threading
import time

import pytest

from tests.support.gatherer import MESSAGE, frame, give, input_question, status


def test_a_message_and_a_status(program):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        give(send, MESSAGE)
        assert helper.message() == MESSAGE
        helper.end(status(75))
        assert send.end().status == 75


@pytest.mark.parametrize("number", [0, 1, 64, 255])
def test_the_status_is_the_helpers(program, number):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        helper.end(status(number))
        assert send.end().status == number


@pytest.mark.parametrize("cut", range(1, 12))
def test_frames_may_come_in_pieces(program, cut):
    octets = frame(b"e", b"one") + frame(b"o", b"two\n") + status(7)
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        for at in range(0, len(octets), cut):
            helper.say(octets[at : at + cut])
            if at < 12:
                time.sleep(0.002)
        result = send.end()
        assert (result.status, result.stdout, result.stderr) == (7, b"two\n", b"one\n")


def test_the_largest_frames(program):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        threading.Thread(
            target=helper.end, args=[frame(b"o", b"a" * 65535) * 3, frame(b"e", b"b" * 65535), status(0)]
        ).start()
        result = send.end()
        assert (result.status, result.stdout, result.stderr) == (0, b"a" * 3 * 65535, b"b" * 65535 + b"\n")


ALL_OCTETS = bytes(range(1, 256))
PRINTABLE = bytes(octet if 0x20 <= octet < 0x7F or octet in b"\r\n" else ord("?") for octet in ALL_OCTETS)


def test_nothing_steers_a_terminal(program):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        helper.end(frame(b"e", ALL_OCTETS), frame(b"o", ALL_OCTETS), status(0))
        result = send.end()
        assert (result.stderr, result.stdout) == (PRINTABLE + b"\n", PRINTABLE)


def test_a_session_is_a_dialogue(program):
    with program.start("-bs") as send:
        helper = send.helper()
        helper.hello()
        helper.say(frame(b"o", b"220 here\r\n"))
        assert os.read(send.process.stdout.fileno(), 100) == b"220 here\r\n"
        for number in range(20):
            send.process.stdin.write(b"NOOP %d\r\n" % number)
            send.process.stdin.flush()
            assert helper.input() == b"NOOP %d\r\n" % number
            helper.say(frame(b"o", b"250 %d\r\n" % number))
            assert os.read(send.process.stdout.fileno(), 100) == b"250 %d\r\n" % number
        give(send, b"QUIT\r\n")
        assert [helper.input(2), helper.input(1), helper.input(), helper.input(), helper.input()] == [
            *(b"QU", b"I", b"T\r\n", b"", b"")
        ]
        helper.end(status(0))
        assert send.end().status == 0


def test_all_replies_are_out_before_the_next_octets_are_read(program):
    with program.start("-bs") as send:
        helper = send.helper()
        helper.hello()
        helper.say(*[frame(b"o", b"250 ok\r\n")] * 1000, input_question())
        time.sleep(0.05)
        fcntl.fcntl(send.process.stdout, fcntl.F_SETFL, os.O_NONBLOCK)
        assert len(send.process.stdout.read(100_000)) == 8000
        fcntl.fcntl(send.process.stdout, fcntl.F_SETFL, 0)
        give(send, b"x")
        assert helper.answer()[1] == b"x"
        helper.end(status(0))
        send.end()


def test_lines_come_at_once(program):
    """As -v shows them."""
    with program.start("-v") as send:
        helper = send.helper()
        helper.hello()
        for number in range(5):
            helper.say(frame(b"e", b"line %d" % number))
            assert os.read(send.process.stderr.fileno(), 100) == b"line %d\n" % number
        helper.end(status(0))
        send.end()


def test_a_helper_may_end_a_session_while_it_waits(program):
    """A session has an idle limit."""
    with program.start("-bs") as send:
        helper = send.helper()
        helper.hello()
        helper.say(input_question())
        time.sleep(0.05)
        helper.end(frame(b"o", b"421 idle\r\n"), frame(b"e", b"sendmail: not sent: idle"), status(1))
        result = send.end()
        assert (result.status, result.stdout, result.stderr) == (1, b"421 idle\r\n", b"sendmail: not sent: idle\n")

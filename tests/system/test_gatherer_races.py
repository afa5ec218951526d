"""Each race between the C program and its helper has one right end, and nothing is claimed that is not known."""

from __future__ import annotations

import os
import socket
import time

import pytest

from tests.support.gatherer import (
    CLOSED,
    ENDED,
    IN_DOUBT,
    MESSAGE,
    NOT_HERE,
    SHORT,
    UNPRIVILEGED,
    drained,
    frame,
    give,
    input_question,
    message_question,
    status,
)

# The races


def test_a_starter_that_refuses_without_reading_is_heard(program):
    """Its sentence comes with ECONNRESET behind it, and sending fails."""
    with program.start(*["x" * 1000] * 1000) as send:
        helper = send.helper()
        helper.end(frame(b"c", NOT_HERE))
        other = send.helper()
        assert other.arguments[1:] == [*UNPRIVILEGED, NOT_HERE.decode()]
        assert len(other.hello().arguments) == 1001
        other.end(frame(b"e", b"what it says"), status(1))
        assert send.end().stderr == b"what it says\n"


@pytest.mark.parametrize("taken", [0, 1, 17, 18, 19, 300, 100_000, None], ids=str)
@pytest.mark.parametrize("letter", [b"p", b"c"])
def test_after_part_of_a_hello_the_next_helper_gets_it_from_its_beginning(program, letter, taken):
    with program.start(*["x" * 1000] * 1000) as send:
        helper = send.helper()
        whole = helper.hello().octets if taken is None else helper.exactly(taken)
        helper.end(frame(letter, NOT_HERE if letter == b"c" else b""))
        other = send.helper()
        assert other.hello().octets.startswith(whole)
        assert other.arguments[1:] == UNPRIVILEGED + ([NOT_HERE.decode()] if letter == b"c" else [])
        give(send, MESSAGE)
        assert other.message() == MESSAGE
        other.end(status(0))
        assert send.end().status == 0


@pytest.mark.parametrize("letters", ["pp", "pc", "cp", "cc"])
def test_at_most_two_helpers_follow_the_first(program, letters):
    with program.start() as send:
        for letter in ["p", *letters]:
            send.helper().end(frame(letter.encode(), NOT_HERE if letter == "c" else b""))
            if letters == "cc" and letter == "c":
                break
        if letters == "cc":
            send.helper().end(frame(b"c", b"another"))
        result = send.end()
        assert result.status == 1
        assert result.stderr == (ENDED if letters[-1] == "p" else NOT_HERE + b"\n")


@pytest.mark.parametrize("first", [frame(b"o", b"x\n"), frame(b"e", b"x"), message_question()], ids=["o", "e", "m"])
@pytest.mark.parametrize("letter", [b"p", b"c"])
def test_who_has_begun_to_serve_leaves_it_to_nobody_else(program, first, letter):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        send.process.stdin.close()
        send.process.stdin = None
        helper.end(first, frame(letter, NOT_HERE if letter == b"c" else b""))
        assert send.end().stderr.endswith(ENDED)


BEFORE = {
    "before-m": [],
    "while-stdin-is-read": [message_question()],
    "after-a-line": [frame(b"e", b"x")],
    "after-text": [frame(b"o", b"x")],
}


@pytest.mark.parametrize("frames", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("half", [b"", b"e", b"m\0", b"e\0\5four", b"s\0\2\0"], ids=["whole", "1", "2", "7", "4"])
def test_a_helper_that_ends_has_sent_nothing_and_standard_input_is_drained(program, frames, half):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        helper.end(*frames, half)
        if not frames:
            other = send.helper()
            assert other.arguments[-1] == ENDED.decode().strip()
            other.end()
        assert drained(send)
        result = send.end()
        assert (result.status, result.stderr.endswith(ENDED)) == (1, True)


TALES = {
    "descriptor": ([], ENDED),
    "line": ([frame(b"e", b"x")], b"x\n" + ENDED),
    "doubt": ([frame(b"d")], IN_DOUBT),
    "doubt-line": ([frame(b"d"), frame(b"e", b"x")], b"x\n" + IN_DOUBT),
    "no-doubt": ([frame(b"d"), frame(b"k")], ENDED),
    "doubt-again": ([frame(b"d"), frame(b"k"), frame(b"d")], IN_DOUBT),
}
HALVES = {"whole": b"", "e": b"e\1\0abc", "s": b"s\0\2\0"}
BROKEN = {
    "m-twice": message_question(),
    "r-after-m": input_question(),
    "p": frame(b"p"),
    "c": frame(b"c", NOT_HERE),
    "unknown": frame(b"z"),
    "unknown-long": frame(b"z", b"something"),
    "version-1": frame(b"S", b"\0"),
    "empty-sentence": frame(b"c"),
    "k-too-long": frame(b"k", b"x"),
    "s-too-short": frame(b"s", b"\0"),
    "s-too-long": frame(b"s", b"\0\0\0"),
    "s-drains-2": frame(b"s", b"\0\2"),
    "F": frame(b"F"),
}


@pytest.mark.parametrize("end", [*HALVES, *BROKEN])
@pytest.mark.parametrize("tale", TALES)
def test_nothing_is_claimed_that_is_not_known(program, tale, end):
    """Whoever breaks a rule counts as a helper that has ended; what it told before that counts."""
    frames, told = TALES[tale]
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        give(send, MESSAGE)
        assert helper.message() == MESSAGE
        octets = HALVES.get(end, BROKEN.get(end))
        helper.say(*frames, octets)
        if end in HALVES:
            helper.socket.close()
        result = send.end()
        assert (result.status, result.stderr, result.stdout) == (1, told, b"")


def test_a_rule_that_is_broken_before_a_doubt_that_is_told_already_leaves_it(program):
    """Nobody acts on a frame after that, but the smart host may have the message: the doubt was told in time."""
    for after in (frame(b"d"), frame(b"e", b"x" * 50000) + frame(b"d") + status(0)):
        with program.start() as send:
            helper = send.helper()
            helper.hello()
            give(send, MESSAGE)
            helper.message()
            helper.say(frame(b"z", b"x") + after)
            assert send.end().stderr == IN_DOUBT


def test_a_helper_that_has_broken_a_rule_cannot_tell_of_doubt_any_more(program):
    """And one that cannot tell of it does not send."""
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        give(send, MESSAGE)
        helper.message()
        helper.say(frame(b"z"))
        result = send.end()
        with pytest.raises(OSError, match=r"Broken pipe|Connection reset"):
            helper.say(frame(b"d"))
        assert result.stderr == ENDED


@pytest.mark.parametrize(
    "frames",
    [[message_question()], [frame(b"z")], [frame(b"p")], [input_question()], [b"r\0\2\0\0"], [b"r\0\1\1"], [b""]],
    ids=["m-after-r", "unknown", "p", "r-twice", "r-for-nothing", "r-short", "end"],
)
@pytest.mark.parametrize("torn", [False, True])
def test_a_client_is_told_421_where_the_helper_ends_in_a_session(program, frames, torn):
    with program.start("-bs") as send:
        helper = send.helper()
        helper.hello()
        helper.say(frame(b"o", b"250-half" if torn else b"220 here\r\n"), input_question())
        if frames not in ([input_question()], [message_question()]):
            send.process.stdin.write(b"x")
            send.process.stdin.flush()
            helper.answer()
        helper.say(*frames)
        helper.socket.shutdown(socket.SHUT_WR)
        result = send.end() if frames != [b""] else end_of_session(send)
        before = b"250-half\r\n" if torn else b"220 here\r\n"
        assert (result.status, result.stdout, result.stderr) == (1, before + CLOSED, ENDED)


def end_of_session(send):
    """Return how it ends without anything more on standard input, which is not drained."""
    with pytest.raises(BrokenPipeError):
        for _ in range(20):
            send.process.stdin.write(b"x" * 100_000)
    send.process.stdin = None
    return send.end()


@pytest.mark.parametrize(("tale", "told"), [([], ENDED), ([b"d"], IN_DOUBT), ([b"d", b"k"], ENDED)])
def test_doubt_is_of_one_message_of_a_session(program, tale, told):
    with program.start("-bs") as send:
        helper = send.helper()
        helper.hello()
        send.process.stdin.write(b"x")
        send.process.stdin.flush()
        helper.input()
        helper.end(*map(frame, tale))
        result = send.end()
        assert (result.status, result.stdout, result.stderr) == (1, CLOSED, told)


@pytest.mark.parametrize("question", [message_question(), input_question()], ids=["m", "r"])
def test_nothing_is_asked_before_the_whole_hello_was_taken(program, question):
    with program.start(*["x" * 1000] * 1000) as send:
        helper = send.helper()
        helper.say(question)
        helper.exactly(100)
        give(send, MESSAGE)
        send.helper().end(status(3))
        assert send.end().status == 3


def test_a_frame_that_has_begun_has_its_time(program):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        give(send, MESSAGE)
        helper.message()
        helper.say(frame(b"d"), b"s\0\2")
        began = time.monotonic()
        result = send.end()
        assert (result.status, result.stderr) == (1, IN_DOUBT)
        assert SHORT["FRAME_MS"] / 1000 <= time.monotonic() - began < 5


def test_frames_that_never_end_between_two_reads_are_no_torn_one(program):
    """Each of them comes in time; that there is always one that has begun is no fault."""
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        pair = frame(b"e", b"abcd")
        helper.say(pair[:3])
        for _ in range(8):
            time.sleep(SHORT["FRAME_MS"] / 4000)
            helper.say(pair[3:] + pair[:3])
        helper.end(pair[3:], status(0))
        assert send.end().status == 0


def test_a_frame_that_a_helper_has_given_up_may_wait_for_its_rest(program):
    """`-v` into a pager that nobody looks at: the helper sends the rest only before what ends the send."""
    reader, writer = os.pipe()
    line = frame(b"e", b"x" * 70 * 900)
    with program.start("-v", stderr=writer) as send:
        os.close(writer)
        helper = send.helper()
        helper.hello()
        helper.say(line * 2, line[:100])
        time.sleep(SHORT["FRAME_MS"] / 1000 * 1.1)
        with os.fdopen(reader, "rb") as pager:
            assert len(pager.read(2 * 63001)) == 2 * 63001
            time.sleep(SHORT["FRAME_MS"] / 1000 * 1.2)
            helper.end(line[100:], status(0))
            assert len(pager.read()) == 63001
        assert send.end().status == 0


def test_between_frames_a_helper_has_all_the_time(program):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        helper.say(frame(b"e", b"x"))
        time.sleep(SHORT["FRAME_MS"] / 1000 + 0.3)
        helper.end(status(4))
        assert send.end().status == 4


def test_an_end_is_seen_while_a_terminal_is_waited_for(program):
    controller, terminal = os.openpty()
    with program.start(stdin=terminal) as send:
        os.close(terminal)
        helper = send.helper()
        helper.hello()
        helper.end(message_question())
        result = send.end()
        assert (result.status, result.stderr) == (1, ENDED)
    os.close(controller)


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_helper_sees_the_end_of_a_frontend_that_is_killed(program, when):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        if when == "after":
            give(send, MESSAGE)
            helper.message()
        send.process.kill()
        assert helper.socket.recv(1) == b""


# Draining


@pytest.mark.parametrize("drain", [True, False])
@pytest.mark.parametrize("number", [0, 1])
def test_standard_input_is_drained_where_the_helper_says_so(program, drain, number):
    with program.start() as send:
        helper = send.helper()
        helper.hello()
        helper.end(status(number, drain))
        if not drain:
            send.process.wait(10)
        assert drained(send) == drain
        assert send.end().status == number


def test_what_stands_in_a_file_is_not_drained(program, tmp_path):
    (tmp_path / "script").write_bytes(b"line\n" * 100_000)
    with (tmp_path / "script").open("rb", buffering=0) as stdin, program.start(stdin=stdin) as send:
        helper = send.helper()
        helper.hello()
        helper.end(status(1, True))
        assert send.end().status == 1
        assert stdin.tell() == 0

"""Frames go out whole or not at all, whatever the frontend takes; answers come in by a deadline."""

from __future__ import annotations

import os
import socket
import threading

import pytest

from helper.failure import InputError, WireError
from helper.request import channel as channel_module
from helper.request import wire
from helper.request.channel import Channel, Gone, Idle

HELLO = wire.hello(wire.OTHER, [b"sendmail", b"-bs"])


@pytest.fixture
def pair(monkeypatch):
    """A channel that waits for nobody for long, and the frontend's end."""
    monkeypatch.setattr(channel_module, "FRAME_TIMEOUT_S", 0.05)
    monkeypatch.setattr(channel_module, "SILENCE_S", 0.05)
    ours, theirs = socket.socketpair()
    with theirs:
        yield Channel(ours.detach()), theirs


def frames(octets: bytes) -> list[tuple[bytes, bytes]]:
    """Return the frames of octets, which must be whole."""
    found = []
    while octets:
        frame = wire.parse_frame(octets)
        assert frame is not None, "a frame was cut"
        found.append(frame[:2])
        octets = octets[frame[2] :]
    return found


def drained(theirs: socket.socket) -> bytes:
    """Return all that has come."""
    octets = b""
    while True:
        try:
            octets += theirs.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return octets


@pytest.mark.parametrize("size", [10, 1000, 8000])
def test_no_frame_is_ever_cut_for_a_frontend_that_takes_nothing(pair, size):
    channel, theirs = pair
    for number in range(400_000 // size):
        channel.say(f"{number:06} " + "x" * size)
    channel.write(b"y" * 200_000)
    with pytest.raises(WireError):
        channel.doubt()
    octets = drained(theirs)
    channel.say("nothing more is shown")
    channel.finish(1, drain=True)
    octets += drained(theirs)
    letters = [letter for letter, _ in frames(octets)]
    assert letters[-1] == wire.STATUS
    assert set(letters[:-1]) <= {wire.LINE, wire.TEXT, wire.DOUBT}
    lines = [content[:6] for letter, content in frames(octets) if letter == wire.LINE]
    assert lines == [b"%06d" % number for number in range(len(lines))]


def test_a_frontend_that_takes_it_late_is_told_all(pair, monkeypatch):
    channel, theirs = pair
    monkeypatch.setattr(channel_module, "FRAME_TIMEOUT_S", 20)
    heard = bytearray()

    def listen():
        while octets := theirs.recv(1000):
            heard.extend(octets)

    thread = threading.Thread(target=listen)
    thread.start()
    for number in range(100):
        channel.say(f"{number}" * 2000)
    channel.doubt()
    channel.finish(0)
    channel._socket.close()
    thread.join()
    assert [letter for letter, _ in frames(bytes(heard))] == [wire.LINE] * 100 + [wire.DOUBT, wire.STATUS]


def test_doubt_that_nobody_can_be_told_of_is_none(pair):
    channel, theirs = pair
    theirs.close()
    with pytest.raises(WireError):
        channel.doubt()
    assert not channel.is_in_doubt


def test_a_silent_frontend_is_of_the_version_before(pair):
    channel, theirs = pair
    with pytest.raises(Gone):
        channel.receive()
    assert drained(theirs) == wire.refusal_of_version_1(1)


def test_one_that_ends_at_once_is_told_nothing(pair):
    channel, theirs = pair
    theirs.close()
    with pytest.raises(Gone):
        channel.receive()


@pytest.mark.parametrize("length", [1, 17, len(HELLO) - 1])
def test_a_hello_that_was_begun_has_a_deadline(pair, length):
    channel, theirs = pair
    theirs.send(HELLO[:length])
    with pytest.raises(WireError, match="in time"):
        channel.receive()


def test_octets_are_waited_for_until_the_client_is_idle(pair):
    channel, theirs = pair
    theirs.send(HELLO)
    channel.receive()
    with pytest.raises(Idle):
        channel.octets(10, idle_s=0.01)
    theirs.send(wire.frame(wire.OCTETS, b"NOOP"))
    assert channel.octets(10, idle_s=1) == b"NOOP"
    theirs.send(wire.frame(wire.OCTETS, b"x" * 11))
    with pytest.raises(WireError):
        channel.octets(10, idle_s=1)


@pytest.mark.parametrize("end", [b"", b"R", b"R\0\5x"])
def test_half_an_answer_is_none(pair, end):
    channel, theirs = pair
    theirs.send(end)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(WireError if end else Gone):
        channel.octets(10, idle_s=1)


@pytest.mark.parametrize("number", [9, 21])
def test_an_input_that_cannot_be_read_is_told(pair, number):
    channel, theirs = pair
    theirs.send(wire.frame(wire.UNREADABLE, number.to_bytes(4, "big")))
    with pytest.raises(InputError, match="it is a directory, or not open for reading"):
        channel.message(None, dot_ends=False)
    assert drained(theirs) == wire.frame(wire.MESSAGE, bytes(9))


def test_a_message_is_a_descriptor(pair):
    channel, theirs = pair
    memory = os.memfd_create("message")
    socket.send_fds(theirs, [wire.frame(wire.FILE)], [memory])
    given = channel.message(1000, dot_ends=True)
    assert os.fstat(given).st_ino == os.fstat(memory).st_ino
    assert drained(theirs) == wire.frame(wire.MESSAGE, (1000).to_bytes(8, "big") + b"\1")
    os.close(given)
    os.close(memory)

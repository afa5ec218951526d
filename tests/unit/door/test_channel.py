"""A frontend that ends, or says more, between its request and the moment from which the kernel watches it."""

from __future__ import annotations

import fcntl
import os
import socket

import pytest

from helper import wire
from helper.door.channel import DoorChannel
from helper.failure import WireError

INQUIRY = wire.request_octets(wire.Inquiry(b"verify", (b"carol@example.org",)))


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with theirs:
        yield ours.detach(), theirs


class Overtaken(DoorChannel):
    """One whose frontend does something at the last instant. No owner is set, so that the kernel signals nobody."""

    def do_before_signals(self, action):
        self.action = action

    def _signal_events(self, flag):
        if flag:
            self.action()
        super()._signal_events(flag)


def test_a_frontend_that_waits_is_heard(ends):
    descriptor, theirs = ends
    theirs.send(INQUIRY)
    request, _ = DoorChannel(descriptor).request()
    assert request.recipients == (b"carol@example.org",)


@pytest.mark.parametrize("act", [socket.socket.close, lambda theirs: theirs.send(b"x")], ids=["ends", "says-more"])
def test_one_that_was_faster_than_the_signal_is_not(ends, act):
    descriptor, theirs = ends
    theirs.send(INQUIRY)
    channel = Overtaken(descriptor)
    channel.do_before_signals(lambda: act(theirs))
    with pytest.raises(WireError, match="has ended, or sent more"):
        channel.request()


def test_the_end_of_a_frontend_that_has_its_status_is_no_event(ends):
    descriptor, theirs = ends
    theirs.send(INQUIRY)
    channel = DoorChannel(descriptor)
    channel.request()
    assert os.O_ASYNC & flags(descriptor)
    channel.finish(0)
    assert not os.O_ASYNC & flags(descriptor)


def flags(descriptor):
    """Return the flags of an open file."""
    return fcntl.fcntl(descriptor, fcntl.F_GETFL)

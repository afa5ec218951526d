"""Has the message arrived, whole and for all?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.message import Message, missing
from bench.smarthost import Arrival


@pytest.fixture(name="message")
def marked_message(tmp_path):
    message = Message(tmp_path / "message", 1024)
    message.mark(7)
    return message


def arrival_of(message: Message, recipients: int = 1) -> Arrival:
    octets = b"Received: from somewhere\r\n" + message.file.read_bytes().replace(b"\n", b"\r\n")
    return Arrival(recipients, len(octets), octets[:8192], octets[-8192:], 3, False)


@pytest.mark.parametrize("size_octets", [0, 1024, 1 << 20, (3 << 20) + 5])
def test_the_message_is_of_about_the_size_wanted(tmp_path, size_octets):
    assert abs(Message(tmp_path / "message", size_octets).file.stat().st_size - size_octets) < 250


def test_a_message_with_a_few_fields_more_has_arrived(message):
    assert message.is_in(arrival_of(message))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda arrival: replace(arrival, octets=arrival.octets - 100),
        lambda arrival: replace(arrival, octets=arrival.octets + 9000),
        lambda arrival: replace(arrival, end=arrival.end[:-3]),
        lambda arrival: replace(arrival, beginning=arrival.beginning.replace(b"0007", b"0006")),
    ],
    ids=["too short", "too long", "without its end", "another one"],
)
def test_a_message_that_is_not_whole_has_not_arrived(message, wrong):
    assert not message.is_in(wrong(arrival_of(message)))
    assert missing([message], 1, [wrong(arrival_of(message)), None]).startswith("1 not arrived complete")


def test_nothing_is_missing_when_all_connections_together_brought_all_recipients(message):
    assert missing([message], 3, [arrival_of(message, 2), arrival_of(message, 1)]) == ""
    assert missing([message], 3, [arrival_of(message, 2), None]).startswith("1 not arrived complete")
    assert missing([message], 3, [arrival_of(message, 4), None]).startswith("1 not arrived complete")


def test_looks_at_no_more_than_needed(message):
    arrivals = iter([arrival_of(message), arrival_of(message)])
    assert missing([message], 1, arrivals) == ""
    assert next(arrivals)


def test_each_of_a_crowd_has_to_arrive(tmp_path):
    crowd = [Message(tmp_path / str(number), 1024) for number in range(3)]
    for number, message in enumerate(crowd):
        message.mark(number)
    arrived = [arrival_of(message) for message in reversed(crowd)]
    assert missing(crowd, 1, arrived) == ""
    assert missing(crowd, 1, [arrived[0], arrived[0], arrived[1], None]).startswith("1 not arrived complete")

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.failure import WireError
from helper.request import wire

ARGUMENTS = st.lists(st.binary(max_size=40).filter(lambda octets: b"\0" not in octets), max_size=8)


@given(st.sampled_from(wire.INPUTS), ARGUMENTS)
def test_every_hello_arrives_as_it_was_said(kind, arguments):
    octets = wire.hello(kind, arguments)
    found_kind, count, total = wire.parse_hello(octets[: wire.HEAD_OCTETS])
    assert (found_kind, count, total) == (kind, len(arguments), len(octets) - wire.HEAD_OCTETS)
    assert wire.parse_arguments(octets[wire.HEAD_OCTETS :], count) == tuple(arguments)


@given(ARGUMENTS.filter(bool), st.data())
def test_a_hello_that_is_cut_is_refused(arguments, data):
    octets = wire.hello(wire.OTHER, arguments)[wire.HEAD_OCTETS :]
    with pytest.raises(WireError):
        wire.parse_arguments(octets[: data.draw(st.integers(0, len(octets) - 1))], len(arguments))


@given(st.binary(max_size=100), st.integers(0, 2**32 - 1))
def test_any_octets_are_arguments_or_a_wire_error(octets, count):
    try:
        arguments = wire.parse_arguments(octets, count)
    except WireError as error:
        assert error.problem.isascii()
        return
    assert wire.hello(wire.OTHER, arguments)[wire.HEAD_OCTETS :] == octets


@pytest.mark.parametrize(
    "head",
    [
        b"",
        wire.hello(b"o", [])[:-1],
        wire.hello(b"o", []).replace(b"\x02", b"\x01", 1),
        wire.hello(b"o", []).replace(b"\x02", b"\x03", 1),
        wire.hello(b"x", []),
        wire.MAGIC + b"o" + bytes(4) + (wire.HELLO_LIMIT + 1).to_bytes(4, "big"),
    ],
)
def test_what_is_no_hello_is_refused(head):
    with pytest.raises(WireError):
        wire.parse_hello(head)


def test_a_hello_may_be_as_large_as_this():
    head = wire.MAGIC + b"t" + bytes(4) + wire.HELLO_LIMIT.to_bytes(4, "big")
    assert wire.parse_hello(head) == (b"t", 0, wire.HELLO_LIMIT)


@given(st.binary(min_size=1, max_size=1), st.binary(max_size=300), st.binary(max_size=5))
def test_frames_are_cut_one_by_one_and_whole(letter, content, more):
    octets = wire.frame(letter, content)
    assert wire.parse_frame(octets + more) == (letter, content, len(octets))
    assert all(wire.parse_frame(octets[:length]) is None for length in range(len(octets)))


def test_a_frontend_of_the_version_before_is_told_in_its_own_wire():
    line, status = (wire.parse_frame(wire.refusal_of_version_1(1)[at:]) for at in (0, -4))
    assert line[0] == b"L" and line[1].startswith(b"sendmail: not sent: ")
    assert status == (b"S", b"\1", 4)

from __future__ import annotations

import mmap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helper.message.body import CHUNK_OCTETS, canonical_chunks, dot_stuffed, survey, wire_chunks
from helper.text import LINE_LIMIT
from tests.support.watched import Watched

MESSAGES = st.lists(st.sampled_from([b"\r", b"\n", b".", b"A", b"\0", b"\xe9", b"AAA"]), max_size=40).map(b"".join)
CHUNK_SIZES = st.integers(1, 5)


def wire(message: bytes, start: int = 0, chunk_octets: int = CHUNK_OCTETS) -> bytes:
    return b"".join(wire_chunks(message, start, chunk_octets))


@pytest.mark.parametrize("chunk_octets", [1, 2, 3, CHUNK_OCTETS])
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", b""),
        (b"a", b"a\r\n"),
        (b"a\n", b"a\r\n"),
        (b"a\r\n", b"a\r\n"),
        (b"a\r", b"a\r\n"),
        (b"\n", b"\r\n"),
        (b"\r", b"\r\n"),
        (b"\n\r", b"\r\n\r\n"),
        (b"\r\r\n", b"\r\n"),
        (b"a\r\r\nb", b"a\r\nb\r\n"),
        (b"a\r\r\r\r\n\r\r\n", b"a\r\n\r\n"),
        (b"a\r\rb\r\r\n", b"a\r\n\r\nb\r\n"),
        (b"\r\r\n.\r\r\n", b"\r\n.\r\n"),
        (b"\r\n\r\r", b"\r\n\r\n\r\n"),
        (b"a\nb\r\nc\rd", b"a\r\nb\r\nc\r\nd\r\n"),
        (b"a\n\n\r\r", b"a\r\n\r\n\r\n\r\n"),
        (b"a\0b\xff", b"a\0b\xff\r\n"),
    ],
)
def test_every_line_ends_in_crlf(message, expected, chunk_octets):
    assert wire(message, chunk_octets=chunk_octets) == expected


@given(MESSAGES, CHUNK_SIZES)
def test_where_a_message_is_cut_makes_no_difference(message, chunk_octets):
    assert wire(message, chunk_octets=chunk_octets) == wire(message)


def test_begins_where_it_is_told_to():
    assert wire(b"A: b\n\nbody", 6) == b"body\r\n"
    assert wire(b"A: b\n\n", 6) == b""
    assert survey(b"A: b\n\n\xe9", 6).octets == 3


@given(MESSAGES, st.integers(0, 5), st.integers(0, 40), CHUNK_SIZES)
def test_a_piece_is_what_it_would_be_alone_without_an_end_of_its_own(message, start, stop, chunk_octets):
    stop = min(stop, len(message))
    piece = message[start:stop]
    chunks = list(canonical_chunks(message, start, stop, chunk_octets))
    assert b"".join(chunks) == wire(piece) if piece.endswith((b"\r", b"\n")) else b"".join(chunks) == wire(piece)[:-2]
    assert not any(chunk.endswith(b"\r") or not chunk for chunk in chunks)
    assert survey(message, start, stop) == survey(piece, 0)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([], b""),
        ([b"."], b".."),
        ([b".\r\n"], b"..\r\n"),
        ([b"a.b\r\n"], b"a.b\r\n"),
        ([b"a\r\n.\r\n..b\r\n"], b"a\r\n..\r\n...b\r\n"),
        ([b"a\r\n", b".b\r\n"], b"a\r\n..b\r\n"),
        ([b"a\r", b"\n", b".", b"\r\n"], b"a\r\n..\r\n"),
        ([b"a\r", b"\n.", b".\r\n"], b"a\r\n...\r\n"),
        ([b"a", b".b\r\n"], b"a.b\r\n"),
        ([b"a\r\n", b"", b".b\r\n"], b"a\r\n..b\r\n"),
        ([b"", b"."], b".."),
    ],
)
def test_doubles_the_dot_that_begins_a_line(chunks, expected):
    assert b"".join(dot_stuffed(chunks)) == expected


@given(MESSAGES, CHUNK_SIZES)
def test_a_server_gets_back_what_was_stuffed(message, chunk_octets):
    lines = b"".join(dot_stuffed(wire_chunks(message, 0, chunk_octets))).split(b"\r\n")
    assert b"\r\n".join(line.removeprefix(b".") for line in lines) == wire(message)


@given(MESSAGES)
@example(b"\r")
@example(b"\xe9" * (LINE_LIMIT + 5) + b"\r\n\0")
def test_a_survey_says_what_goes_out(message):
    sent = wire(message)
    seen = survey(message, 0)
    assert seen.octets == len(sent)
    assert seen.is_8bit == any(octet > 127 for octet in message)
    assert seen.has_nul == (b"\0" in message)
    assert seen.longest_line == max(LINE_LIMIT, *map(len, sent.split(b"\r\n")))


@given(st.lists(st.tuples(st.integers(0, 1500) | st.integers(990, 1005), st.sampled_from([b"\n", b"\r\n", b"\r"]))))
def test_a_survey_measures_the_longest_line_that_is_too_long(lines):
    message = b"".join(b"x" * length + end for length, end in lines)
    assert survey(message, 0).longest_line == max([LINE_LIMIT, *(length for length, _ in lines)])


@pytest.mark.parametrize("length", [LINE_LIMIT - 1, LINE_LIMIT, LINE_LIMIT + 1])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_survey_counts_no_line_end(length, end):
    assert survey(b"a\n" + b"x" * length + end, 0).longest_line == max(LINE_LIMIT, length)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\r\n", b"\r\r\r\n"])
@pytest.mark.parametrize("shift", [-3, -2, -1, 0, 1, 2])
def test_a_survey_and_the_wire_cross_chunks(end, shift):
    message = b"x" * (CHUNK_OCTETS + shift) + end + b"y" * CHUNK_OCTETS + end + b"z"
    assert survey(message, 0).octets == len(wire(message)) == 2 * CHUNK_OCTETS + shift + 7
    assert survey(message, 0).longest_line == CHUNK_OCTETS + max(0, shift)


def test_reads_a_mapped_file_and_a_view_as_it_reads_octets():
    message = b"A: b\n\nbody\r\n.\rend"
    with mmap.mmap(-1, len(message)) as mapped:
        mapped.write(message)
        for buffer in (mapped, memoryview(message)):
            assert b"".join(wire_chunks(buffer, 6)) == wire(message, 6)
            assert survey(buffer, 6) == survey(message, 6)


@pytest.mark.parametrize("octet", [b"\n", b"\r"])
def test_holds_no_more_than_a_few_chunks_at_a_time(octet):
    message = octet * (3 * CHUNK_OCTETS)
    assert max(map(len, wire_chunks(message, 0))) <= 2 * (CHUNK_OCTETS + 1)


@pytest.mark.parametrize(
    ("line", "when_surveyed", "when_sent"),
    [
        (b"text\n", [], []),
        (b"a.b\n", [], [("replace", b"\n.")]),
        (b"text\r\n", [("replace", b"\r\n")], [("replace", b"\r\n")]),
    ],
)
def test_an_ordinary_message_is_searched_for_single_octets(line, when_surveyed, when_sent):
    message = Watched(line * 100)
    for looks, expected in ((lambda: survey(message, 0), when_surveyed), (lambda: [*sent(message)], when_sent)):
        Watched.slow.clear()
        looks()
        assert Watched.slow == expected


def sent(message):
    return dot_stuffed(wire_chunks(message, 0))

from __future__ import annotations

import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helper.message.mime.quoted_printable import (
    COLUMNS,
    PART_LIMIT,
    escapes_in,
    quoted_printable,
    wrapped_quoted_printable,
)
from helper.message.mime.refusal import CannotConvert

LINE_PIECES = st.sampled_from(
    [b"a", b" ", b"\t", b".", b"--", b"From ", b"=", b"\xe9", b"\x00", b"word " * 20, b"x" * 74, b"=" * 30]
)
LINES = st.lists(LINE_PIECES, max_size=8).map(b"".join)
TEXTS = st.lists(LINES, max_size=6).map(b"\r\n".join)


def encoded(*chunks: bytes) -> bytes:
    return b"".join(quoted_printable(chunks))


def wrapped(*chunks: bytes) -> bytes:
    return b"".join(wrapped_quoted_printable(chunks))


def cut(text: bytes, octets: int) -> list[bytes]:
    """Cut as canonical chunks are: never within a CRLF."""
    pieces = [text[at : at + octets] for at in range(0, len(text), octets)]
    for at in range(len(pieces) - 1):
        if pieces[at].endswith(b"\r"):
            pieces[at], pieces[at + 1] = pieces[at][:-1], b"\r" + pieces[at + 1]
    return pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", b""),
        (b"a", b"a"),
        (b"a\r\n", b"a\r\n"),
        (b"\r\n\r\n", b"\r\n\r\n"),
        (b"a=b", b"a=3Db"),
        (b"\xc3\xbc", b"=C3=BC"),
        (b"a \r\nb\t\r\nc ", b"a=20\r\nb=09\r\nc=20"),
        (b"a b\tc", b"a b\tc"),
        (b".\r\n..\r\n.a", b"=2E\r\n=2E.\r\n=2Ea"),
        (b"From x\r\nFromx\r\n>From ", b"=46rom x\r\nFromx\r\n>From=20"),
        (b"--\r\n-- \r\n-a\r\na--", b"=2D-\r\n=2D-=20\r\n-a\r\na--"),
        (b"\x1b\x7f\x0b", b"=1B=7F=0B"),
    ],
)
def test_encodes_what_could_be_lost_or_taken_for_something_else(text, expected):
    assert encoded(text) == expected


@pytest.mark.parametrize(
    ("before", "perilous", "expected"),
    [(75, b"--b", b"=2D-b"), (75, b".", b"=2E"), (75, b"From x", b"=46rom x"), (75, b"-b", b"-b")],
)
def test_no_line_that_was_broken_begins_with_what_could_be_a_boundary_or_an_end(before, perilous, expected):
    assert encoded(b"x" * before + perilous) == b"x" * before + b"=\r\n" + expected


@pytest.mark.parametrize("octets", [COLUMNS - 1, COLUMNS, COLUMNS + 1])
def test_breaks_a_line_that_is_too_long(octets):
    assert encoded(b"x" * octets) == (b"x" * octets if octets <= COLUMNS else b"x" * COLUMNS + b"=\r\nx")


@pytest.mark.parametrize("octets", range(70, 77))
def test_breaks_no_line_within_an_escape(octets):
    assert all(
        not line.endswith((b"=", b"=C"))
        for line in encoded(b"x" * octets + b"\xc3" * 9).replace(b"=\r\n", b"\n").split()
    )


@given(TEXTS)
@example(b"x" * 74 + b"=--")
def test_who_decodes_it_gets_what_was_encoded(text):
    assert quopri.decodestring(encoded(text)) == text


@given(TEXTS)
def test_every_line_is_short_and_printable_and_has_no_white_space_at_its_end(text):
    for line in encoded(text).split(b"\r\n"):
        assert len(line) <= 76
        assert line.isascii()
        assert not line.translate(None, b"\t").translate(None, bytes(range(32, 127)))
        assert not line.endswith((b" ", b"\t"))
        assert not line.startswith((b"--", b".", b"From "))


@given(TEXTS, st.integers(1, 40))
def test_where_a_text_is_cut_makes_no_difference(text, octets):
    assert encoded(*cut(text, octets)) == encoded(text)


@pytest.mark.parametrize("octets", [PART_LIMIT - 1, PART_LIMIT, PART_LIMIT + 1, 3 * PART_LIMIT])
@pytest.mark.parametrize("letter", [b"x", b"=", b"\xe9", b"-"])
def test_a_line_has_no_limit_and_is_not_held_as_a_whole(octets, letter):
    text = b"a\r\n" + letter * octets + b"--\r\n"
    for chunks in ([text], cut(text, 1000)):
        assert quopri.decodestring(encoded(*chunks)) == text
        assert max(map(len, encoded(*chunks).split(b"\r\n"))) <= 76


def test_counts_what_takes_three_octets():
    assert escapes_in(b"a =\t\xc3\xbc\x00\r\n") == 4


QP_PIECES = st.sampled_from([b"a", b"=41", b"=3D", b" b", b".", b"--", b"From c", b"x" * 70, b"=C3=BC" * 15])
QP_LINES = st.tuples(st.lists(QP_PIECES, max_size=9).map(b"".join), st.sampled_from([b"", b"="])).map(b"".join)
QP_TEXTS = st.lists(QP_LINES, max_size=5).map(b"\r\n".join)


@given(QP_TEXTS, st.integers(1, 50))
def test_lines_that_are_broken_later_mean_the_same(text, octets):
    assert quopri.decodestring(wrapped(text)) == quopri.decodestring(text)
    assert max(map(len, wrapped(text).split(b"\r\n"))) <= 76
    assert wrapped(*cut(text, octets)) == wrapped(text)


@pytest.mark.parametrize("octets", [PART_LIMIT - 2, PART_LIMIT - 1, PART_LIMIT, PART_LIMIT + 1, PART_LIMIT + 2])
@pytest.mark.parametrize("end", [b"", b"=", b"=41", b"=\r\n--b", b"--b"])
def test_a_line_that_was_held_in_parts_means_the_same(octets, end):
    text = b"x" * octets + end
    assert quopri.decodestring(wrapped(text)) == quopri.decodestring(text)
    assert b"\r\n--b" not in wrapped(b"x" * octets + b"--b")


@pytest.mark.parametrize("line", [b"short", b"-- ", b"--boundary", b"=zz", b"x" * 76, b"a=", b"=41" * 25 + b"="])
def test_short_lines_stay_as_they_are(line):
    assert wrapped(line + b"\r\n") == line + b"\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b"=4" + b"x" * 80,
        b"x" * 80 + b"=4",
        b"=zz" + b"x" * 80,
        b"==" + b"x" * 80,
        b"x" * 80 + b" ",
        b"x" * 77 + b"\t",
        b"x" * 80 + b"=  ",
        b"x" * PART_LIMIT + b" ",
        b"\xe9",
    ],
)
def test_refuses_to_break_what_is_malformed(line):
    with pytest.raises(CannotConvert, match="quoted-printable"):
        wrapped(line + b"\r\n")

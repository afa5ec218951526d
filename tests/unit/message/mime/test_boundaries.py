from __future__ import annotations

import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.message.mime.boundaries import (
    FIRST_WINDOW,
    BoundaryLine,
    before_line_end,
    line_at,
    lines_with,
    next_boundary_line,
)
from helper.message.mime.refusal import CannotConvert
from helper.text import LINE_LIMIT


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"--b", (0, 3, 0, False)),
        (b"--b--", (0, 5, 0, True)),
        (b"a\n--b\nc", (2, 6, 0, False)),
        (b"a\r\n--b \t\r\nc", (3, 10, 0, False)),
        (b"a\r--b--\t\rc", (2, 9, 0, True)),
        (b"a\r\r\n--b\r\r\n\r\r\nc", (4, 10, 0, False)),
        (b"a\r\r--b\r\rc", (3, 7, 0, False)),
        (b"a\n--b\n\nc", (2, 6, 0, False)),
        (b"--b-\n--b--x\n--bc\n --b\na--b\n--B\n--b", (31, 34, 0, False)),
        (b"--o\n--b\n", (0, 4, 1, False)),
        (b"", None),
        (b"a\n--", None),
        (b"--b c", None),
    ],
)
def test_a_boundary_line_is_nothing_but_that(source, expected):
    line = next_boundary_line(source, 0, [b"b", b"o"])
    assert line == (None if expected is None else BoundaryLine(*expected))


def test_a_boundary_may_begin_with_another_one():
    source = b"--=_a.1\n--=_a--\n--=_a\n"
    assert next_boundary_line(source, 0, [b"=_a", b"=_a.1"]) == BoundaryLine(0, 8, 1, False)
    assert next_boundary_line(source, 8, [b"=_a", b"=_a.1"]) == BoundaryLine(8, 16, 0, True)
    assert next_boundary_line(source, 0, [b"=_a"]) == BoundaryLine(8, 16, 0, True)


def test_the_line_of_an_outer_multipart_ends_an_inner_one_with_the_same_boundary():
    line = next_boundary_line(b"--b\n", 0, [b"b", b"", b"b"])
    assert line is not None
    assert line.owner == 0


def test_a_message_has_no_boundary():
    assert next_boundary_line(b"--\n----\n", 0, [b""]) is None
    assert next_boundary_line(b"--b\n", 0, []) is None


@pytest.mark.parametrize("padding", [LINE_LIMIT - 3, LINE_LIMIT - 2])
def test_refuses_a_boundary_line_that_could_not_be_sent(padding):
    source = b"--b" + b" " * padding + b"\n"
    if padding + 3 <= LINE_LIMIT:
        assert next_boundary_line(source, 0, [b"b"]) is not None
    else:
        with pytest.raises(CannotConvert, match="boundary"):
            next_boundary_line(source, 0, [b"b"])


@given(st.lists(st.sampled_from([b"--b", b"--", b"\r", b"\n", b"\r\n", b"x" * 300, b"b"]), max_size=60).map(b"".join))
def test_finds_each_line_with_a_beginning_once(source):
    lines = source.replace(b"\r\n", b"\n\n").replace(b"\r", b"\n").split(b"\n")
    starts = [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines))]
    expected = [start for start, line in zip(starts, lines, strict=True) if line.startswith(b"--b")]
    assert list(lines_with(source, 0, b"--b")) == expected


@pytest.mark.parametrize("shift", range(-6, 3))
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_finds_a_line_across_windows(shift, end):
    source = b"x" * (FIRST_WINDOW + shift) + end + b"--b\n"
    with mmap.mmap(-1, len(source)) as mapped:
        mapped.write(source)
        assert list(lines_with(mapped, 0, b"--b")) == [FIRST_WINDOW + shift + len(end)]


@pytest.mark.parametrize("octets", [0, 1, 254, 255, 256, 257, 1023, 1024, 5000])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r", b"\n\n", b"\r\r", b"\r\n\r\n"])
def test_reads_a_line_of_any_length(octets, end):
    source = b"ab" + b"x" * octets + end
    first = 2 if end.startswith(b"\r\n") else len(end[:1])
    assert line_at(source, 2, 10_000) == (b"x" * octets, 2 + octets + first)


def test_reads_not_much_more_than_it_may():
    assert len(line_at(b"x" * 100_000, 0, 1000)[0]) < 5000


@pytest.mark.parametrize(
    ("source", "start", "expected"),
    [(b"a\r\n", 0, 1), (b"a\n", 0, 1), (b"a\r", 0, 1), (b"a", 0, 1), (b"\n\n", 0, 1), (b"\r\n", 1, 1), (b"\n", 1, 1)],
)
def test_the_line_end_before_a_boundary_line_belongs_to_it(source, start, expected):
    assert before_line_end(source, start, len(source)) == expected

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from frontend.stdin import until_lone_dot


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (b"", b""),
        (b".", b""),
        (b".\n", b""),
        (b".\nafter\n", b""),
        (b"a\n", b"a\n"),
        (b"a\n.", b"a\n"),
        (b"a\n.\n", b"a\n"),
        (b"a\n.\nafter\n.\n", b"a\n"),
        (b"a.\n", b"a.\n"),
        (b"a\n..\n", b"a\n..\n"),
        (b"a\n.b\n", b"a\n.b\n"),
        (b"a\n. \n", b"a\n. \n"),
        (b"a\n.\r\nb\n", b"a\n.\r\nb\n"),
        (b"\n.\n", b"\n"),
        (b"half a line", b"half a line"),
    ],
)
def test_a_line_with_a_lone_dot_ends_the_text(typed, text):
    assert b"".join(until_lone_dot(iter([typed]))) == text


@given(some.lists(some.binary(max_size=3).map(lambda octets: bytes(b"\n.x"[octet % 3] for octet in octets))))
def test_it_is_found_however_the_text_is_cut(parts):
    expected = []
    for line in b"".join(parts).splitlines(keepends=True):
        if line in (b".\n", b"."):
            break
        expected.append(line)
    assert b"".join(until_lone_dot(iter(parts))) == b"".join(expected)


def test_nothing_is_read_after_the_lone_dot():
    parts = iter([b"a\n", b".\n", b"after\n"])
    assert list(until_lone_dot(parts)) == [b"a\n"]
    assert list(parts) == [b"after\n"]


def test_a_line_that_never_ends_is_passed_on_as_it_comes():
    """A terminal in raw mode has lines of any length; nothing of them is kept."""
    parts = until_lone_dot(iter([b"x" * 4096] * 50_000))
    begun = time.monotonic()
    assert all(len(part) == 4096 for part in parts)
    assert time.monotonic() - begun < 2

from __future__ import annotations

import time
from itertools import product, takewhile

import pytest

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


def test_it_is_found_however_the_text_is_cut():
    """Every text of up to seven octets that matter, in every way to cut it."""
    for length in range(1, 8):
        for letters in product(b"\n.x", repeat=length):
            text = bytes(letters)
            expected = before_the_dot(text)
            for cuts in range(1 << (length - 1)):
                assert b"".join(until_lone_dot(iter(cut(text, cuts)))) == expected


def test_an_empty_part_changes_nothing():
    assert b"".join(until_lone_dot(iter([b"", b"a\n", b"", b".", b"", b"\nb"]))) == b"a\n"


def before_the_dot(text: bytes) -> bytes:
    """Return the lines before one that is a lone dot, which the end of the text may end."""
    lines = text.splitlines(keepends=True)
    return b"".join(takewhile(lambda line: line not in (b".\n", b"."), lines))


def cut(text: bytes, cuts: int) -> list[bytes]:
    """Return the parts of a text that is cut after each octet whose bit is set."""
    parts = [b""]
    for at in range(len(text)):
        parts[-1] += text[at : at + 1]
        parts += [b""] if cuts >> at & 1 else []
    return parts


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

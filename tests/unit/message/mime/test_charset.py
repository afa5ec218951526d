from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.message.mime.charset import ASCII, UNKNOWN, UTF_8, charset_of


@pytest.mark.parametrize(
    ("octets", "charset"),
    [
        (b"", ASCII),
        (b"a\x1b$B", ASCII),
        ("ü€😀".encode(), UTF_8),
        (b"\xfc", UNKNOWN),
        ("ü".encode()[:1], UNKNOWN),
        ("a😀".encode()[:-1], UNKNOWN),
        (b"\xed\xa0\x80", UNKNOWN),  # a surrogate
        (b"\xc0\x80", UNKNOWN),  # not the shortest form
        ("ü".encode() + b"\xfc", UNKNOWN),
    ],
)
def test_calls_octets_what_they_are_wherever_they_are_cut(octets, charset):
    assert charset_of([octets]) == charset
    assert charset_of(b"%c" % octet for octet in octets) == charset


@given(st.text())
def test_all_text_in_utf_8_is_called_so(text):
    assert charset_of(b"%c" % octet for octet in text.encode()) == (ASCII if text.isascii() else UTF_8)


def test_a_character_is_not_interrupted():
    assert charset_of([b"\xc3", b"a", b"\xbc"]) == UNKNOWN

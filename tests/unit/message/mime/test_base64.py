from __future__ import annotations

import base64 as library

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.message.mime.base64 import base64, wrapped_base64
from helper.message.mime.refusal import CannotConvert

CHUNKS = st.lists(st.binary(max_size=150), max_size=6)


def encoded(*chunks: bytes) -> bytes:
    return b"".join(base64(chunks))


def wrapped(*chunks: bytes) -> bytes:
    return b"".join(wrapped_base64(chunks))


@given(CHUNKS)
def test_who_decodes_it_gets_what_was_encoded(chunks):
    assert library.b64decode(encoded(*chunks)) == b"".join(chunks)


@given(CHUNKS)
def test_all_lines_but_the_last_one_are_full(chunks):
    *lines, last = encoded(*chunks).split(b"\r\n")
    assert all(len(line) == 76 for line in lines)
    assert 0 < len(last) <= 76 or not b"".join(chunks)


@pytest.mark.parametrize("octets", [0, 1, 2, 3, 56, 57, 58, 114, 115])
def test_the_last_line_has_no_end(octets):
    assert encoded(b"x" * octets) == b"\r\n".join(
        library.b64encode(b"x" * octets)[at : at + 76] for at in range(0, -(-octets // 3) * 4, 76)
    )


@given(CHUNKS, st.integers(1, 200), st.sampled_from([b"\r\n", b" ", b"\t", b""]))
def test_what_is_base64_already_comes_in_other_lines(chunks, columns, gap):
    letters = library.b64encode(b"".join(chunks))
    lines = [letters[at : at + columns] + gap for at in range(0, len(letters), columns)]
    assert wrapped(*lines) == encoded(*chunks)


@pytest.mark.parametrize(
    "text",
    [
        b"QQ==QQ==",
        b"QQ=A",
        b"QUE=QUFB",
        b"QUFB=",
        b"QUF",
        b"QUFB!",
        b"QUF\xe9",
        b"Q===",
        b"====",
        b"QUFB\r\n--\r\nfooter",
        b"QQ=\r\n=QQ==",
    ],
)
def test_refuses_what_readers_would_not_agree_on(text):
    with pytest.raises(CannotConvert, match="base64"):
        wrapped(text)
    with pytest.raises(CannotConvert, match="base64"):
        wrapped(*(b"%c" % octet for octet in text))

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.smtp.reply import LINE_LIMIT, LINES_LIMIT, TEXT_LIMIT, Reply, ReplySyntax, take_reply


@pytest.mark.parametrize(
    ("octets", "code", "lines"),
    [
        (b"250 ok\r\n", 250, (b"ok",)),
        (b"250\r\n", 250, (b"",)),
        (b"250 \r\n", 250, (b"",)),
        (b"250-a\r\n250 b\r\n", 250, (b"a", b"b")),
        (b"250-\r\n250\r\n", 250, (b"", b"")),
        (b"599 x\r\n", 599, (b"x",)),
    ],
)
def test_takes_a_complete_reply_and_leaves_the_rest(octets, code, lines):
    received = bytearray(octets + b"221 next")
    assert take_reply(received) == Reply(code, lines)
    assert received == b"221 next"


@pytest.mark.parametrize("octets", [b"", b"2", b"250 ok", b"250 ok\r", b"250-a\r\n", b"250-a\r\n250 b\r"])
def test_waits_for_an_incomplete_reply(octets):
    received = bytearray(octets)
    assert take_reply(received) is None
    assert received == octets


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"25\r\n",
        b"2500 x\r\n",
        b"250_x\r\n",
        b"150 x\r\n",
        b"650 x\r\n",
        b"-50 x\r\n",
        b"250-a\r\n251 b\r\n",
        b"250 ok\n",
        b"250 o\rk\r\n",
        b"250 o\0k\r\n",
        b"\xb2\xb5\xb0 x\r\n",
        b"\r\n",
    ],
)
def test_refuses_what_is_no_reply(octets):
    with pytest.raises(ReplySyntax):
        take_reply(bytearray(octets))


def test_bounds_the_length_of_a_line():
    assert take_reply(bytearray(b"250 " + b"x" * (LINE_LIMIT - 6) + b"\r\n"))
    with pytest.raises(ReplySyntax):
        take_reply(bytearray(b"250 " + b"x" * (LINE_LIMIT - 5) + b"\r\n"))
    with pytest.raises(ReplySyntax):
        take_reply(bytearray(b"250 " + b"x" * LINE_LIMIT))


def test_bounds_the_number_of_lines():
    assert take_reply(bytearray(b"250-x\r\n" * (LINES_LIMIT - 1) + b"250 x\r\n"))
    with pytest.raises(ReplySyntax):
        take_reply(bytearray(b"250-x\r\n" * LINES_LIMIT + b"250 x\r\n"))


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ((b"5.1.1 no", b"5.1.1 such", b"5.1.1 user"), "550 5.1.1 no such user"),
        ((b"no", b"such user"), "550 no such user"),
        ((b"",), "550"),
        ((b"\x1b]0;owned\x07 \x9b31m\xc3\xa9",), "550 ?]0;owned? ?31m??"),
    ],
)
def test_shows_text_that_cannot_harm_a_terminal(lines, text):
    assert Reply(550, lines).text == text


def test_bounds_the_text_that_is_shown():
    assert len(Reply(550, (b"x" * 4000,)).text) == TEXT_LIMIT
    assert Reply(550, (b"x" * (TEXT_LIMIT - 4),)).text == "550 " + "x" * (TEXT_LIMIT - 4)


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_reply_or_a_reason_or_more_is_needed(octets):
    try:
        reply = take_reply(bytearray(octets))
    except ReplySyntax as error:
        assert error.problem.isascii()
    else:
        assert reply is None or 200 <= reply.code <= 599

from __future__ import annotations

import pytest

from helper.smtp.reply import Reply
from helper.smtp.sasl.exchange import CHALLENGE_LIMIT, BadChallenge, additional_data, decode, encode


@pytest.mark.parametrize("challenge", [b"*", b"a", b"ab cd", b"=", b"A" * (CHALLENGE_LIMIT + 1)])
def test_a_challenge_that_is_no_base64_or_too_long_is_refused(challenge):
    with pytest.raises(BadChallenge, match="is not valid"):
        decode(challenge)


def test_a_challenge_is_decoded():
    assert decode(b"") == b""
    assert decode(encode(b"Password:")) == b"Password:"
    assert decode(b"A" * CHALLENGE_LIMIT) == bytes(CHALLENGE_LIMIT // 4 * 3)


@pytest.mark.parametrize(
    ("lines", "data"),
    [
        ((b"2.7.0 welcome",), b""),
        ((b"dj1hYmM=",), b"v=abc"),
        ((b"2.7.0 dj1hYmM= welcome",), b"v=abc"),
        ((b"2.7.0 hello", b"2.7.0 dj1hYmM="), b"v=abc"),
        ((encode(b"e=other-error"),), b"e=other-error"),
        ((b"2.7.0 YWJj",), b""),
        ((b"",), b""),
    ],
)
def test_what_comes_with_a_success_is_found_among_its_words(lines, data):
    assert additional_data(Reply(235, lines)) == (data, encode(data))

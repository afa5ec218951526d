from __future__ import annotations

import pytest

from helper.secret import Secret
from helper.smtp.auth import CHALLENGE_LIMIT, ChallengeSyntax, Credential, choose_mechanism, decode, encode, masked
from helper.smtp.reply import Reply

CREDENTIAL = Credential(b"ws1", Secret(b"hunter2"))


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        (("LOGIN", "PLAIN"), (), "PLAIN"),
        (("LOGIN",), (), "LOGIN"),
        (("LOGIN", "PLAIN"), ("LOGIN",), "LOGIN"),
        (("PLAIN",), ("LOGIN",), None),
        (("NTLM", "CRAM-MD5"), (), None),
        ((), (), None),
    ],
)
def test_the_best_mechanism_that_all_want_is_chosen(offered, wanted, chosen):
    assert choose_mechanism(offered, wanted) == chosen


@pytest.mark.parametrize("challenge", [b"*", b"a", b"ab cd", b"=", b"A" * (CHALLENGE_LIMIT + 1)])
def test_a_challenge_that_is_no_base64_or_too_long_is_refused(challenge):
    with pytest.raises(ChallengeSyntax):
        decode(challenge)


def test_a_challenge_is_decoded():
    assert decode(b"") == b""
    assert decode(encode(b"Password:")) == b"Password:"
    assert decode(b"A" * CHALLENGE_LIMIT) == bytes(CHALLENGE_LIMIT // 4 * 3)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"5.7.8 wrong password hunter2", "535 5.7.8 wrong password ***"),
        (b"5.7.8 AHdzMQBodW50ZXIy is wrong", "535 5.7.8 *** is wrong"),
        (b"5.7.8 aHVudGVyMg== is wrong", "535 5.7.8 *** is wrong"),
        (b"5.7.8 no", "535 5.7.8 no"),
    ],
)
def test_a_password_that_the_server_repeats_is_not_shown(line, shown):
    reply = masked(Reply(535, (line, line)), CREDENTIAL)
    assert reply.text == f"{shown} {shown[10:]}"
    assert "hunter2" not in repr(reply)


def test_a_forgotten_password_masks_nothing():
    secret = Secret(b"hunter2")
    secret.forget()
    assert masked(Reply(250, (b"ok",)), Credential(b"ws1", secret)).text == "250 ok"

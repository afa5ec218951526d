from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.secret import Secret
from helper.smtp.reply import Reply
from helper.smtp.sasl.exchange import Credential, encode
from helper.smtp.sasl.mask import masked

CREDENTIAL = Credential(b"ws1", Secret(b"hunter2"))


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


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_token_is_found_in_the_base64_of_whatever_is_around_it(before, after):
    token = b"ya29.A-long-token_with-0123456789"
    line = b"5.7.8 <" + base64.b64encode(before + token + after) + b"> refused"
    reply = masked(Reply(535, (line,)), Credential(b"ws1", Secret(token), kind="token"))
    assert reply.lines == (b"5.7.8 *** refused",)


@pytest.mark.parametrize("secret", ["Mu\u0308ller".encode(), "p\u00e4ss".encode("latin-1")])
def test_what_was_prepared_is_found_as_well(secret):
    credential = Credential(b"ws1", Secret(secret))
    for form in (secret, "M\u00fcller".encode() if b"M" in secret else secret):
        assert masked(Reply(535, (b"no: " + form,)), credential).lines == (b"no: ***",)
        assert masked(Reply(535, (b"no: " + encode(b"\0ws1\0" + form),)), credential).lines == (b"no: ***",)


def test_nothing_to_try_passwords_with_is_shown():
    """Salt, nonce, iteration count and signature of SCRAM are all that somebody needs who wants to guess."""
    challenge = encode(b"r=abc,s=QUFB,i=4096")
    assert masked(Reply(334, (challenge,)), CREDENTIAL).text == "334 ***"
    assert masked(Reply(235, (b"2.7.0 dj1hYmM= welcome",)), CREDENTIAL).text == "235 2.7.0 *** welcome"
    assert masked(Reply(235, (b"2.7.0 welcome",)), CREDENTIAL).text == "235 2.7.0 welcome"


def test_a_forgotten_password_masks_nothing():
    secret = Secret(b"hunter2")
    secret.forget()
    assert masked(Reply(250, (b"ok",)), Credential(b"ws1", secret)).text == "250 ok"

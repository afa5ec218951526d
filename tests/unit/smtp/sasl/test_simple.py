from __future__ import annotations

import pytest

from helper.secret import Secret
from helper.smtp.sasl.exchange import BadChallenge, Credential
from helper.smtp.sasl.simple import cram_md5, external, login, oauthbearer, plain, xoauth2


def credential(user=b"ws1", secret=b"hunter2"):
    return Credential(user, Secret(secret))


def responses(exchange, *challenges):
    """Return the responses to no challenge at all and to these challenges; the exchange must agree to an end then."""
    said = [next(exchange), *(exchange.send(challenge) for challenge in challenges)]
    with pytest.raises(StopIteration):
        exchange.send(b"")
    return said


def test_plain_sends_user_and_password_at_once():
    assert responses(plain(credential())) == [b"\0ws1\0hunter2"]


@pytest.mark.parametrize(
    ("given_octets", "sent"),
    [
        ("Mu\u0308ller".encode(), "M\u00fcller".encode()),
        ("M\u00fcller".encode("latin-1"), "M\u00fcller".encode("latin-1")),
        ("\u0627a".encode(), "\u0627a".encode()),
    ],
)
def test_plain_prepares_what_can_be_prepared(given_octets, sent):
    assert responses(plain(credential(given_octets, given_octets))) == [b"\0" + sent + b"\0" + sent]


@pytest.mark.parametrize("words", [(b"Username:", b"Password:"), (b"", b""), (b"Password:", b"Username:")])
def test_login_answers_in_its_order_whatever_is_asked(words):
    assert responses(login(credential()), *words) == [None, b"ws1", b"hunter2"]


def test_cram_md5_answers_as_the_rfc_does():
    """RFC 2195, section 2."""
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    exchange = cram_md5(credential(b"tim", b"tanstaaftanstaaf"))
    assert responses(exchange, challenge) == [None, b"tim b913a602c7eda7a495b4e6e7334d3890"]


def test_cram_md5_does_not_answer_an_empty_challenge():
    exchange = cram_md5(credential())
    next(exchange)
    with pytest.raises(BadChallenge):
        exchange.send(b"")


def test_xoauth2_acknowledges_an_error_by_an_empty_response():
    """The example of Google's documentation."""
    initial = b"user=someuser@example.com\1auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\1\1"
    exchange = xoauth2(credential(b"someuser@example.com", b"ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"))
    assert responses(exchange, b'{"status":"401"}') == [initial, b""]


def test_oauthbearer_acknowledges_an_error_by_a_lone_separator():
    initial = b"n,a=user@example.com,\1auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1"
    exchange = oauthbearer(credential(b"user@example.com", b"vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="))
    assert responses(exchange, b'{"status":"invalid_token"}') == [initial, b"\1"]


def test_oauthbearer_spells_out_what_separates():
    assert next(oauthbearer(credential(b"a=b,c", b"t"))) == b"n,a=a=3Db=2Cc,\1auth=Bearer t\1\1"


def test_external_says_nothing():
    assert responses(external(credential())) == [b""]

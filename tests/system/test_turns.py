"""Turns: how often a send waits for the smart host. Each is a round trip to it, and there are as few as SMTP allows.

RFC 5321, 2920 (PIPELINING), 3030 (CHUNKING), 3207 (STARTTLS), 4954 (AUTH). The greeting is not counted, nor is the TLS
handshake: nothing can be said before either.
"""

from __future__ import annotations

import time

import pytest

from tests.support.misbehaviour import Close, Reset, Silent
from tests.support.sasl import Scram
from tests.system.outcome import EXTENSIONS, FIVE, MESSAGE, ONE, WITH_CHUNKS, assert_sent, configure

# Long enough for a client that does not wait to say more: it is then not a turn.
HOLD_S = 0.03
THREE = FIVE[:3]
AUTH = {"ws1": "x9Gq-4vT"}

# The greeting comes unasked; the first turn is EHLO.
TURNS = {
    ("pipelining-chunking", ONE): 2,  # EHLO; MAIL RCPT BDAT QUIT
    ("pipelining-chunking", THREE): 3,  # EHLO; MAIL RCPT RCPT RCPT; BDAT QUIT
    ("pipelining-data", ONE): 3,  # EHLO; MAIL RCPT DATA; the message QUIT
    ("pipelining-data", THREE): 3,
    ("stepwise-chunking", ONE): 4,  # EHLO; MAIL; RCPT; BDAT
    ("stepwise-chunking", THREE): 6,
    ("stepwise-data", ONE): 5,  # EHLO; MAIL; RCPT; DATA; the message
    ("stepwise-data", THREE): 7,
}
MORE_FOR_TLS = {"none": 0, "starttls": 2, "implicit": 0}  # STARTTLS; EHLO once more
MORE_FOR_AUTH = {
    "PLAIN": 1,  # with its initial response
    "XOAUTH2": 1,
    "OAUTHBEARER": 1,
    "EXTERNAL": 1,
    "LOGIN": 3,  # without a response until it is asked for; the user; the password
    "CRAM-MD5": 2,  # the challenge; the answer
    "SCRAM-SHA-256": 3,  # two challenges, the second the server's proof; an empty answer to it
}

with_each_tls = pytest.mark.parametrize("tls", MORE_FOR_TLS)
with_each_way = pytest.mark.parametrize(("way", "recipients"), TURNS, ids=[f"{way}-{len(to)}" for way, to in TURNS])


def turns_of(host) -> list[bytes]:
    """Return what was said in each turn in which the client waited: for the reply to QUIT it does not."""
    host.settle()
    turns = host.session.turns
    return turns[:-1] if turns[-1] == b"QUIT\r\n" else turns


def send(installation, host, recipients, **options) -> int:
    """Send a message and return how many turns that took."""
    configure(installation, host, **options)
    assert_sent(installation.send(*recipients, stdin=MESSAGE), host, recipients)
    return len(turns_of(host))


@with_each_tls
@with_each_way
def test_a_message_takes_as_few_turns_as_the_rfcs_allow(installation, smarthost, way, recipients, tls):
    host = smarthost(tls=tls, extensions=EXTENSIONS[way], hold_s=HOLD_S)
    assert send(installation, host, recipients) == TURNS[way, recipients] + MORE_FOR_TLS[tls]
    assert host.session.ended_tls == (tls != "none")  # by close_notify, which nobody answers


@with_each_tls
@pytest.mark.parametrize("mechanism", MORE_FOR_AUTH)
def test_authentication_takes_as_few_turns_as_its_mechanism_allows(installation, smarthost, tls, mechanism):
    host = smarthost(
        tls=tls, extensions=WITH_CHUNKS, auth=AUTH, mechanisms=[mechanism], allow_plaintext_auth=True, hold_s=HOLD_S
    )
    options = {"user": "ws1", "password_file": "relay.password", "mechanisms": [mechanism], "allow_plaintext": True}
    expected = TURNS["pipelining-chunking", ONE] + MORE_FOR_TLS[tls] + MORE_FOR_AUTH[mechanism]
    assert send(installation, host, ONE, auth=options) == expected


def test_a_proof_among_the_words_of_the_success_saves_a_turn(installation, smarthost):
    host = smarthost(
        tls="implicit",
        extensions=WITH_CHUNKS,
        auth=AUTH,
        mechanisms=["SCRAM-SHA-256"],
        sasl={"SCRAM-SHA-256": Scram("sha256", proves="in the success")},
        hold_s=HOLD_S,
    )
    assert send(installation, host, ONE) == TURNS["pipelining-chunking", ONE] + 2


@pytest.mark.parametrize(
    ("message", "offered", "more"),
    [(MESSAGE, (), 0), (MESSAGE + b"\xc3\xa9\n", (), 1), (MESSAGE + b"\xc3\xa9\n", ("8BITMIME",), 0)],
    ids=["nothing-to-gain", "something-to-gain", "all-there-is"],
)
def test_what_is_offered_is_asked_again_after_authentication_only_where_that_can_change_something(
    installation, smarthost, message, offered, more
):
    host = smarthost(tls="implicit", extensions=("PIPELINING", "CHUNKING", *offered), auth=AUTH, hold_s=HOLD_S)
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=message), host, ONE)
    assert len(turns_of(host)) == TURNS["pipelining-chunking", ONE] + MORE_FOR_AUTH["PLAIN"] + more


def test_one_recipient_and_the_message_are_one_turn(installation, smarthost):
    host = smarthost(extensions=WITH_CHUNKS, hold_s=HOLD_S)
    assert send(installation, host, ONE) == 2
    assert host.session.verbs == ["EHLO", "MAIL", "RCPT", "BDAT", "QUIT"]
    first, second = turns_of(host)
    assert first.startswith(b"EHLO ")
    assert second.startswith(b"MAIL FROM:")
    assert second.endswith(host.message.octets + b"QUIT\r\n")


@with_each_way
@pytest.mark.parametrize(
    ("behaviour", "tls"),
    [(Silent(), "none"), (Close(), "none"), (Reset(), "none"), (Silent(), "implicit")],
    ids=["silent", "close", "reset", "silent-tls"],
)
def test_nobody_waits_for_the_reply_to_quit(installation, smarthost, way, recipients, behaviour, tls):
    host = smarthost(tls=tls, extensions=EXTENSIONS[way], at={"QUIT": behaviour})
    configure(installation, host, **dict.fromkeys(("command_timeout", "data_timeout", "final_timeout"), "1m"))
    began = time.monotonic()
    assert_sent(installation.send(*recipients, stdin=MESSAGE), host, recipients)
    assert time.monotonic() - began < 10
    assert host.acted == ["QUIT"]

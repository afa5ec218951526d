from __future__ import annotations

import base64

import pytest

from helper import status
from helper.failure import HostFailed
from helper.secret import Secret
from helper.smtp.auth import COMMAND_LIMIT, authenticate
from helper.smtp.dialogue import Session
from helper.smtp.extensions import Extensions
from helper.smtp.reply import take_reply
from helper.smtp.sasl.exchange import Credential
from helper.smtp.steps import ReadText
from helper.smtp.transaction import Timeouts
from tests.support.authentication import challenge, final_reply
from tests.support.sasl import MECHANISMS, Nonsense, Scram, Server
from tests.unit.smtp.transcript import play

EVERYTHING = tuple(MECHANISMS)
BINDING = ("tls-unique", b"twelve octet")
PASSWORDS = {"ws1": "hunter2"}


def steps(*offered, secret=b"hunter2", wanted=(), kind="password", binding=None, **changes):
    """Return the dialogue of an authentication where these mechanisms are offered."""
    session = Session(b"ws1.example.net", "implicit", Timeouts(1.0, 2.0, 3.0), lambda: b"nonce", lambda: binding)
    credential = Credential(b"ws1", Secret(secret), wanted, kind)
    return authenticate(session.replace(**changes), credential, Extensions({"AUTH": offered}))


def converse(dialogue, sasl=None, server=None):
    """Hold a dialogue with the server's side of the mechanisms, and return the lines of both."""
    server = server or Server(PASSWORDS)
    lines, exchange, answer = [], None, None
    try:
        while True:
            step = dialogue.send(answer)
            answer = None
            if isinstance(step, ReadText):
                reply, exchange = react(lines[-1], exchange, (sasl or {}), server)
                lines.append(reply.decode())
                answer = take_reply(bytearray(reply))
            elif hasattr(step, "octets"):
                lines.append(step.octets.decode())
            else:
                lines.append(f"<authenticated by {step.mechanism}>")
    except StopIteration:
        return lines


def react(line, exchange, sasl, server):
    """Return the server's reply to one line, and the exchange that goes on."""
    words = line.split()
    if exchange is None:
        exchange = (MECHANISMS | sasl)[words[1]](server)
        first = challenge(next(exchange))
        if len(words) < 3:
            return first, exchange
    response = "" if not words or words[-1] == "=" else words[-1]
    try:
        return challenge(exchange.send(base64.b64decode(response))), exchange
    except StopIteration as finished:
        return final_reply(finished.value), None


@pytest.mark.parametrize("name", EVERYTHING)
def test_speaks_every_mechanism(name):
    bound = BINDING if name.endswith("-PLUS") else None
    kind = "token" if name in ("XOAUTH2", "OAUTHBEARER") else "password"
    server = Server(PASSWORDS, (name,), (b"tls-unique", BINDING[1]) if bound else None)
    lines = converse(steps(name, wanted=(name,), kind=kind, binding=bound), server=server)
    assert lines[-2:] == ["235 2.7.0 welcome\r\n", f"<authenticated by {name}>"]


@pytest.mark.parametrize("name", EVERYTHING)
def test_shows_nothing_of_what_it_says(name):
    bound = BINDING if name.endswith("-PLUS") else None
    kind = "token" if name in ("XOAUTH2", "OAUTHBEARER") else "password"
    dialogue = steps(name, wanted=(name,), kind=kind, binding=bound)
    shown = [next(dialogue).shown]
    for reply in (b"334 PGFAYj4=\r\n", b"334 PGFAYj4=\r\n"):
        try:
            dialogue.send(None)
            shown.append(dialogue.send(take_reply(bytearray(reply))).shown)
        except (HostFailed, StopIteration):
            break
    assert set(shown) <= {f"AUTH {name}", f"AUTH {name} ***", "***"}


@pytest.mark.parametrize("tell", ["in a challenge", "in the success"])
@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_takes_the_servers_proof_where_it_comes(hash_name, tell):
    name = "SCRAM-SHA-1" if hash_name == "sha1" else "SCRAM-SHA-256"
    lines = converse(steps(name), {name: Scram(hash_name, proves=tell)})
    assert lines[-1] == f"<authenticated by {name}>"
    assert len(lines) == (7 if tell == "in a challenge" else 5)


@pytest.mark.parametrize(
    ("lie", "problem"),
    [
        ({"proves": "wrongly"}, "the server does not know the password: its proof is wrong"),
        ({"proves": "not"}, "the server accepts without proof that it knows the password"),
        ({"proves": "too early"}, "the server accepts without proof that it knows the password"),
        ({"proves": "an error"}, "the server accepts without proof that it knows the password"),
        ({"nonce": lambda nonce: b"of-the-server"}, "the server's nonce does not extend ours"),
        ({"nonce": lambda nonce: nonce}, "the server's nonce does not extend ours"),
        ({"iterations": 1}, "the server wants a number of iterations outside 4096-600000"),
        ({"iterations": 2**31 - 1}, "the server wants a number of iterations outside 4096-600000"),
        ({"salt": b""}, "the challenge makes no sense"),
        ({"before": b"m=mandatory,"}, "the server demands an extension that we do not have"),
    ],
)
def test_a_lying_scram_server_gets_neither_a_message_nor_another_mechanism(lie, problem):
    dialogue = steps("SCRAM-SHA-256", "PLAIN")
    with pytest.raises(HostFailed) as caught:
        converse(dialogue, {"SCRAM-SHA-256": Scram("sha256", **lie)})
    assert caught.value.problem == f"AUTH SCRAM-SHA-256: {problem}"
    assert caught.value.status == status.PROTOCOL


def test_whoever_takes_the_offer_of_a_binding_away_is_found_out_by_the_server():
    offers_plus = Server(PASSWORDS, ("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"), (b"tls-unique", BINDING[1]))
    with pytest.raises(Nonsense, match="was not seen"):
        converse(steps("SCRAM-SHA-256", binding=BINDING), server=offers_plus)


REFUSALS = {"504": b"504 5.5.4 no\r\n", "534": b"534 5.7.9 no\r\n", "535": b"535 5.7.8 no\r\n"}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_tries_the_next_mechanism_as_long_as_no_password_was_given_away(refusal):
    offered = ("CRAM-MD5", "PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256")
    turns, result = play(steps(*offered, is_verified=False), [refusal] * 4)
    assert [turn.split()[1] for turn in turns[:-1]] == ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN"]
    assert result == ("PLAIN", take_reply(bytearray(refusal)))


def test_authenticates_by_the_next_mechanism_on_the_same_connection():
    turns, _ = play(steps("SCRAM-SHA-256", "PLAIN"), [REFUSALS["535"], b"235 2.7.0 ok\r\n"])
    assert [turn.split()[1] for turn in turns[:2]] == ["SCRAM-SHA-256", "PLAIN"]
    assert turns[2] == "<authenticated by PLAIN>"


@pytest.mark.parametrize(
    ("offered", "options"),
    [
        (("PLAIN", "LOGIN"), {}),
        (("LOGIN",), {}),
        (("OAUTHBEARER", "XOAUTH2"), {"kind": "token"}),
        (("XOAUTH2",), {"kind": "token"}),
    ],
)
def test_says_a_password_to_a_server_that_refuses_it_only_once(offered, options):
    turns, (name, reply) = play(steps(*offered, **options), [REFUSALS["535"]])
    assert (name, reply.code) == (offered[0], 535)
    assert [turn.split()[1] for turn in turns if turn] == [name]


@pytest.mark.parametrize("reply", [b"454 4.7.0 later\r\n", b"421 4.3.2 bye\r\n", b"500 what\r\n", b"538 no\r\n"])
def test_another_refusal_is_the_end(reply):
    _, result = play(steps("SCRAM-SHA-256", "PLAIN"), [reply])
    assert result == ("SCRAM-SHA-256", take_reply(bytearray(reply)))


@pytest.mark.parametrize("surplus", [0, 1])
def test_an_initial_response_that_does_not_fit_waits_for_a_challenge(surplus):
    # "AUTH PLAIN " and CRLF leave room for 499 octets of base64, which come in fours: 496 are 372 octets.
    secret = b"x" * (372 - len(b"\0ws1\0") + surplus)
    response = base64.b64encode(b"\0ws1\0" + secret).decode()
    if surplus:
        replies, written = [b"334 \r\n", b"235 ok\r\n"], ["AUTH PLAIN\r\n", f"{response}\r\n"]
    else:
        replies, written = [b"235 ok\r\n"], [f"AUTH PLAIN {response}\r\n"]
    turns, _ = play(steps("PLAIN", secret=secret), replies)
    assert turns[:-1] == written
    assert len(turns[0]) <= COMMAND_LIMIT


def test_a_long_token_is_sent_whole():
    token = b"t" * 5000
    turns, _ = play(steps("XOAUTH2", secret=token, kind="token"), [b"334 \r\n", b"235 ok\r\n"])
    assert base64.b64decode(turns[1]) == b"user=ws1\1auth=Bearer " + token + b"\1\1"


def test_an_empty_initial_response_is_an_equals_sign():
    turns, _ = play(steps("EXTERNAL", secret=b"", wanted=("EXTERNAL",)), [b"235 ok\r\n"])
    assert turns[0] == "AUTH EXTERNAL =\r\n"


@pytest.mark.parametrize(
    ("offered", "kind", "challenges", "responses"),
    [
        ("XOAUTH2", "token", [b"eyJzdGF0dXMiOiI0MDEifQ=="], ["\r\n"]),
        ("OAUTHBEARER", "token", [b"eyJzdGF0dXMiOiI0MDEifQ=="], ["AQ==\r\n"]),
        ("SCRAM-SHA-1", "password", [base64.b64encode(b"e=other-error")], ["\r\n"]),
    ],
)
def test_an_error_in_a_challenge_is_acknowledged_to_hear_the_refusal(offered, kind, challenges, responses):
    script = [*(b"334 " + each + b"\r\n" for each in challenges), REFUSALS["535"]]
    turns, (_, reply) = play(steps(offered, kind=kind), script)
    assert turns[1:-1] == responses
    assert reply.text == "535 5.7.8 no"


@pytest.mark.parametrize(
    ("offered", "kind", "count"),
    [("PLAIN", "password", 1), ("LOGIN", "password", 3), ("CRAM-MD5", "password", 2), ("XOAUTH2", "token", 2)],
)
def test_more_challenges_than_the_mechanism_has_make_no_sense(offered, kind, count):
    with pytest.raises(HostFailed, match="the challenge makes no sense") as caught:
        play(steps(offered, kind=kind), [b"334 YWJj\r\n"] * count)
    assert caught.value.status == status.PROTOCOL


def test_a_password_that_the_server_repeats_is_not_in_the_reason():
    _, (_, reply) = play(steps("PLAIN"), [b"535 5.7.8 AHdzMQBodW50ZXIy hunter2\r\n"])
    assert reply.text == "535 5.7.8 *** ***"


def test_a_password_that_stands_in_an_offer_does_not_spoil_it():
    turns, _ = play(steps("PLAIN", secret=b"PLAIN"), [b"235 ok\r\n"])
    assert turns[0].startswith("AUTH PLAIN ")


@pytest.mark.parametrize(("changes", "first"), [({}, "PLAIN"), ({"is_verified": False}, "CRAM-MD5")])
def test_prefers_not_to_say_the_password_where_others_may_listen(changes, first):
    turns, _ = play(steps("PLAIN", "CRAM-MD5", **changes), [b"454 later\r\n"])
    assert turns[0].split()[1] == first


def test_each_exchange_has_a_nonce_of_its_own():
    nonces = iter((b"one", b"two"))
    dialogue = steps("SCRAM-SHA-256", "SCRAM-SHA-1", fresh_nonce=lambda: next(nonces))
    turns, _ = play(dialogue, [REFUSALS["535"], b"454 later\r\n"])
    assert [base64.b64decode(turn.split()[2])[-3:] for turn in turns[:-1]] == [b"one", b"two"]

from __future__ import annotations

import base64

import pytest

from helper import status
from helper.failure import HostFailed, ReplyError
from helper.secret import Secret
from helper.smtp.auth import COMMAND_LIMIT, after, authenticate
from helper.smtp.envelope import SessionTerms, Timeouts
from helper.smtp.extensions import Extensions
from helper.smtp.reply import take_reply
from helper.smtp.sasl.exchange import Credential
from helper.smtp.steps import ReadText
from tests.support.authentication import challenge, final_reply
from tests.support.sasl import MECHANISMS, Nonsense, Scram, Server
from tests.unit.smtp.transcript import GONE, play

EVERYTHING = tuple(MECHANISMS)
BINDING = ("tls-unique", b"twelve octet")
PASSWORDS = {"ws1": "hunter2"}


def steps(*offered, secret=b"hunter2", wanted=(), kind="password", binding=None, **changes):
    """Return the dialogue of an authentication where these mechanisms are offered."""
    session = SessionTerms(b"ws1.example.net", "implicit", Timeouts(1.0, 2.0, 3.0), lambda: b"nonce", lambda: binding)
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
        ({"iterations": 1}, "the server asks for a number of iterations outside 4096-600000"),
        ({"iterations": 2**31 - 1}, "the server asks for a number of iterations outside 4096-600000"),
        ({"salt": b""}, "the challenge is not valid"),
        ({"before": b"m=mandatory,"}, "the server demands an extension that Gatepost does not support"),
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


OFFERED = ("CRAM-MD5", "PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256")
REFUSALS = {"504": b"504 5.5.4 no\r\n", "534": b"534 5.7.9 no\r\n", "535": b"535 5.7.8 no\r\n"}
OPEN = {"is_verified": False}


def tried(turns):
    return [turn.split()[1] for turn in turns if turn.startswith("AUTH ")]


@pytest.mark.parametrize("code", [500, 501, 502, 503, 504])
@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"]),
        (OPEN, ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"]),
    ],
)
def test_a_mechanism_that_the_server_does_not_know_gives_way_to_the_next(code, options, names):
    turns, refused = play(steps(*OFFERED, **options), [b"%d no\r\n" % code] * 5)
    assert tried(turns) == names == [name for name, _ in refused]


@pytest.mark.parametrize("code", ["534", "535"])
@pytest.mark.parametrize(
    ("offered", "options", "names"),
    [
        (OFFERED, {}, ["SCRAM-SHA-256", "PLAIN"]),
        (OFFERED, OPEN, ["SCRAM-SHA-256", "CRAM-MD5"]),
        (("SCRAM-SHA-256", "SCRAM-SHA-1", "LOGIN"), {}, ["SCRAM-SHA-256", "LOGIN"]),
        (("SCRAM-SHA-256", "SCRAM-SHA-1"), {}, ["SCRAM-SHA-256", "SCRAM-SHA-1"]),
        (("SCRAM-SHA-256-PLUS", "PLAIN"), {"binding": BINDING}, ["SCRAM-SHA-256-PLUS", "PLAIN"]),
        (("CRAM-MD5", "PLAIN", "LOGIN"), OPEN, ["CRAM-MD5", "PLAIN"]),
        (("CRAM-MD5",), {}, ["CRAM-MD5"]),
        (("PLAIN", "LOGIN", "CRAM-MD5"), {}, ["PLAIN"]),
        (("LOGIN", "CRAM-MD5"), {}, ["LOGIN"]),
        (("OAUTHBEARER", "XOAUTH2"), {"kind": "token"}, ["OAUTHBEARER"]),
        (("XOAUTH2",), {"kind": "token"}, ["XOAUTH2"]),
        (("EXTERNAL", "PLAIN", "LOGIN"), {"wanted": ("EXTERNAL", "PLAIN", "LOGIN")}, ["EXTERNAL", "PLAIN"]),
    ],
)
def test_a_wrong_password_is_at_most_two_failed_logins(code, offered, options, names):
    turns, refused = play(steps(*offered, **options), [REFUSALS[code]] * len(names))
    assert tried(turns) == names
    assert refused == tuple((name, take_reply(bytearray(REFUSALS[code]))) for name in names)


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ("504 535 535", ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"]),
        ("535 504 535", ["SCRAM-SHA-256", "PLAIN", "LOGIN"]),
        ("535 504 504 534", ["SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"]),
        ("504 504 504 535", ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"]),
        ("535 454", ["SCRAM-SHA-256", "PLAIN"]),
    ],
)
def test_failed_logins_are_counted_and_unknown_mechanisms_are_not(codes, names):
    turns, refused = play(steps(*OFFERED), [f"{code} no\r\n".encode() for code in codes.split()])
    assert tried(turns) == names
    assert [str(reply.code) for _, reply in refused] == codes.split()


def test_an_exchange_that_the_server_breaks_off_gives_way_to_the_next():
    replies = [b"334 VXNlcm5hbWU6\r\n", b"501 5.5.2 cannot decode\r\n", b"334 PGFAYj4=\r\n", b"235 ok\r\n"]
    turns, refused = play(steps("LOGIN", "CRAM-MD5"), replies)
    assert (tried(turns), refused) == (["LOGIN", "CRAM-MD5"], ())


def test_authenticates_by_the_next_mechanism_on_the_same_connection():
    turns, refused = play(steps("SCRAM-SHA-256", "PLAIN"), [REFUSALS["535"], b"235 2.7.0 ok\r\n"])
    assert (tried(turns), refused) == (["SCRAM-SHA-256", "PLAIN"], ())
    assert turns[2] == "<authenticated by PLAIN>"


@pytest.mark.parametrize(
    ("replies", "problem", "exit_status"),
    [
        (
            [b"504 no\r\n", b"334 ***\r\n"],
            "AUTH SCRAM-SHA-256 was refused: 504 no; AUTH SCRAM-SHA-1: ",
            status.PROTOCOL,
        ),
        ([b"504 no\r\n", GONE], "AUTH SCRAM-SHA-256 was refused: 504 no; the connection was lost", status.TEMPORARY),
        (
            [b"535 no\r\n", GONE],
            "AUTH SCRAM-SHA-256 was refused: 535 no; the connection was lost",
            status.NOT_PERMITTED,
        ),
    ],
)
def test_a_failure_names_what_was_refused_before_it(replies, problem, exit_status):
    with pytest.raises(HostFailed) as caught:
        play(steps("SCRAM-SHA-256", "SCRAM-SHA-1"), replies)
    assert caught.value.problem.startswith(problem)
    assert caught.value.status == exit_status


def test_a_reply_that_makes_no_sense_hides_no_failed_login():
    refused = (("SCRAM-SHA-256", take_reply(bytearray(b"535 no\r\n"))),)
    failure = after(refused, ReplyError("AUTH PLAIN", "makes no sense"))
    assert failure.problem == "AUTH SCRAM-SHA-256 was refused: 535 no; the reply to AUTH PLAIN makes no sense"
    assert failure.status == status.NOT_PERMITTED


@pytest.mark.parametrize("reply", [b"432 4.7.12 transition\r\n", b"454 4.7.0 later\r\n", b"421 bye\r\n", b"538 no\r\n"])
def test_another_refusal_is_the_end(reply):
    _, refused = play(steps("SCRAM-SHA-256", "PLAIN"), [reply])
    assert refused == (("SCRAM-SHA-256", take_reply(bytearray(reply))),)


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
    turns, ((_, reply),) = play(steps(offered, kind=kind), script)
    assert turns[1:-1] == responses
    assert reply.text == "535 5.7.8 no"


@pytest.mark.parametrize(
    ("offered", "kind", "count"),
    [("PLAIN", "password", 1), ("LOGIN", "password", 3), ("CRAM-MD5", "password", 2), ("XOAUTH2", "token", 2)],
)
def test_more_challenges_than_the_mechanism_has_make_no_sense(offered, kind, count):
    with pytest.raises(HostFailed, match="the challenge is not valid") as caught:
        play(steps(offered, kind=kind), [b"334 YWJj\r\n"] * count)
    assert caught.value.status == status.PROTOCOL


def test_a_password_that_the_server_repeats_is_not_in_the_reason():
    _, ((_, reply),) = play(steps("PLAIN"), [b"535 5.7.8 AHdzMQBodW50ZXIy hunter2\r\n"])
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

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.secret import Secret
from helper.smtp.sasl.exchange import BadChallenge, Credential
from helper.smtp.sasl.saslprep import CannotPrepare
from helper.smtp.sasl.scram import ITERATIONS_LIMIT, ITERATIONS_MINIMUM, parse_server_first, scram

# The examples of RFC 5802, section 5, and of RFC 7677, section 3.
VECTORS = {
    "sha1": (
        b"fyko+d2lbbFgONRv9qkxdawL",
        b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    "sha256": (
        b"rOprNGfwEbeRWgbNEkqO",
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
}
NONCE, SERVER_FIRST, CLIENT_FINAL, SERVER_FINAL = VECTORS["sha256"]
PENCIL = Credential(b"user", Secret(b"pencil"))


def begin(credential=PENCIL, header=b"n,,", data=b"", hash_name="sha256", nonce=NONCE):
    """Return an exchange and its client-first-message."""
    exchange = scram(hash_name, credential, nonce, header, data)
    return exchange, next(exchange)


def at_the_end(hash_name="sha256"):
    """Return an exchange that waits for the server's proof."""
    nonce, server_first, client_final, _ = VECTORS[hash_name]
    exchange, _ = begin(hash_name=hash_name, nonce=nonce)
    assert exchange.send(server_first) == client_final
    return exchange


@pytest.mark.parametrize("hash_name", VECTORS)
def test_speaks_as_the_rfc_does(hash_name):
    nonce, server_first, client_final, server_final = VECTORS[hash_name]
    exchange, client_first = begin(hash_name=hash_name, nonce=nonce)
    assert client_first == b"n,,n=user,r=" + nonce
    assert exchange.send(server_first) == client_final
    assert exchange.send(server_final) == b""
    with pytest.raises(StopIteration):
        exchange.send(b"")


def test_takes_extensions_that_may_be_ignored():
    assert at_the_end().send(SERVER_FINAL + b",x=y") == b""
    assert parse_server_first(SERVER_FIRST + b",x=y", NONCE)[2] == 4096


@pytest.mark.parametrize("header", [b"n,,", b"y,,", b"p=tls-unique,,"])
def test_repeats_header_and_binding_under_the_proof(header):
    exchange, client_first = begin(header=header, data=b"\x00\xff" if header.startswith(b"p") else b"")
    assert client_first == header + b"n=user,r=" + NONCE
    bound = base64.b64encode(header + (b"\x00\xff" if header.startswith(b"p") else b""))
    assert exchange.send(SERVER_FIRST).startswith(b"c=" + bound + b",r=")


@pytest.mark.parametrize(
    ("user", "sent"),
    [(b"a,b=c", b"a=2Cb=3Dc"), ("Mu\u0308ller".encode(), "M\u00fcller".encode()), ("\u2168".encode(), b"IX")],
)
def test_prepares_and_escapes_the_user(user, sent):
    assert begin(Credential(user, Secret(b"pencil")))[1] == b"n,,n=" + sent + b",r=" + NONCE


def test_hashes_the_prepared_password():
    finals = []
    for password in ("\u00aapencil", "apencil", "a\u00adpencil"):
        exchange, _ = begin(Credential(b"user", Secret(password.encode())))
        finals.append(exchange.send(SERVER_FIRST))
    assert len(set(finals)) == 1


def test_does_not_begin_with_what_cannot_be_prepared():
    with pytest.raises(CannotPrepare):
        begin(Credential(b"user", Secret(b"\xff")))


@pytest.mark.parametrize("count", [ITERATIONS_MINIMUM, ITERATIONS_LIMIT])
def test_takes_iteration_counts_up_to_the_limits(count):
    assert parse_server_first(b"r=ab,s=QUFB,i=%d" % count, b"a") == (b"ab", b"AAA", count)


@pytest.mark.parametrize("count", [1, ITERATIONS_MINIMUM - 1, ITERATIONS_LIMIT + 1, 2**31 - 1, 10**4000])
def test_calculates_neither_too_little_nor_for_minutes(count):
    digits = b"1" + b"0" * 4000 if count > 2**31 else b"%d" % count
    exchange, _ = begin()
    with pytest.raises(BadChallenge, match="number of iterations outside 4096-600000"):
        exchange.send(b"r=" + NONCE + b"x,s=QUFB,i=" + digits)


@pytest.mark.parametrize(
    ("server_first", "problem"),
    [
        (SERVER_FIRST.replace(NONCE, b"another"), "does not extend ours"),
        (b"r=" + NONCE + b",s=QUFB,i=4096", "does not extend ours"),
        (b"r=,s=QUFB,i=4096", "does not extend ours"),
        (b"m=ext," + SERVER_FIRST, "demands an extension"),
        (SERVER_FIRST.replace(b"s=W22ZaJ0SNY7soEsUEjb6gQ==", b"s="), "is not valid"),
        (SERVER_FIRST.replace(b"s=W22", b"s=*"), "is not valid"),
        (SERVER_FIRST.replace(b"i=4096", b"i=04096"), "is not valid"),
        (SERVER_FIRST.replace(b"i=4096", b"i=-4096"), "is not valid"),
        (SERVER_FIRST.replace(b"i=4096", b"i="), "is not valid"),
        (SERVER_FIRST.replace(b",i=4096", b""), "is not valid"),
        (b"s=QUFB,r=" + NONCE + b"x,i=4096", "is not valid"),
        (b"," * 9000, "is not valid"),
        (b"v=" + b"A" * 44, "is not valid"),
        (b"", "without proof"),
    ],
)
def test_does_not_answer_a_server_that_breaks_the_rules(server_first, problem):
    exchange, _ = begin()
    with pytest.raises(BadChallenge, match=problem):
        exchange.send(server_first)


@given(st.binary(max_size=60) | st.text(",=rsime0123456789AB", max_size=60).map(str.encode))
def test_nothing_that_a_server_says_first_is_a_defect_of_ours(message):
    try:
        whole_nonce, salt, count = parse_server_first(message, b"a")
    except BadChallenge:
        return
    assert len(whole_nonce) > 1
    assert salt
    assert ITERATIONS_MINIMUM <= count <= ITERATIONS_LIMIT


@pytest.mark.parametrize(
    ("server_final", "problem"),
    [
        (b"", "without proof"),
        (b"v=" + base64.b64encode(bytes(32)), "its proof is wrong"),
        (SERVER_FINAL[:-4] + b"AAA=", "its proof is wrong"),
        (b"v=", "its proof is wrong"),
        (b"v=6rri", "its proof is wrong"),
        (b"v=****", "is not valid"),
        (b"x=y," + SERVER_FINAL, "is not valid"),
    ],
)
def test_a_server_that_does_not_know_the_password_is_not_believed(server_final, problem):
    exchange = at_the_end()
    with pytest.raises(BadChallenge, match=problem):
        exchange.send(server_final)


def test_an_error_is_acknowledged_and_no_success_is_believed_after_it():
    for exchange in (begin()[0], at_the_end()):
        assert exchange.send(b"e=invalid-proof") == b""
        with pytest.raises(BadChallenge, match="without proof"):
            exchange.send(SERVER_FINAL)

"""Each way to authenticate through the real path; servers that lie about it; and nothing of it before any eyes."""

from __future__ import annotations

import secrets
import ssl
from dataclasses import replace

import pytest

from tests.support.canary import assert_no_canary
from tests.support.sasl import Scram
from tests.system.outcome import FIVE, MESSAGE, assert_not_sent, assert_sent, configure, facts_of, label

PROTOCOL, NOT_PERMITTED = 76, 77
CANARY = secrets.token_urlsafe(18)
AUTH = {"ws1": CANARY}
CREDENTIAL = {"user": "ws1", "password_file": "relay.password"}

SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-1")
SCRAM_PLUS = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS")
TOKEN = ("OAUTHBEARER", "XOAUTH2")
PASSWORD = (*SCRAM, "CRAM-MD5", "PLAIN", "LOGIN")

with_each_tls = pytest.mark.parametrize("tls", ["starttls", "implicit"])


def tried(host) -> list[str]:
    """Return the mechanisms that were tried in the only session, in order."""
    return [command.split()[1].decode() for command in host.session.commands if command.startswith(b"AUTH ")]


def said(host) -> list[bytes]:
    """Return what the client said."""
    return [octets for who, octets in host.session.transcript if who == "C"]


@pytest.mark.parametrize("mechanism", [*PASSWORD, *TOKEN, "EXTERNAL"])
@with_each_tls
def test_each_mechanism_is_spoken(installation, smarthost, tls, mechanism):
    host = smarthost(tls=tls, auth=AUTH, mechanisms=[mechanism])
    configure(installation, host, auth=CREDENTIAL | {"mechanisms": [mechanism]})
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert_sent(result, host, FIVE)
    assert (host.session.identity, tried(host)) == ("ws1", [mechanism])
    assert facts_of(result.log_line)["auth"] == mechanism


@pytest.mark.parametrize("mechanism", SCRAM_PLUS)
@with_each_tls
def test_the_authentication_is_tied_to_a_session_of_tls_1_2(installation, smarthost, tls, mechanism):
    host = smarthost(tls=tls, auth=AUTH, mechanisms=[*SCRAM, mechanism, "PLAIN"], maximum_tls=ssl.TLSVersion.TLSv1_2)
    configure(installation, host, auth=CREDENTIAL | {"mechanisms": [mechanism]})
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert (host.session.tls, tried(host)) == ("TLSv1.2", [mechanism])


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_strongest_common_mechanism_is_chosen(installation, smarthost, maximum):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=[*PASSWORD, *TOKEN, *SCRAM_PLUS], maximum_tls=maximum)
    configure(installation, host)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert tried(host) == ["SCRAM-SHA-256-PLUS" if host.session.tls == "TLSv1.2" else "SCRAM-SHA-256"]
    assert_no_canary(CANARY, said(host))


def test_tls_1_3_has_no_channel_binding_yet(installation, smarthost):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=SCRAM_PLUS)
    configure(installation, host, auth=CREDENTIAL | {"mechanisms": list(SCRAM_PLUS)})
    offer = f"the server offers {' '.join(SCRAM_PLUS)}; those with -PLUS need TLS 1.2 here"
    reason = f"{label(host)}: AUTH: no common mechanism; {offer}"
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert_not_sent(result, reason, status=NOT_PERMITTED, recipients=FIVE, hosts=[host])


def test_a_server_whose_offer_of_a_binding_was_taken_away_finds_out(installation, smarthost):
    """Somebody on the way shows us only SCRAM-SHA-256; the server knows that it offered more (RFC 5802, section 6)."""

    def behind_a_thief(server):
        return Scram("sha256")(replace(server, offered=("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS")))

    host = smarthost(
        tls="implicit",
        auth=AUTH,
        mechanisms=["SCRAM-SHA-256"],
        sasl={"SCRAM-SHA-256": behind_a_thief},
        maximum_tls=ssl.TLSVersion.TLSv1_2,
        expect_violations=True,
    )
    configure(installation, host)
    assert installation.send(*FIVE, stdin=MESSAGE).status == NOT_PERMITTED
    host.settle()
    assert host.messages == []
    assert len(host.violations) == 1
    assert "was not seen" in host.violations[0]


# With which mechanism a password or a token goes out, and how often


@pytest.mark.parametrize("offered", [TOKEN, (*TOKEN, "GSSAPI")])
def test_a_password_is_never_used_as_a_token(installation, smarthost, offered):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=offered)
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: AUTH: no common mechanism; the server offers {' '.join(offered)}"
    assert_not_sent(result, reason, status=NOT_PERMITTED, recipients=FIVE, hosts=[host])
    assert_no_canary(CANARY, result, said(host))


def test_a_token_is_never_used_as_a_password(installation, smarthost):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=PASSWORD)
    configure(installation, host, auth=CREDENTIAL | {"mechanisms": list(TOKEN)})
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: AUTH: no common mechanism for a token; the server offers {' '.join(PASSWORD)}"
    assert_not_sent(result, reason, status=NOT_PERMITTED, recipients=FIVE, hosts=[host])
    assert_no_canary(CANARY, result, said(host))


def test_a_wrong_password_is_two_failed_logins_and_both_are_named(installation, smarthost):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=PASSWORD)
    configure(installation, host)
    (installation.secrets / "relay.password").write_text("another password\n")
    result = installation.send(*FIVE, stdin=MESSAGE)
    refused = [f"AUTH {name} was refused: 535 5.7.8 not accepted" for name in ("SCRAM-SHA-256", "PLAIN")]
    reason = f"{label(host)}: {'; '.join(refused)}"
    assert_not_sent(result, reason, status=NOT_PERMITTED, recipients=FIVE, hosts=[host])
    assert (host.connections, tried(host)) == (1, ["SCRAM-SHA-256", "PLAIN"])
    assert_no_canary("another password", result)


@pytest.mark.parametrize(
    ("reply", "second"),
    [
        ("504 5.5.4 not today", "SCRAM-SHA-1"),
        ("500 5.5.1 what?", "SCRAM-SHA-1"),
        ("534 5.7.9 too weak", "PLAIN"),
        ("535 5.7.8 no such entry", "PLAIN"),
    ],
)
def test_a_refused_mechanism_may_be_followed_by_another(installation, smarthost, reply, second):
    host = smarthost(tls="starttls", auth=AUTH, mechanisms=("PLAIN", *SCRAM), refuse={"AUTH 1": reply})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert_sent(result, host, FIVE)
    assert tried(host) == ["SCRAM-SHA-256", second]
    assert facts_of(result.log_line)["auth"] == second


@pytest.mark.parametrize("mechanism", TOKEN)
def test_a_token_that_is_not_accepted_is_said_once_and_its_error_acknowledged(installation, smarthost, mechanism):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=[mechanism, "PLAIN"])
    configure(installation, host, auth=CREDENTIAL | {"mechanisms": [mechanism]})
    (installation.secrets / "relay.password").write_text("another-token\n")
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: AUTH {mechanism} was refused: 535 5.7.8 not accepted"
    assert_not_sent(result, reason, status=NOT_PERMITTED, recipients=FIVE, hosts=[host])
    assert tried(host) == [mechanism]


@pytest.mark.parametrize("mechanism", TOKEN)
def test_a_long_token_waits_for_its_turn(installation, smarthost, mechanism):
    """The smart host takes no command of more than 512 octets, and no response of more than 12288."""
    token = secrets.token_urlsafe(3000)
    host = smarthost(tls="implicit", auth={"ws1": token}, mechanisms=[mechanism])
    configure(installation, host, auth=CREDENTIAL | {"mechanisms": [mechanism]})
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert f"AUTH {mechanism}".encode() in host.session.commands


def test_external_needs_no_password(installation, smarthost):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=["PLAIN", "EXTERNAL"])
    configure(installation, host, auth={"mechanisms": ["EXTERNAL"]})
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert b"AUTH EXTERNAL =" in host.session.commands


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "PLAIN"])
def test_who_writes_the_same_name_with_other_characters_is_the_same(installation, smarthost, mechanism):
    """SASLprep (RFC 4013): a password file may hold decomposed letters, the server composed ones."""
    host = smarthost(tls="implicit", auth={"M\u00fcller": "p\u00e4ssword"}, mechanisms=[mechanism])
    configure(installation, host, auth=CREDENTIAL | {"user": "Mu\u0308ller"})
    (installation.secrets / "relay.password").write_text("pa\u0308ss\u00adword\n")
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert host.session.identity == "M\u00fcller"


@pytest.mark.parametrize(
    ("tls", "options", "first"),
    [
        ("implicit", {}, "PLAIN"),
        ("implicit", {"tls_verify": False, "tls_ca_file": None}, "CRAM-MD5"),
        ("none", {}, "CRAM-MD5"),
    ],
)
def test_where_others_may_listen_the_password_is_rather_not_said(installation, smarthost, tls, options, first):
    host = smarthost(tls=tls, auth=AUTH, mechanisms=["PLAIN", "LOGIN", "CRAM-MD5"], allow_plaintext_auth=True)
    configure(installation, host, **options)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert tried(host) == [first]


# Servers that lie (threat I6)

LIES = {
    "wrong-proof": ({"proves": "wrongly"}, "the server does not know the password: its proof is wrong"),
    "no-proof": ({"proves": "not"}, "the server accepts without proof that it knows the password"),
    "too-early": ({"proves": "too early"}, "the server accepts without proof that it knows the password"),
    "error-and-success": ({"proves": "an error"}, "the server accepts without proof that it knows the password"),
    "another-nonce": ({"nonce": lambda nonce: b"another"}, "the server's nonce does not extend ours"),
    "the-same-nonce": ({"nonce": lambda nonce: nonce}, "the server's nonce does not extend ours"),
    "one-iteration": ({"iterations": 1}, "the server asks for a number of iterations outside 4096-600000"),
    "2^31-1-iterations": ({"iterations": 2**31 - 1}, "the server asks for a number of iterations outside 4096-600000"),
    "no-salt": ({"salt": b""}, "the challenge is not valid"),
    "an-extension": ({"before": b"m=mandatory,"}, "the server demands an extension that Gatepost does not support"),
}


@pytest.mark.parametrize(("lie", "problem"), LIES.values(), ids=LIES)
@pytest.mark.parametrize("mechanism", SCRAM)
def test_a_lying_server_gets_neither_message_nor_password(installation, smarthost, mechanism, lie, problem):
    liar = Scram("sha1" if mechanism == "SCRAM-SHA-1" else "sha256", **lie)
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=[mechanism, "PLAIN"], sasl={mechanism: liar})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    reason = f"{label(host)}: AUTH {mechanism}: {problem}"
    assert_not_sent(result, reason, status=PROTOCOL, recipients=FIVE, hosts=[host])
    assert tried(host) == [mechanism]
    assert_no_canary(CANARY, result, said(host))


def test_a_salt_of_a_megabyte_is_not_even_read(installation, smarthost):
    liar = Scram("sha256", salt=bytes(1 << 20))
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=["SCRAM-SHA-256"], sasl={"SCRAM-SHA-256": liar})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert "has a line of more than" in result.reason
    assert_not_sent(result, result.reason, status=PROTOCOL, recipients=FIVE, hosts=[host])


@pytest.mark.parametrize("mechanism", SCRAM)
def test_a_proof_among_the_words_of_the_success_counts(installation, smarthost, mechanism):
    honest = Scram("sha1" if mechanism == "SCRAM-SHA-1" else "sha256", proves="in the success")
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=[mechanism], sasl={mechanism: honest})
    configure(installation, host)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)


# What who reads along is shown


@pytest.mark.parametrize(
    ("mechanism", "proves"),
    [*((name, "in a challenge") for name in (*PASSWORD, *TOKEN)), *((name, "in the success") for name in SCRAM)],
)
def test_the_dialogue_is_shown_without_what_a_password_could_be_guessed_from(
    installation, smarthost, mechanism, proves
):
    """With salt, nonces and signature, whoever reads along with -v could try out passwords at leisure."""
    sasl = {"SCRAM-SHA-256": Scram("sha256", proves=proves), "SCRAM-SHA-1": Scram("sha1", proves=proves)}
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=[mechanism], sasl=sasl)
    configure(installation, host, auth=CREDENTIAL | {"mechanisms": [mechanism]})
    result = installation.send("-v", *FIVE, stdin=MESSAGE)
    host.settle()
    assert result.status == 0
    assert f">> AUTH {mechanism}" in result.stderr
    assert_no_canary(CANARY, result)
    for word in exchanged(host):
        assert word not in result.stderr


def exchanged(host) -> list[str]:
    """Return the challenges and responses of AUTH, and the proof of a success, as they were sent."""
    commands = b" ".join(host.session.commands).split()
    responses = commands[commands.index(b"AUTH") + 2 : commands.index(b"MAIL")]
    replies = b"".join(octets for who, octets in host.session.transcript if who == "S").split(b"\r\n")
    challenges = [word for reply in replies if reply.startswith(b"334") for word in reply.split()[1:]]
    proofs = [word for reply in replies if reply.startswith(b"235") for word in reply.split()[2:-1]]
    return [word.decode() for word in responses + challenges + proofs]

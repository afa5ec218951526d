"""TLS that goes wrong: no password and no message reach whom they are not meant for."""

from __future__ import annotations

import secrets
import ssl

import pytest

from tests.support.canary import assert_no_canary
from tests.support.misbehaviour import Behaviour, Close, Delay, Dribble, Raw, Reset, Silent
from tests.system.outcome import FIVE, MESSAGE, assert_not_sent, assert_sent, configure, facts_of, label, shown_status

UNAVAILABLE, TEMPORARY, PROTOCOL, NOT_PERMITTED = 69, 75, 76, 77
CANARY = secrets.token_urlsafe(18)
AUTH = {"ws1": CANARY}

with_each_tls = pytest.mark.parametrize("tls", ["starttls", "implicit"])
with_each_exit_codes = pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])

BAD_CERTIFICATES = {
    "wrong_name": "it is for other.test, 192.0.2.1, not for 127.0.0.1: ",
    "expired": "has expired (its own dates: 2020-01-01 to 2021-01-01): ",
    "not_yet_valid": "is not yet valid (its own dates: 2098-01-01 to 2099-01-01): ",
    "unknown_issuer": "it is signed by Gatepost test stranger, which this machine does not trust: set tls_ca_file ",
    "self_signed": "it is self-signed: set tls_ca_file to a copy of it, or tls_pins ",
    "wrong_purpose": "is not for TLS servers",
    "weak_key": "its key is too weak",
}


def nothing_leaked(result, host) -> None:
    """The password was neither said to the host nor shown to anyone."""
    host.settle()
    said = [octets for session in host.sessions for who, octets in session.transcript if who == "C"]
    assert_no_canary(CANARY, result, said, [bytes(session.leftover) for session in host.sessions])
    assert all(session.identity is None for session in host.sessions)


@with_each_exit_codes
@with_each_tls
@pytest.mark.parametrize("kind", BAD_CERTIFICATES)
def test_a_bad_certificate_gets_neither_password_nor_message(
    installation, smarthost, certificates, tls, kind, exit_codes
):
    host = smarthost(tls=tls, auth=AUTH, certificate=getattr(certificates, kind))
    configure(installation, host, exit_codes)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert result.reason.startswith(f"{label(host)}: TLS: the certificate was not accepted: ")
    assert BAD_CERTIFICATES[kind] in result.reason
    status = shown_status(UNAVAILABLE, exit_codes)
    assert_not_sent(result, result.reason, status=status, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


@with_each_tls
@pytest.mark.parametrize("name", ["smtp.test", "localhost", "127.0.0.1"])
def test_the_configuration_says_which_name_is_proven(installation, smarthost, tls, name):
    host = smarthost(tls=tls, auth=AUTH)
    configure(installation, host, tls_verify_name=name)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert host.session.server_name == (None if name == "127.0.0.1" else name)


@with_each_tls
def test_another_name_than_the_certificates_is_not_proven(installation, smarthost, tls):
    host = smarthost(tls=tls, auth=AUTH)
    configure(installation, host, tls_verify_name="smtp.example.net")
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert "it is for localhost, smtp.test, 127.0.0.1, 0:0:0:0:0:0:0:1, not for smtp.example.net: " in result.reason
    assert_not_sent(result, result.reason, status=UNAVAILABLE, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


@with_each_tls
@pytest.mark.parametrize("kind", BAD_CERTIFICATES)
def test_the_administrator_may_do_without_proof(installation, smarthost, certificates, tls, kind):
    host = smarthost(tls=tls, certificate=getattr(certificates, kind))
    configure(installation, host, tls_verify=False, tls_ca_file=None)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)


@with_each_tls
def test_the_systems_certificates_do_not_vouch_for_strangers(installation, smarthost, tls):
    host = smarthost(tls=tls, auth=AUTH)
    configure(installation, host, tls_ca_file=None)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert "the certificate was not accepted" in result.reason
    assert_not_sent(result, result.reason, status=UNAVAILABLE, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


@pytest.mark.parametrize(
    ("minimum", "maximum", "version"),
    [
        (None, ssl.TLSVersion.TLSv1_1, None),
        (None, ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        ("1.3", ssl.TLSVersion.TLSv1_2, None),
        ("1.3", ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
    ],
)
@with_each_tls
def test_old_versions_of_tls_are_refused(installation, smarthost, tls, minimum, maximum, version):
    host = smarthost(tls=tls, auth=AUTH, maximum_tls=maximum)
    configure(installation, host, tls_min_version=minimum)
    result = installation.send(*FIVE, stdin=MESSAGE)
    if version:
        assert_sent(result, host, FIVE)
        assert facts_of(result.log_line)["tls"] == host.session.tls == version
        return
    problem = f"the smart host does not speak TLS {minimum or '1.2'} or a newer one (tls_min_version)"
    reason = f"{label(host)}: TLS: the handshake failed: {problem}"
    assert_not_sent(result, reason, status=UNAVAILABLE, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


@with_each_exit_codes
def test_without_starttls_nothing_is_said_in_clear(installation, smarthost, exit_codes):
    host = smarthost(tls="none", auth=AUTH, allow_plaintext_auth=True)
    configure(installation, host, exit_codes, tls="starttls")
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: STARTTLS is not offered, and this transport requires TLS"
    status = shown_status(UNAVAILABLE, exit_codes)
    assert_not_sent(result, reason, status=status, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)
    assert set(host.session.verbs) <= {"EHLO", "QUIT"}


@pytest.mark.parametrize(
    ("reply", "status"),
    [("454 4.7.0 TLS not available", TEMPORARY), ("502 5.5.1 what?", UNAVAILABLE), ("501 5.5.4 no", UNAVAILABLE)],
)
def test_a_refused_starttls_is_the_end(installation, smarthost, reply, status):
    host = smarthost(tls="starttls", auth=AUTH, refuse={"STARTTLS": reply})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: STARTTLS was refused: {reply}"
    assert_not_sent(result, reason, status=status, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


INJECTED = {
    "a-reply": b"250 2.0.0 ok\r\n",
    "an-EHLO-reply": b"250-smtp.test\r\n250 AUTH PLAIN\r\n",
    "half-a-reply": b"250-smtp",
    "one-octet": b"2",
    "an-alert": b"\x15\x03\x01\x00\x02\x02\x28",
}


@pytest.mark.parametrize("octets", INJECTED.values(), ids=INJECTED)
def test_octets_after_the_reply_to_starttls_are_not_believed(installation, smarthost, octets):
    """CVE-2011-0411: what was said in clear would be heard as if it had come through TLS."""
    host = smarthost(tls="starttls", auth=AUTH, at={"STARTTLS": Raw(b"220 2.0.0 go ahead\r\n" + octets)})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert result.reason.startswith(f"{label(host)}: TLS: ")
    assert_not_sent(result, result.reason, status=PROTOCOL, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


BROKEN: dict[str, tuple[Behaviour, int]] = {
    "silent": (Silent(), TEMPORARY),
    "close": (Close(), TEMPORARY),
    "reset": (Reset(), TEMPORARY),
}


@pytest.mark.parametrize(("behaviour", "status"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(("tls", "step"), [("starttls", "STARTTLS"), ("starttls", "TLS"), ("implicit", "TLS")])
def test_a_host_may_fail_at_the_handshake(installation, smarthost, tls, step, behaviour, status):
    host = smarthost(tls=tls, auth=AUTH, at={step: behaviour})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    # A reset can come before connecting was even noticed to be done.
    assert result.reason.startswith((f"{label(host)}: {step}: ", f"{label(host)}: connecting: "))
    assert_not_sent(result, result.reason, status=status, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


@pytest.mark.parametrize(
    "octets", [b"220 smtp.test ESMTP\r\n", b"\x16\x03\x01\xff\xff" + bytes(65535), b"HTTP/1.1 400 no\r\n\r\n", bytes(5)]
)
@with_each_tls
def test_a_host_may_talk_nonsense_at_the_handshake(installation, smarthost, tls, octets):
    host = smarthost(tls=tls, auth=AUTH, at={"TLS": Raw(octets)})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert result.reason.startswith(f"{label(host)}: TLS: ")
    assert result.status in (UNAVAILABLE, PROTOCOL)
    assert_not_sent(result, result.reason, status=result.status, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


@pytest.mark.parametrize("octets", [b"\x16", b"\x16\x03\x03\x40\x00" + bytes(64)], ids=["one", "half-a-record"])
def test_a_handshake_that_never_ends_is_ended(installation, smarthost, octets):
    host = smarthost(tls="implicit", auth=AUTH, at={"TLS": Dribble(octets * 200, pause_s=0.02)})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert result.reason.startswith(f"{label(host)}: TLS: ")
    assert_not_sent(result, result.reason, status=result.status, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


def test_plain_smtp_is_not_spoken_to_a_host_that_waits_for_a_handshake(installation, smarthost):
    host = smarthost(tls="implicit", auth=AUTH, expect_violations=True)
    configure(installation, host, tls="starttls")
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    reason = f"{label(host)}: the greeting: no reply within 1 s"
    assert_not_sent(result, reason, status=TEMPORARY, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


@with_each_tls
def test_a_slow_handshake_is_waited_for(installation, smarthost, tls):
    host = smarthost(tls=tls, auth=AUTH, at={"TLS": Delay(0.4)})
    configure(installation, host)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)

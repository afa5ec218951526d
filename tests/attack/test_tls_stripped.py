"""I1 to I4: whoever sits on the line between us and the smart host gets neither the password nor the message."""

from __future__ import annotations

import ssl

import pytest

from tests.support.misbehaviour import Close, Dribble, Raw, Reset

PASSWORD = "xyzzy-plugh-plover"
MESSAGE = b"Subject: hello\n\nhello\n"
GO_AHEAD = b"220 2.0.0 go ahead\r\n"
FALSE_OFFER = b"250-evil.test\r\n250 AUTH PLAIN LOGIN\r\n"

in_both_ways = pytest.mark.parametrize("tls", ["starttls", "implicit"])
each_bad_certificate = pytest.mark.parametrize(
    "bad", ["wrong_name", "expired", "not_yet_valid", "unknown_issuer", "self_signed"]
)

WITHOUT_STARTTLS_REQUIRED = {
    "helper/smtp/dialogue.py": {
        (
            "        yield Quit()\n"
            '        raise HostFailed("STARTTLS is not offered, and this transport requires TLS", status.UNAVAILABLE)\n'
        ): "        return\n"
    }
}
WITHOUT_LOOK_AT_WHAT_ARRIVED = {
    "helper/network/connection.py": {
        "            if not self._said_hello and (self._heard or self._has_arrived()):\n": "            if False:\n",
        "            if self._heard:\n                raise": "            if False:\n                raise",
    }
}

# As if a later change handed on no name: the context still says that names are checked, and nothing is checked.
NAME_LOST = {"helper/network/tls.py": {"self._out, trust.server_name)": 'self._out, "")'}}
WITHOUT_REFUSAL_OF_NO_NAME = {
    "helper/network/openssl.py": {"    if context.check_hostname and not server_name:\n": "    if False:\n"}
}


def send(installation, host, *options, **changes):
    """Send, with TLS required and a password."""
    installation.configure(installation.relay_configuration(host, **changes), {"relay.password": PASSWORD})
    result = installation.send(*options, "carol@example.org", stdin=MESSAGE)
    host.settle()
    return result


def assert_nothing_given(host, result):
    """Say that neither password nor envelope nor message left us."""
    assert result.status == 1
    assert result.reason
    for session in host.sessions:
        assert {verb for verb in session.verbs if verb.isalpha()} <= {"EHLO", "STARTTLS", "QUIT"}
        assert session.identity is None
    assert host.messages == []
    assert "outcome=failed" in result.log_line


def test_a_stripped_starttls_ends_the_send(installation, smarthost, certificates):
    """As if the line had been taken out of the reply to EHLO (smtplib, CVE-2016-0772)."""
    host = smarthost(tls="none", auth={"ws1": PASSWORD})
    result = send(installation, host, tls="starttls")
    assert "STARTTLS is not offered" in result.reason
    assert_nothing_given(host, result)


@pytest.mark.parametrize("reply", ["454 4.7.0 not now", "500 5.5.1 what?", "250 2.0.0 ok", "235 2.7.0 ok", "221 bye"])
def test_a_refused_starttls_ends_the_send(installation, smarthost, reply):
    host = smarthost(tls="starttls", auth={"ws1": PASSWORD}, refuse={"STARTTLS": reply}, expect_violations=True)
    assert_nothing_given(host, send(installation, host))
    assert host.violations in ([], ["plaintext in place of a TLS handshake"])


@pytest.mark.parametrize(
    "injected",
    [FALSE_OFFER, b"250 ", b"2", b"\r\n", b"\x16\x03\x03\x00\x02\x02\x28", b"235 2.7.0 ok\r\n" * 1000],
    ids=["a-whole-reply", "half-a-line", "one-octet", "an-empty-line", "a-tls-record", "very-much"],
)
@pytest.mark.parametrize("behaviour", [Raw, Dribble], ids=["at-once", "dribbling"])
def test_plaintext_after_the_go_ahead_is_never_taken_for_what_came_through_tls(
    installation, smarthost, injected, behaviour
):
    """CVE-2011-0411, CVE-2021-38371: it would be believed as if the smart host had said it."""
    if behaviour is Dribble:
        at = {"TLS": Dribble(injected[:40], pause_s=0.002)}
    else:
        at = {"STARTTLS": Raw(GO_AHEAD + injected)}
    host = smarthost(tls="starttls", auth={"ws1": PASSWORD}, at=at, expect_violations=True)
    assert_nothing_given(host, send(installation, host))


@pytest.mark.parametrize("behaviour", [Close(), Reset(), Raw(b"500 what?\r\n")], ids=["closed", "reset", "plaintext"])
@in_both_ways
def test_a_handshake_that_does_not_take_place_ends_the_send(installation, smarthost, tls, behaviour):
    """CVE-2023-40217: plaintext before a connection that is closed must not be taken for decrypted."""
    host = smarthost(tls=tls, auth={"ws1": PASSWORD}, at={"TLS": behaviour}, expect_violations=True)
    assert_nothing_given(host, send(installation, host))


def test_a_server_without_tls_at_a_port_with_tls_ends_the_send(installation, smarthost):
    host = smarthost(tls="none", auth={"ws1": PASSWORD}, expect_violations=True)
    result = send(installation, host, tls="implicit")
    assert "TLS" in result.reason
    assert_nothing_given(host, result)


@in_both_ways
@each_bad_certificate
def test_a_bad_certificate_ends_the_send(installation, smarthost, certificates, bad, tls):
    host = smarthost(tls=tls, auth={"ws1": PASSWORD}, certificate=getattr(certificates, bad))
    result = send(installation, host)
    assert "the certificate was not accepted: " in result.reason
    assert_nothing_given(host, result)


@in_both_ways
def test_a_certificate_of_the_wrong_name_ends_the_send_whatever_it_resolves_to(installation, smarthost, tls):
    """What is in the certificate has to be what the administrator wrote, not what an answer of the DNS said."""
    host = smarthost(tls=tls, auth={"ws1": PASSWORD})
    result = send(installation, host, tls_verify_name="smtp.example.net")
    assert "the certificate was not accepted: " in result.reason
    assert_nothing_given(host, result)


@pytest.mark.parametrize("certificate", ["good", "wrong_name"])
@in_both_ways
def test_a_session_that_was_given_no_name_to_check_ends_the_send(weakened, smarthost, certificates, certificate, tls):
    """Even before the handshake: the server is not asked for its certificate."""
    host = smarthost(tls=tls, auth={"ws1": PASSWORD}, certificate=getattr(certificates, certificate))
    result = send(weakened(NAME_LOST), host)
    assert "TLS was given no name to verify" in result.reason
    assert_nothing_given(host, result)
    assert not any(session.tls for session in host.sessions)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@in_both_ways
def test_an_old_version_of_tls_ends_the_send(installation, smarthost, tls, version):
    host = smarthost(tls=tls, auth={"ws1": PASSWORD}, maximum_tls=version)
    assert_nothing_given(host, send(installation, host))


def test_a_ca_file_that_is_gone_does_not_mean_that_anybody_is_trusted(installation, smarthost):
    host = smarthost(tls="starttls", auth={"ws1": PASSWORD})
    result = send(installation, host, tls_ca_file="/nonexistent/ca.pem")
    assert_nothing_given(host, result)


def test_the_password_does_not_go_without_tls_to_a_smart_host_configured_without(installation, smarthost):
    host = smarthost(tls="none", auth={"ws1": PASSWORD})
    result = send(installation, host)
    assert result.status == 1
    assert [session.identity for session in host.sessions] in ([], [None])


def test_control_where_starttls_is_not_required_the_password_goes_in_clear(weakened, smarthost):
    installation = weakened(WITHOUT_STARTTLS_REQUIRED)
    host = smarthost(tls="none", auth={"ws1": PASSWORD}, expect_violations=True)
    send(installation, host, tls="starttls")
    assert b"AUTH" in b" ".join(host.session.commands)


def test_control_without_the_look_at_what_arrived_the_injected_reply_is_believed(weakened, smarthost):
    """Two defences are out: nothing may have come before the handshake, nor before the command it would answer."""
    installation = weakened(WITHOUT_LOOK_AT_WHAT_ARRIVED)
    at = {"STARTTLS": Raw(GO_AHEAD + FALSE_OFFER)}
    host = smarthost(tls="starttls", auth={"ws1": PASSWORD}, at=at, expect_violations=True)
    result = send(installation, host, "-v")
    after_tls = result.stderr.partition("(TLS handshake)")[2]
    assert "<< 250-evil.test" in after_tls
    assert host.session.tls


@in_both_ways
def test_control_without_the_refusal_a_session_without_a_name_takes_the_certificate_of_another(
    weakened, smarthost, certificates, tls
):
    host = smarthost(tls=tls, auth={"ws1": PASSWORD}, certificate=certificates.wrong_name)
    assert send(weakened(NAME_LOST | WITHOUT_REFUSAL_OF_NO_NAME), host).status == 0
    assert (host.session.identity, len(host.messages)) == ("ws1", 1)


@in_both_ways
@each_bad_certificate
def test_control_without_verification_everybody_gets_the_password(installation, smarthost, certificates, bad, tls):
    """No defence has to be taken out for that: `tls_verify = false` does it."""
    host = smarthost(tls=tls, auth={"ws1": PASSWORD}, certificate=getattr(certificates, bad))
    assert send(installation, host, tls_verify=False).status == 0
    assert host.session.identity == "ws1"

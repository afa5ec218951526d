"""The servers that people have: each takes mail over TLS with AUTH, and what it refuses is told and sent to nobody."""

from __future__ import annotations

import pytest

from tests.support.realservers.dovecot import Dovecot
from tests.support.realservers.exim import Exim
from tests.support.realservers.opensmtpd import OpenSmtpd
from tests.support.realservers.postfix import Postfix
from tests.support.realservers.server import INTERNATIONAL, NOT_YOURS, SIZE_LIMIT, USER
from tests.system.outcome import facts_of
from tests.system.real import BOTH, HEADER, MESSAGE, SERVERS, assert_nothing_taken, assert_taken, label, send

SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-1")
MECHANISMS = {
    Postfix: (*SCRAM, "CRAM-MD5", "PLAIN", "LOGIN"),
    Exim: ("CRAM-MD5", "PLAIN", "LOGIN"),
    Dovecot: (*SCRAM, "PLAIN", "LOGIN"),
    OpenSmtpd: ("PLAIN", "LOGIN"),
}
EACH_MECHANISM = [(server, mechanism) for server, mechanisms in MECHANISMS.items() for mechanism in mechanisms]

BODIES = {
    "empty": b"",
    "8-bit": "Gr\u00fc\u00dfe, \u4f60\u597d\n".encode() * 50 + bytes(range(128, 256)) + b"\n",
    "dots": b".\n..\n.\r\n...\n. \n.a\n\n.\n\n.\n",
    "long-lines": (b"x" * 997 + b"\n" + b"." * 998 + b"\n" + b" " * 998 + b"\n") * 20,
    "3-MB": b"".join(b"%07d %s\n" % (number, b"." * (number % 90)) for number in range(58_000)),
    "From-lines": b"\nFrom alice Mon Jan  1 00:00:00 2024\n>From bob\n\nFrom me\n",
    "no-line-end": b"the last line",
    "a-command": b"QUIT\r\nRSET\r\nBDAT 7 LAST\r\n",
}

with_each_server = pytest.mark.parametrize("kind", SERVERS, ids=lambda kind: kind.__name__)
with_each_tls = pytest.mark.parametrize("tls", ["starttls", "implicit"])


def in_crlf(octets: bytes) -> bytes:
    """Return text as SMTP carries it."""
    text = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") or not text else text + b"\r\n"


@with_each_tls
@with_each_server
def test_a_message_is_taken_for_all(installation, real, kind, tls):
    server = real(kind)
    result = send(installation, server.endpoint(tls), *BOTH)
    assert_taken(result, server)
    for arrival in server.arrivals():
        assert arrival.body == b"A line.\r\n"
        assert b"Subject: hello" in arrival.header.split(b"\r\n")
        assert arrival.reverse_path.endswith(b"@example.net")
    facts = facts_of(result.log_line)
    assert facts["host"].startswith("smtp.test[")
    assert (facts["tls"], facts["auth"]) == ("TLSv1.3", MECHANISMS[kind][0] if kind is not Exim else "PLAIN")
    assert (facts["outcome"], facts["reply"][:3]) == ("accepted", "250")


@pytest.mark.parametrize("shape", BODIES)
@with_each_server
def test_the_body_arrives_octet_by_octet(installation, real, kind, shape):
    server = real(kind)
    result = send(installation, server.endpoint("implicit"), "-i", *BOTH, stdin=HEADER + BODIES[shape])
    assert_taken(result, server)
    for arrival in server.arrivals():
        assert arrival.body == in_crlf(BODIES[shape])


@with_each_server
def test_the_null_reverse_path_is_taken(installation, real, kind):
    server = real(kind)
    assert_taken(send(installation, server.endpoint("starttls"), "-f", "<>", *BOTH), server)
    assert [arrival.reverse_path for arrival in server.arrivals()] == [b"", b""]


@with_each_server
def test_a_notification_that_is_asked_for_hinders_nothing(installation, real, kind):
    """Exim offers no DSN, neither before nor after AUTH; Dovecot only after it."""
    server = real(kind)
    assert_taken(send(installation, server.endpoint("starttls"), "-N", "never", "-R", "hdrs", *BOTH), server)


@with_each_server
def test_what_no_server_offers_is_not_sent_without(installation, real, kind):
    """Asking once more after AUTH gets a 503 from OpenSMTPD."""
    server = real(kind)
    endpoint = server.endpoint("starttls")
    result = send(installation, endpoint, *BOTH, requiretls=True)
    assert result.reason.endswith("REQUIRETLS is not offered")
    assert_nothing_taken(result, server, "failed")


@pytest.mark.parametrize(("kind", "mechanism"), EACH_MECHANISM)
def test_each_mechanism_is_taken(installation, real, kind, mechanism):
    server = real(kind)
    auth = {"user": USER, "password_file": "relay.password", "mechanisms": [mechanism]}
    result = send(installation, server.endpoint("starttls"), *BOTH, auth=auth)
    assert_taken(result, server)
    assert facts_of(result.log_line)["auth"] == mechanism


@pytest.mark.parametrize(("kind", "mechanism"), EACH_MECHANISM)
def test_each_mechanism_notices_a_wrong_password(installation, real, kind, mechanism):
    server = real(kind)
    endpoint = server.endpoint("starttls")
    auth = {"user": USER, "password_file": "relay.password", "mechanisms": [mechanism]}
    result = send(installation, endpoint, *BOTH, auth=auth, password="another password")
    assert result.reason.startswith(f"{label(endpoint)}: AUTH {mechanism} was refused: 535 ")
    assert_nothing_taken(result, server, "failed")


@pytest.mark.parametrize("user", ["nobody", f"{USER}\u00e9", f"{USER}@smtp.example", "x" * 300])
@with_each_server
def test_an_unknown_user_is_refused(installation, real, kind, user):
    server = real(kind)
    endpoint = server.endpoint("implicit")
    result = send(installation, endpoint, *BOTH, auth={"user": user, "password_file": "relay.password"})
    assert result.reason.startswith(f"{label(endpoint)}: AUTH ")
    assert " was refused: 5" in result.reason
    assert_nothing_taken(result, server, "failed")


@pytest.mark.parametrize(("certificate", "problem"), [("expired", "has expired"), ("wrong_name", "not for smtp.test")])
@with_each_tls
@with_each_server
def test_a_wrong_certificate_gets_neither_password_nor_message(installation, real, kind, tls, certificate, problem):
    server = real(kind)
    endpoint = server.endpoint(tls, certificate)
    result = send(installation, endpoint, *BOTH)
    assert result.reason.startswith(f"{label(endpoint)}: TLS: the certificate was not accepted: ")
    assert problem in result.reason
    assert_nothing_taken(result, server, "failed")


@pytest.mark.parametrize("recipients", [("nobody@example.org", *BOTH), (*BOTH, "nobody@example.org")])
@with_each_server
def test_one_refused_recipient_stops_it_for_all(installation, real, kind, recipients):
    server = real(kind)
    endpoint = server.endpoint("starttls")
    result = send(installation, endpoint, *recipients)
    assert result.reason.startswith(f"{label(endpoint)}: RCPT TO:<nobody@example.org> was refused: 5")
    assert_nothing_taken(result, server, "refused", recipients)


@pytest.mark.parametrize("kind", [Postfix, Exim])
def test_an_internationalised_mailbox_is_taken(installation, real, kind):
    server = real(kind)
    result = send(installation, server.endpoint("starttls"), f"{INTERNATIONAL}@example.org", BOTH[0])
    assert_taken(result, server, (INTERNATIONAL, "carol"))


@pytest.mark.parametrize("kind", [Dovecot, OpenSmtpd])
def test_an_internationalised_mailbox_is_not_asked_for_where_none_can_be(installation, real, kind):
    server = real(kind)
    endpoint = server.endpoint("starttls")
    result = send(installation, endpoint, BOTH[0], f"{INTERNATIONAL}@example.org")
    shown = "j\\xf6rg@example.org"
    assert result.reason.startswith(f"{label(endpoint)}: <{shown}> is internationalised, and SMTPUTF8 is not offered")
    assert_nothing_taken(result, server, "failed", (BOTH[0], shown))


@pytest.mark.parametrize("kind", [Postfix, Exim])
def test_a_message_that_is_refused_after_its_end_reaches_nobody(installation, real, kind):
    server = real(kind)
    endpoint = server.endpoint("starttls")
    result = send(installation, endpoint, *BOTH, stdin=MESSAGE.replace(b"hello", b"unwanted"))
    assert " was refused: 550 " in result.reason
    assert result.reason.endswith("not wanted here")
    assert_nothing_taken(result, server, "refused")


@with_each_server
def test_a_reverse_path_of_somebody_else_is_refused(installation, real, kind):
    server = real(kind)
    endpoint = server.endpoint("starttls")
    result = send(installation, endpoint, "-f", NOT_YOURS, *BOTH, main={"untrusted_set_sender": [NOT_YOURS]})
    assert result.reason.startswith(f"{label(endpoint)}: ")
    assert NOT_YOURS in result.reason
    assert " was refused: 55" in result.reason
    assert_nothing_taken(result, server, "refused")


@with_each_server
def test_a_message_over_the_servers_limit_is_not_begun(installation, real, kind):
    server = real(kind)
    endpoint = server.endpoint("starttls")
    result = send(installation, endpoint, *BOTH, stdin=HEADER + b"0123456\n" * (SIZE_LIMIT // 8))
    assert result.reason.startswith(f"{label(endpoint)}: ")
    assert " octets, but at most " in result.reason
    assert result.reason.endswith(" are accepted")
    assert_nothing_taken(result, server, "failed")


@with_each_tls
@with_each_server
def test_without_authentication_nothing_is_taken(installation, real, kind, tls):
    server = real(kind)
    endpoint = server.endpoint(tls)
    result = send(installation, endpoint, *BOTH, auth=None)
    assert result.reason.startswith((f"{label(endpoint)}: MAIL FROM:<", f"{label(endpoint)}: RCPT TO:<{BOTH[0]}>"))
    assert " was refused: 5" in result.reason
    assert_nothing_taken(result, server, "refused")


@with_each_server
def test_without_tls_the_password_is_not_said(installation, real, kind):
    server = real(kind)
    endpoint = server.endpoint("starttls")
    auth = {"user": USER, "password_file": "relay.password", "allow_plaintext": True}
    result = send(installation, endpoint, *BOTH, tls="none", tls_ca_file=None, auth=auth)
    assert result.reason == f"{label(endpoint)}: AUTH: no common mechanism; the server offers none"
    assert_nothing_taken(result, server, "failed")


@with_each_server
def test_one_send_after_the_other_is_taken(installation, real, kind):
    server = real(kind)
    endpoint = server.endpoint("implicit")
    subjects = [b"Subject: number %d" % number for number in range(5)]
    for subject in subjects:
        assert send(installation, endpoint, *BOTH, stdin=MESSAGE.replace(b"Subject: hello", subject)).status == 0
    arrived = [line for arrival in server.arrivals() for line in arrival.header.split(b"\r\n") if line in subjects]
    assert sorted(arrived) == sorted(subjects * 2)

"""TLS against a server in the same process: what is accepted, and the sentence for each way to be wrong."""

from __future__ import annotations

import ssl
import subprocess

import pytest

from helper import status
from helper.failure import HostFailed
from helper.network.tls import TlsLayer
from helper.network.trust import Trust
from tests.support.certificates import Certificate
from tests.unit.network.tls_server import NAME, Server, der_of, failure_of, pin_of, pinned, shake_hands


@pytest.fixture
def trust(certificates):
    """How a server has to prove that it is smtp.test."""
    return Trust(NAME, True, str(certificates.ca))


def test_a_good_certificate_is_accepted_and_told(certificates, trust):
    layer = TlsLayer(trust)
    shake_hands(layer, Server(certificates.good))
    assert (layer.version, layer.cipher) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert layer.certificate_names == ("localhost", NAME, "127.0.0.1", "0:0:0:0:0:0:0:1")
    assert layer.certificate == der_of(certificates.good)


def test_the_names_of_a_certificate_that_nobody_verified_are_not_told(certificates):
    layer = TlsLayer(Trust(NAME, False))
    shake_hands(layer, Server(certificates.good))
    assert layer.certificate_names == ("not verified",)


CERTIFICATES = {
    "wrong_name": "it is for other.test, 192.0.2.1, not for smtp.test: ",
    "without_names": "it is for without-names.test, not for smtp.test: ",
    "expired": "has expired (its own dates: 2020-01-01 to 2021-01-01): ",
    "not_yet_valid": "is not yet valid (its own dates: 2098-01-01 to 2099-01-01): ",
    "unknown_issuer": "it is signed by Gatepost test stranger, which this machine does not trust: set tls_ca_file ",
    "self_signed": "it is self-signed: set tls_ca_file to a copy of it, or tls_pins ",
    "wrong_purpose": "must contain serverAuth",
    "weak_key": "its key is too weak: ",
    "weak_signature": "is made with a digest that is too weak: ",
}


@pytest.mark.parametrize("kind", CERTIFICATES)
@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_bad_certificate_is_refused_with_what_is_wrong_and_what_to_do(certificates, trust, kind, maximum):
    failure = failure_of(trust, Server(getattr(certificates, kind), maximum=maximum))
    assert failure.problem.startswith("TLS: the certificate was not accepted: ")
    assert CERTIFICATES[kind] in failure.problem
    assert failure.status == status.UNAVAILABLE


def test_an_address_is_a_name_like_others(certificates, trust):
    shake_hands(TlsLayer(trust.replace(server_name="127.0.0.1")), Server(certificates.good))
    failure = failure_of(trust.replace(server_name="192.0.2.2"), Server(certificates.wrong_name))
    assert "it is for other.test, 192.0.2.1, not for 192.0.2.2: " in failure.problem


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_an_address_as_a_name_is_not_told_as_another_address(tmp_path, trust):
    file, key = tmp_path / "cert", tmp_path / "key"
    made = ("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=x", "-keyout", key, "-out", file)
    subprocess.run([*made, "-addext", "subjectAltName=DNS:127.0.0.1"], capture_output=True, check=True)
    wanting = trust.replace(server_name="127.0.0.1", ca_file=str(file))
    problem = failure_of(wanting, Server(Certificate(file, key, file))).problem
    assert "it has 127.0.0.1 as a name, and an address counts only as an address" in problem


def test_a_certificate_that_demands_a_stapled_answer_is_accepted_without_one(tmp_path, trust):
    """RFC 7633: Python's ssl cannot ask for it, and OpenSSL does not look; docs/postfix.md says so."""
    file, key = tmp_path / "cert", tmp_path / "key"
    made = ("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=x", "-keyout", key, "-out", file)
    features = ("-addext", f"subjectAltName=DNS:{NAME}", "-addext", "tlsfeature=status_request")
    subprocess.run([*made, *features], capture_output=True, check=True)
    layer = TlsLayer(trust.replace(ca_file=str(file)))
    shake_hands(layer, Server(Certificate(file, key, file)))
    assert layer.certificate_names == (NAME,)


@pytest.mark.parametrize(("minimum", "maximum"), [("1.2", ssl.TLSVersion.TLSv1_1), ("1.3", ssl.TLSVersion.TLSv1_2)])
def test_an_old_version_is_refused_with_the_option_that_demands_a_newer_one(certificates, trust, minimum, maximum):
    failure = failure_of(trust.replace(minimum=minimum), Server(certificates.good, maximum=maximum))
    expected = f"the smart host does not speak TLS {minimum} or a newer one (tls_min_version)"
    assert failure.problem == f"TLS: the handshake failed: {expected}"


@pytest.mark.parametrize("octets", [b"220 smtp.test ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0-x\r\n"])
def test_what_is_no_tls_is_told_as_a_wrong_port(trust, octets):
    layer = TlsLayer(trust)
    layer.shake_hands(b"")
    with pytest.raises(HostFailed, match="does not speak TLS on this port: correct the port, or tls "):
        layer.shake_hands(octets)


def alert(kind: int) -> bytes:
    """Return a fatal alert (RFC 8446, section 6)."""
    return bytes((21, 3, 3, 0, 2, 2, kind))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (40, "no cipher in common with this machine, or demands a client certificate (tls_certificate)"),
        (42, "does not accept the client certificate (tls_certificate): "),
        (45, "does not accept the client certificate (tls_certificate): "),
        (45, " alert certificate expired"),  # before it, 3.0 says sslv3, and 3.5 ssl/tls
        (48, "does not accept the client certificate (tls_certificate): "),
        (70, "does not speak TLS 1.2 or a newer one"),
        (80, "reports an internal error"),
        (112, "does not serve the name smtp.test: "),
        (116, "demands a client certificate: set tls_certificate"),
        (90, "user cancel"),
    ],
)
def test_an_alert_of_the_server_is_told_with_what_to_do(trust, kind, words):
    layer = TlsLayer(trust)
    layer.shake_hands(b"")
    with pytest.raises(HostFailed) as caught:
        layer.shake_hands(alert(kind))
    assert caught.value.problem.startswith("TLS: the handshake failed: ")
    assert words in caught.value.problem


# Pins


def test_a_pin_comes_on_top_of_the_certificate(certificates, trust):
    pin = pin_of(certificates.good)
    shake_hands(TlsLayer(trust.replace(checks=pinned(pin))), Server(certificates.good))
    assert "tls_pins" in failure_of(trust.replace(checks=pinned(bytes(32))), Server(certificates.good)).problem
    pin = pin_of(certificates.expired)
    assert "expired" in failure_of(trust.replace(checks=pinned(pin)), Server(certificates.expired)).problem


@pytest.mark.parametrize("kind", ["self_signed", "expired", "wrong_name", "unknown_issuer"])
def test_without_verification_the_pin_alone_decides(certificates, kind):
    certificate = getattr(certificates, kind)
    layer = TlsLayer(Trust(NAME, False, checks=pinned(pin_of(certificate))))
    shake_hands(layer, Server(certificate))
    assert layer.certificate_names != ("not verified",)
    assert "tls_pins" in failure_of(Trust(NAME, False, checks=pinned(bytes(32))), Server(certificate)).problem


def test_nothing_is_sent_to_a_server_whose_key_is_another(certificates, trust):
    """Our certificate and the end of the handshake would be the first to go."""
    layer, server = TlsLayer(trust.replace(checks=pinned(bytes(32)))), Server(certificates.good)
    flight, _ = layer.shake_hands(b"")
    with pytest.raises(HostFailed):
        layer.shake_hands(server.respond(flight))
    with pytest.raises(ValueError, match="handshake not done yet"):
        server.session.getpeercert()


# DANE: a CA in the DNS


def test_a_ca_from_the_dns_counts_instead_of_all_others(certificates, trust):
    ca = ssl.PEM_cert_to_DER_cert(certificates.ca.read_text())
    stranger = der_of(certificates.self_signed)
    by_dane = Trust(NAME, True, anchors=(stranger, ca))
    shake_hands(TlsLayer(by_dane), Server(certificates.good))
    shake_hands(TlsLayer(by_dane.replace(verify=False)), Server(certificates.good))
    assert "signed by" in failure_of(trust.replace(anchors=(stranger,)), Server(certificates.good)).problem
    for kind in ("wrong_name", "expired", "unknown_issuer"):
        failure_of(by_dane.replace(verify=False), Server(getattr(certificates, kind)))


def test_what_the_dns_names_need_not_be_a_root(certificates):
    """RFC 7671, section 5.2.2. Its name has to be right all the same."""
    for kind, is_right in (("good", True), ("wrong_name", False)):
        certificate = getattr(certificates, kind)
        by_dane = Trust(NAME, True, anchors=(der_of(certificate),))
        if is_right:
            shake_hands(TlsLayer(by_dane), Server(certificate))
        else:
            assert "not for smtp.test" in failure_of(by_dane, Server(certificate)).problem


def test_a_ca_from_the_dns_that_is_none_is_no_proof():
    with pytest.raises(HostFailed, match="DANE: the certificate in its TLSA record cannot be read"):
        TlsLayer(Trust(NAME, True, anchors=(b"\x30\x03abc",)))


def test_what_is_no_tls_after_the_handshake_is_no_matter_of_ports(certificates, trust):
    layer = TlsLayer(trust)
    shake_hands(layer, Server(certificates.good))
    # In OpenSSL's words: "wrong version number" in 3.0, "record layer failure" in 3.5.
    with pytest.raises(
        HostFailed, match=r"^TLS: the connection broke: (wrong version number|record layer failure)$"
    ) as caught:
        layer.decrypt(b"220 smtp.test ESMTP\r\n")
    assert caught.value.status == status.TEMPORARY


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("waiting", [b"", b"221 bye\r\n"], ids=["nothing", "a reply"])
def test_the_end_of_tls_is_announced_whatever_has_not_been_read(certificates, trust, maximum, waiting):
    layer, server = TlsLayer(trust), Server(certificates.good, maximum=maximum)
    shake_hands(layer, server)
    if waiting:
        layer._in.write(server.say(waiting))
    assert server.hear(layer.encrypt(b"QUIT\r\n") + layer.end()) == b"QUIT\r\n"
    assert server.has_been_told_the_end()


def test_a_session_that_has_failed_ends_in_silence(certificates, trust):
    layer = TlsLayer(trust)
    shake_hands(layer, Server(certificates.good))
    with pytest.raises(HostFailed):
        layer.decrypt(b"220 smtp.test ESMTP\r\n")
    layer.end()  # may be an alert
    assert layer.end() == b""


def test_a_server_that_has_ended_tls_can_still_be_told_goodbye(certificates, trust):
    layer, server = TlsLayer(trust), Server(certificates.good)
    shake_hands(layer, server)
    assert layer.decrypt(server.say(b"550 no\r\n") + server.say_goodbye()) == b"550 no\r\n"
    assert layer.encrypt(b"QUIT\r\n")

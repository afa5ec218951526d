"""Our own certificate: who is shown it, and what is said of one that will not do."""

from __future__ import annotations

import os
import ssl
import subprocess

import pytest

from helper import status
from helper.failure import ConfigError
from helper.network.own_certificate import OwnCertificate
from helper.network.tls import TlsLayer
from helper.network.trust import Trust
from helper.secret import Secret
from tests.unit.network.tls_server import NAME, Server, failure_of, own, shake_hands


@pytest.fixture
def trust(certificates):
    """How a server has to prove that it is smtp.test."""
    return Trust(NAME, True, str(certificates.ca))


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_our_certificate_is_presented_to_who_asks(certificates, trust, maximum):
    server = Server(certificates.good, client_ca=certificates.ca, maximum=maximum)
    shake_hands(TlsLayer(trust.replace(own_certificate=own(certificates.client))), server)
    assert server.session.getpeercert()["subjectAltName"] == (("DNS", "ws1.example.net"),)


def test_certificate_and_key_may_be_of_one_file(certificates, trust):
    both = Secret(certificates.client.chain.read_bytes() + certificates.client.key.read_bytes())
    ours = OwnCertificate("both.pem", both, "both.pem", both)
    server = Server(certificates.good, client_ca=certificates.ca)
    shake_hands(TlsLayer(trust.replace(own_certificate=ours)), server)
    assert server.session.getpeercert()


@pytest.mark.parametrize(
    ("maximum", "words"),
    [
        (ssl.TLSVersion.TLSv1_2, "or demands a client certificate (tls_certificate)"),
        (ssl.TLSVersion.TLSv1_3, "the smart host demands a client certificate: set tls_certificate"),
    ],
)
def test_a_server_that_demands_our_certificate_says_so(certificates, trust, maximum, words):
    failure = failure_of(trust, Server(certificates.good, client_ca=certificates.ca, maximum=maximum))
    assert words in failure.problem
    assert failure.status == status.UNAVAILABLE


def test_a_server_that_does_not_know_our_ca_says_so(certificates, trust):
    server = Server(certificates.good, client_ca=certificates.ca)
    failure = failure_of(trust.replace(own_certificate=own(certificates.unknown_issuer)), server)
    assert "does not accept the client certificate (tls_certificate): tlsv1 alert unknown ca" in failure.problem


def test_a_key_of_another_certificate_is_told_with_both_files(certificates, trust):
    ours = own(certificates.client, certificates.good.key)
    with pytest.raises(ConfigError) as caught:
        TlsLayer(trust.replace(own_certificate=ours))
    assert caught.value.file == str(certificates.good.key)
    assert caught.value.problem == f"is not the key of {certificates.client.chain}"


WRONG = {
    "no-certificate": (b"hello", None, "c.pem", "contains no certificate in PEM"),
    "no-key": (None, b"hello", "k.pem", "contains no private key in PEM"),
    "empty": (b"", b"", "c.pem", "contains no certificate in PEM"),
    "damaged-certificate": (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None, "c.pem", "PEM"),
    "damaged-key": (None, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "c.pem", "k.pem"),
}


@pytest.mark.parametrize(("certificate", "key", "file", "words"), WRONG.values(), ids=WRONG)
def test_what_is_no_certificate_or_no_key_is_told_by_file(certificates, trust, certificate, key, file, words):
    good = own(certificates.client)
    certificate = good.certificate.reveal() if certificate is None else certificate
    key = good.key.reveal() if key is None else key
    with pytest.raises(ConfigError) as caught:
        TlsLayer(trust.replace(own_certificate=OwnCertificate("c.pem", Secret(certificate), "k.pem", Secret(key))))
    assert caught.value.file == file
    assert words in caught.value.problem


@pytest.mark.parametrize(
    "form", [("pkcs8", "-topk8", "-v2", "aes256"), ("ec", "-aes256")], ids=["pkcs8", "traditional"]
)
def test_nobody_is_asked_for_a_passphrase(certificates, trust, tmp_path, form):
    key = tmp_path / "locked.key"
    command = ["openssl", *form, "-in", certificates.client.key, "-out", key, "-passout", "pass:hunter2"]
    subprocess.run(command, capture_output=True, check=True)
    with pytest.raises(ConfigError, match="is protected by a passphrase") as caught:
        TlsLayer(trust.replace(own_certificate=own(certificates.client, key)))
    assert caught.value.file == str(key)


def test_our_key_is_overwritten_when_it_is_forgotten(certificates):
    ours = own(certificates.client)
    ours.forget()
    assert (ours.certificate.reveal(), ours.key.reveal()) == (b"", b"")
    assert "BEGIN" not in repr(own(certificates.client))


def test_no_memory_file_is_left_open(certificates, trust):
    before = sorted(os.listdir("/proc/self/fd"))
    TlsLayer(trust.replace(own_certificate=own(certificates.client)))
    with pytest.raises(ConfigError):
        TlsLayer(trust.replace(own_certificate=own(certificates.client, certificates.good.key)))
    assert sorted(os.listdir("/proc/self/fd")) == before

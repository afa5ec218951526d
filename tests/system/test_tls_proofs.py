"""Pins and our own certificate: proofs within TLS, through the whole real path."""

from __future__ import annotations

import os
import ssl
import subprocess

import pytest

from tests.system.outcome import FIVE, MESSAGE, assert_not_sent, assert_sent, facts_of, label
from tests.system.proofs import AUTH, CONFIGURATION, UNAVAILABLE, configure, key_digest, refused

EXTERNAL = {"mechanisms": ["EXTERNAL"]}

with_each_tls = pytest.mark.parametrize("tls", ["starttls", "implicit"])


# Pins


@with_each_tls
def test_a_pinned_key_is_as_good_as_a_certificate(installation, smarthost, certificates, tls):
    """The certificate alone would not do; and CRAM-MD5 is not preferred, since nobody else can listen."""
    host = smarthost(tls=tls, certificate=certificates.self_signed, auth=AUTH, mechanisms=("CRAM-MD5", "PLAIN"))
    pins = ["00" * 32, key_digest(certificates.self_signed).hex()]
    configure(installation, host, tls_verify=False, tls_ca_file=None, tls_pins=pins)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert host.session.mechanism == "PLAIN"


@with_each_tls
@pytest.mark.parametrize("verify", [True, False])
def test_a_key_that_is_not_pinned_gets_nothing(installation, smarthost, certificates, tls, verify):
    host = smarthost(tls=tls, auth=AUTH)
    configure(installation, host, tls_verify=verify, tls_pins=[key_digest(certificates.expired).hex()])
    words = f"{label(host)}: TLS: the certificate was not accepted: its key is not in tls_pins"
    refused(installation, host, words)


def test_a_pin_does_not_replace_the_certificate(installation, smarthost, certificates):
    host = smarthost(tls="implicit", auth=AUTH, certificate=certificates.expired)
    configure(installation, host, tls_pins=[key_digest(certificates.expired).hex()])
    refused(installation, host, "has expired")


# Our own certificate


def own_files(certificate) -> dict[str, str]:
    """Return a certificate and its key as files in secrets/."""
    return {"ws1.pem": certificate.chain.read_text(), "ws1.key": certificate.key.read_text()}


OURS = {"tls_certificate": "ws1.pem", "tls_privatekey": "ws1.key"}


@with_each_tls
@pytest.mark.parametrize(("mode", "user"), [(0o6755, "alice"), (0o2755, "alice"), (0o6755, "root"), (0o2755, "root")])
def test_our_certificate_proves_who_we_are(installation, smarthost, certificates, tls, mode, user):
    host = smarthost(tls=tls, auth=AUTH, mechanisms=("EXTERNAL",), client_ca=certificates.ca)
    installation.mode(mode)
    configure(installation, host, own_files(certificates.client), auth=EXTERNAL, **OURS)
    result = installation.send(*FIVE, stdin=MESSAGE, user=user)
    assert_sent(result, host, FIVE)
    assert host.session.client_names == ["ws1.example.net"]
    assert (host.session.mechanism, facts_of(result.log_line)["auth"]) == ("EXTERNAL", "EXTERNAL")


def test_certificate_and_key_may_stand_in_one_file(installation, smarthost, certificates):
    host = smarthost(tls="implicit", client_ca=certificates.ca)
    both = "".join(own_files(certificates.client).values())
    configure(installation, host, {"both.pem": both}, tls_certificate="both.pem")
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert host.session.client_names == ["ws1.example.net"]


def test_the_next_host_is_shown_our_certificate_too(installation, smarthost, certificates):
    first = smarthost(tls="implicit", client_ca=certificates.ca, refuse={"GREETING": "421 4.3.2 not now"})
    host = smarthost(tls="implicit", client_ca=certificates.ca)
    files = own_files(certificates.client)
    configure(installation, host, files, hosts=[label(first), label(host)], **OURS)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)


@with_each_tls
@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_host_that_demands_a_certificate_says_so(installation, smarthost, certificates, tls, maximum):
    host = smarthost(tls=tls, client_ca=certificates.ca, maximum_tls=maximum)
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert "demands a client certificate" in result.reason
    assert "tls_certificate" in result.reason
    assert_not_sent(result, result.reason, status=UNAVAILABLE, recipients=FIVE, hosts=[host])


def test_a_key_that_others_can_read_is_refused(installation, smarthost, certificates):
    host = smarthost(tls="implicit", client_ca=certificates.ca)
    configure(installation, host, own_files(certificates.client), **OURS)
    for name, status in (("ws1.pem", 0), ("ws1.key", CONFIGURATION)):
        os.chmod(installation.secrets / name, 0o644)
        result = installation.send(*FIVE, stdin=MESSAGE)
        assert result.status == status
    assert result.reason == f"{installation.secrets}/ws1.key: can be read by every user: chmod o-rwx"
    assert len(host.messages) == 1


def test_one_file_for_both_is_a_secret(installation, smarthost, certificates):
    host = smarthost(tls="implicit", client_ca=certificates.ca)
    configure(installation, host, {"both": "".join(own_files(certificates.client).values())}, tls_certificate="both")
    os.chmod(installation.secrets / "both", 0o644)
    refused(installation, host, "both: can be read by every user", status=CONFIGURATION)


@pytest.mark.parametrize("name", OURS.values())
def test_files_that_others_can_write_are_refused(installation, smarthost, certificates, name):
    host = smarthost(tls="implicit", client_ca=certificates.ca)
    configure(installation, host, own_files(certificates.client), **OURS)
    os.chmod(installation.secrets / name, 0o660)
    refused(installation, host, f"{name}: can be written by users other than root", status=CONFIGURATION)


def test_a_certificate_that_is_gone_is_told(installation, smarthost, certificates):
    host = smarthost(tls="implicit", client_ca=certificates.ca)
    configure(installation, host, **OURS)
    refused(installation, host, "ws1.key: cannot be read: No such file or directory", status=CONFIGURATION)


def test_a_key_of_another_certificate_is_told_with_both_files(installation, smarthost, certificates):
    host = smarthost(tls="implicit", client_ca=certificates.ca)
    files = own_files(certificates.client) | {"ws1.key": certificates.good.key.read_text()}
    configure(installation, host, files, **OURS)
    words = f"{installation.secrets}/ws1.key: is not the key of {installation.secrets}/ws1.pem"
    refused(installation, host, words, status=CONFIGURATION)


def test_nobody_is_asked_for_a_passphrase(installation, smarthost, certificates):
    host = smarthost(tls="implicit", client_ca=certificates.ca)
    locked = subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-in", certificates.client.key, "-passout", "pass:x"],
        capture_output=True,
        text=True,
        check=True,
    )
    configure(installation, host, own_files(certificates.client) | {"ws1.key": locked.stdout}, **OURS)
    refused(installation, host, "ws1.key: is protected by a passphrase", status=CONFIGURATION)

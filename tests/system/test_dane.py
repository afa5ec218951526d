"""DANE: the DNS says whose key it has to be, and nothing is sent where it does not, through the whole real path."""

from __future__ import annotations

import hashlib
import ssl

import pytest

from helper.network.certificate import public_key_info
from tests.support.nameserver import name_server
from tests.system.outcome import FIVE, MESSAGE, assert_sent
from tests.system.proofs import AUTH, CONFIGURATION, TEMPORARY, UNAVAILABLE, configure, key_digest, refused

with_each_tls = pytest.mark.parametrize("tls", ["starttls", "implicit"])

NAME = "smtp.test"


def zone(host, *records):
    """Return a zone with the host's address and these TLSA records."""
    return {(NAME, "A"): ["127.0.0.1"], (f"_{host.port}._tcp.{NAME}", "TLSA"): list(records)}


def with_dns(server, **changes):
    """Return the files in /etc of a machine that asks this name server."""
    return {
        "etc": {"resolv.conf": server.resolv_conf, "nsswitch.conf": "hosts: files dns\nservices: files\n"} | changes
    }


def configure_dane(installation, host, **transport):
    """Configure for a smart host that has to prove its name by DANE."""
    hosts = [f"{NAME}:{host.port}"]
    configure(installation, host, **({"dane": True, "hosts": hosts, "tls_ca_file": None} | transport))


def records_of(certificates) -> dict[str, str]:
    """Return TLSA records that match the good certificate."""
    der = ssl.PEM_cert_to_DER_cert(certificates.good.chain.read_text())
    key, ca = public_key_info(der), ssl.PEM_cert_to_DER_cert(certificates.ca.read_text())
    return {
        "3 1 1": hashlib.sha256(key).hexdigest(),
        "3 1 2": hashlib.sha512(key).hexdigest(),
        "3 0 1": hashlib.sha256(der).hexdigest(),
        "3 1 0": key.hex(),
        "2 0 0": ca.hex(),
        "2 0 1": hashlib.sha256(ca).hexdigest(),
        "1 1 1": hashlib.sha256(key).hexdigest(),
    }


@with_each_tls
@pytest.mark.parametrize("kind", ["3 1 1", "3 1 2", "3 0 1", "3 1 0", "2 0 0"])
def test_the_dns_vouches_for_a_host(installation, smarthost, certificates, tls, kind):
    host = smarthost(tls=tls, auth=AUTH)
    configure_dane(installation, host)
    with name_server(zone(host, f"{kind} {records_of(certificates)[kind]}"), signed=True) as server:
        assert_sent(installation.send(*FIVE, stdin=MESSAGE, **with_dns(server)), host, FIVE)
    assert host.session.server_name == NAME
    assert host.session.identity == "ws1"


@pytest.mark.parametrize("kind", ["self_signed", "expired", "wrong_name"])
def test_neither_names_nor_dates_matter_where_the_dns_knows_the_key(installation, smarthost, certificates, kind):
    certificate = getattr(certificates, kind)
    host = smarthost(tls="implicit", auth=AUTH, certificate=certificate)
    configure_dane(installation, host)
    with name_server(zone(host, f"3 1 1 {key_digest(certificate).hex()}"), signed=True) as server:
        assert_sent(installation.send(*FIVE, stdin=MESSAGE, **with_dns(server)), host, FIVE)


@pytest.mark.parametrize("kind", ["wrong_name", "expired", "unknown_issuer", "self_signed"])
def test_names_and_dates_matter_where_the_dns_knows_the_ca(installation, smarthost, certificates, kind):
    host = smarthost(tls="implicit", auth=AUTH, certificate=getattr(certificates, kind))
    configure_dane(installation, host, tls_verify=False)
    with name_server(zone(host, f"2 0 0 {records_of(certificates)['2 0 0']}"), signed=True) as server:
        refused(installation, host, "the certificate was not accepted: ", **with_dns(server))


@with_each_tls
def test_a_good_certificate_that_the_dns_does_not_know_gets_nothing(installation, smarthost, certificates, tls):
    host = smarthost(tls=tls, auth=AUTH)
    configure_dane(installation, host, tls_ca_file=str(certificates.ca))
    with name_server(zone(host, f"3 1 1 {'ab' * 32}"), signed=True) as server:
        words = f"it does not match _{host.port}._tcp.{NAME} TLSA (DANE)"
        refused(installation, host, words, **with_dns(server))


@pytest.mark.parametrize(
    ("records", "signed", "words", "status"),
    [
        (["3 1 1"], False, "DANE: its addresses are not signed, or the resolver does not verify", UNAVAILABLE),
        ([], True, "DANE: the DNS has no TLSA record at _", UNAVAILABLE),
        (["2 0 1", "1 1 1"], True, "names its CA by a digest or a key, which Gatepost cannot verify", UNAVAILABLE),
        (["1 1 1"], True, "has no usable record: publish `3 1 1`", UNAVAILABLE),
    ],
    ids=["not-signed", "no-records", "a-digest-of-a-ca", "not-for-smtp"],
)
def test_without_a_proof_in_the_dns_nothing_is_sent(
    installation, smarthost, certificates, records, signed, words, status
):
    """A certificate of a CA that everybody trusts does not take its place."""
    host = smarthost(tls="implicit", auth=AUTH)
    configure_dane(installation, host, tls_ca_file=str(certificates.ca))
    found = [f"{kind} {records_of(certificates)[kind]}" for kind in records]
    with name_server(zone(host, *found), signed=signed) as server:
        refused(installation, host, words, status=status, **with_dns(server))
    assert len(host.sessions) <= 1


def test_signatures_that_are_wrong_are_no_proof(installation, smarthost, certificates):
    """A resolver that verifies answers SERVFAIL for them."""
    host = smarthost(tls="implicit", auth=AUTH)
    configure_dane(installation, host)

    def bogus(response):
        if "TLSA" in response.question[0].to_text():
            response.set_rcode(2)
            response.answer = []
        return response.to_wire()

    records = f"3 1 1 {records_of(certificates)['3 1 1']}"
    with name_server(zone(host, records), bogus, signed=True) as server:
        words = "its TLSA records cannot be looked up: no name server gives an answer"
        refused(installation, host, words, status=TEMPORARY, **with_dns(server))


def test_a_resolver_elsewhere_is_not_believed_unless_root_says_so(installation, smarthost, certificates):
    """The one on this machine comes first and answers in both cases: who may answer later could sign as well."""
    host = smarthost(tls="implicit", auth=AUTH)
    configure_dane(installation, host)
    with name_server(zone(host, f"3 1 1 {records_of(certificates)['3 1 1']}"), signed=True) as server:
        elsewhere = server.resolv_conf + "nameserver 192.0.2.53\n"
        words = (
            "DANE: the resolver 192.0.2.53 is on another machine, so an attacker on the network could have "
            "forged the answer: "
        )
        refused(installation, host, words, status=CONFIGURATION, **with_dns(server, **{"resolv.conf": elsewhere}))
        assert server.asked == [(NAME, "A"), (NAME, "AAAA")]  # by the system, for its addresses
        trusted = elsewhere + "options trust-ad\n"
        assert_sent(installation.send(*FIVE, stdin=MESSAGE, **with_dns(server, **{"resolv.conf": trusted})), host, FIVE)


def test_an_alias_is_followed_to_the_name_that_is_signed(installation, smarthost, certificates):
    host = smarthost(tls="implicit", auth=AUTH)
    configure_dane(installation, host, hosts=[f"relay.test:{host.port}"])
    records = zone(host, f"3 1 1 {records_of(certificates)['3 1 1']}") | {("relay.test", "CNAME"): [f"{NAME}."]}
    with name_server(records, signed=True) as server:
        assert_sent(installation.send(*FIVE, stdin=MESSAGE, **with_dns(server)), host, FIVE)
    assert host.session.server_name == NAME


@pytest.mark.parametrize("signed", [True, False])
def test_an_mx_that_is_not_signed_chooses_no_host(installation, smarthost, certificates, signed):
    """The host behind it has signed records of its own: anybody could have named it."""
    host = smarthost(tls="implicit", auth=AUTH)
    configure_dane(installation, host, hosts=["mx:elsewhere.test"], port=host.port)
    records = zone(host, f"3 1 1 {records_of(certificates)['3 1 1']}") | {("elsewhere.test", "MX"): [f"10 {NAME}."]}

    def unsigned(response):
        if not signed and "MX" in response.question[0].to_text():
            response.flags &= ~0x20
        return response.to_wire()

    with name_server(records, unsigned, signed=True) as server:
        if signed:
            assert_sent(installation.send(*FIVE, stdin=MESSAGE, **with_dns(server)), host, FIVE)
        else:
            words = "mx:elsewhere.test: DANE: its MX records are not signed"
            refused(installation, host, words, **with_dns(server))

"""DANE: which TLSA records count, and that nothing is taken for a proof that is none."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest

from helper import status
from helper.failure import HostFailed
from helper.network.dane import Answer, Association, Expected, expected_of
from tests.unit.network.der import KEY, certificate

HOST, PORT = b"smtp.example", 587
PLACE = b"_587._tcp.smtp.example"
CERTIFICATE = certificate()
SHA_256_OF_KEY = hashlib.sha256(KEY).digest()
GOOD = (3, 1, 1, SHA_256_OF_KEY)
MATCHING = [
    (3, 0, 0, CERTIFICATE),
    (3, 0, 1, hashlib.sha256(CERTIFICATE).digest()),
    (3, 0, 2, hashlib.sha512(CERTIFICATE).digest()),
    (3, 1, 0, KEY),
    GOOD,
    (3, 1, 2, hashlib.sha512(KEY).digest()),
]
UNUSABLE = [
    (0, 0, 1),
    (1, 1, 1),
    (2, 0, 1),
    (2, 0, 2),
    (2, 1, 0),
    (2, 1, 1),
    (3, 2, 1),
    (3, 1, 3),
    (4, 1, 1),
    (255, 0, 0),
]


def tlsa(usage, selector, mtype, cert):
    """Return a record as dnspython has them."""
    return SimpleNamespace(usage=usage, selector=selector, mtype=mtype, cert=cert)


def dns(*records, **changes):
    """Return the look-up in a DNS in which everything is signed; `changes` are answers by kind."""
    answers = {
        (HOST, "A"): Answer(HOST, ("192.0.2.1",), True),
        (HOST, "AAAA"): Answer(HOST, (), True),
        (PLACE, "TLSA"): Answer(PLACE, tuple(tlsa(*record) for record in records), True),
    }
    for (name, kind), answer in answers.items():
        answers[name, kind] = changes.get(kind, answer)

    def look_up(name, kind):
        return answers.get((name, kind), Answer(name, (), True))

    return look_up


def failure_of(look_up) -> HostFailed:
    with pytest.raises(HostFailed) as caught:
        expected_of(HOST, PORT, look_up)
    return caught.value


@pytest.mark.parametrize("record", MATCHING, ids=lambda record: "-".join(map(str, record[:3])))
def test_a_certificate_is_accepted_for_what_its_record_says(record):
    expected_of(HOST, PORT, dns(record)).check(CERTIFICATE)
    expected_of(HOST, PORT, dns((3, 1, 1, bytes(32)), record)).check(CERTIFICATE)


@pytest.mark.parametrize("record", MATCHING, ids=lambda record: "-".join(map(str, record[:3])))
@pytest.mark.parametrize("change", [lambda octets: octets[:-1], lambda octets: octets[:-1] + b"?", lambda octets: b""])
def test_another_certificate_is_not(record, change):
    expected = expected_of(HOST, PORT, dns((*record[:3], change(record[3]))))
    with pytest.raises(HostFailed, match=r"_587\._tcp\.smtp\.example") as caught:
        expected.check(CERTIFICATE)
    assert caught.value.status == status.UNAVAILABLE


def test_a_certificate_that_cannot_be_read_is_not_accepted_for_its_key():
    with pytest.raises(HostFailed, match="cannot be read"):
        expected_of(HOST, PORT, dns(GOOD)).check(b"")


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_record_that_cannot_be_used_proves_nothing(kind):
    failure = failure_of(dns((*kind, SHA_256_OF_KEY)))
    assert failure.problem.startswith("DANE: _587._tcp.smtp.example TLSA ")
    assert "3 1 1" in failure.problem
    assert ("CA" in failure.problem) == (kind[0] == 2)


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_record_that_cannot_be_used_does_not_stand_in_the_way_of_others(kind):
    expected = expected_of(HOST, PORT, dns((*kind, SHA_256_OF_KEY), GOOD))
    assert expected.associations == (Association(*GOOD),)


def test_a_ca_counts_where_it_is_known_in_full():
    expected = expected_of(HOST, PORT, dns((2, 0, 0, b"a CA"), (2, 0, 0, b"another")))
    assert (expected.anchors, expected.end_entities) == ((b"a CA", b"another"), ())


def test_nothing_is_expected_of_a_host_about_which_the_dns_says_nothing():
    failure = failure_of(dns())
    assert failure.problem == "DANE: the DNS has no TLSA record at _587._tcp.smtp.example"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"TLSA": Answer(PLACE, (tlsa(*GOOD),), False)}, "its TLSA records are not signed"),
        ({"A": Answer(HOST, ("192.0.2.1",), False)}, "its addresses are not signed"),
        ({"AAAA": Answer(HOST, ("2001:db8::1",), False)}, "its addresses are not signed"),
        ({"A": Answer(HOST, (), True)}, "no address"),
    ],
)
def test_what_is_not_signed_counts_for_nothing(changes, words):
    assert words in failure_of(dns(GOOD, **changes)).problem


def test_one_kind_of_address_will_do():
    changes = {"A": Answer(HOST, (), False), "AAAA": Answer(HOST, ("2001:db8::1",), True)}
    assert expected_of(HOST, PORT, dns(GOOD, **changes)).name == HOST


def aliased(*places):
    """Return a DNS in which the host is an alias and TLSA records stand at these places."""
    alias = b"mx7.example.net"
    usual = dns(A=Answer(alias, ("192.0.2.1",), True))

    def look_up(name, kind):
        if kind != "TLSA":
            return usual(name, kind)
        return Answer(name, (tlsa(*GOOD),) if name in places else (), True)

    return look_up


def test_the_records_at_the_end_of_an_alias_come_first():
    """RFC 7672, section 2.2.2."""
    behind = b"_587._tcp.mx7.example.net"
    assert expected_of(HOST, PORT, aliased(PLACE, behind)).name == b"mx7.example.net"
    assert expected_of(HOST, PORT, aliased(behind)).name == b"mx7.example.net"
    assert expected_of(HOST, PORT, aliased(PLACE)).name == HOST
    assert "no TLSA record" in failure_of(aliased()).problem


def test_the_port_is_part_of_the_question():
    with pytest.raises(HostFailed, match=r"_465\._tcp\.smtp\.example"):
        expected_of(HOST, 465, dns(GOOD))


def test_where_the_hosts_own_certificate_is_known_only_that_counts():
    expected = Expected(HOST, PORT, (Association(2, 0, 0, CERTIFICATE), Association(3, 1, 1, bytes(32))))
    with pytest.raises(HostFailed):
        expected.check(CERTIFICATE)

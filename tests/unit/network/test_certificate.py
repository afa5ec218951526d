"""What is read in certificates, checked against openssl, and what is no certificate."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
from dataclasses import fields
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.network.certificate import (
    CERTIFICATE_LIMIT,
    NAME_LIMIT,
    NAMES_LIMIT,
    NotACertificate,
    elements,
    is_dns_name,
    issuer_of,
    names_of,
    public_key_info,
    validity_of,
)
from helper.network.tls_problem import certificate_problem
from tests.support.certificates import Certificates
from tests.unit.network.der import (
    BIT_STRING,
    GENERALIZED_TIME,
    INTEGER,
    KEY,
    SEQUENCE,
    UTC_TIME,
    alternative_names,
    certificate,
    der,
    name,
)

READERS = (public_key_info, names_of, issuer_of, validity_of, partial(is_dns_name, "a.example"))


def read_all(octets: bytes) -> list[object]:
    return [read(octets) for read in READERS]


def refused(octets: bytes) -> bool:
    """Say whether each reader refuses it with the one error that there is."""
    for read in READERS:
        with pytest.raises(NotACertificate):
            read(octets)
    return True


@pytest.mark.parametrize("kind", [each.name for each in fields(Certificates) if each.name != "ca"])
def test_the_key_is_the_one_that_openssl_finds(certificates, kind):
    file = getattr(certificates, kind).chain
    key = subprocess.run(["openssl", "x509", "-in", file, "-noout", "-pubkey"], capture_output=True, check=True)
    info = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True, check=True
    )
    assert public_key_info(ssl.PEM_cert_to_DER_cert(file.read_text())) == info.stdout


@pytest.mark.parametrize("kind", ["rsa:2048", "ed25519", "rsa-pss"])
def test_the_key_may_be_of_any_kind(tmp_path, kind):
    cert, made = tmp_path / "cert", ("openssl", "req", "-x509", "-nodes", "-newkey", kind, "-subj", "/CN=a")
    subprocess.run([*made, "-keyout", tmp_path / "key", "-out", cert], capture_output=True, check=True)
    pair = ("openssl", "pkey", "-in", tmp_path / "key", "-pubout", "-outform", "DER")
    info = subprocess.run(pair, capture_output=True, check=True)
    assert public_key_info(ssl.PEM_cert_to_DER_cert(cert.read_text())) == info.stdout


def test_names_issuer_and_dates_are_those_of_the_certificate(certificates):
    good = ssl.PEM_cert_to_DER_cert(certificates.good.chain.read_text())
    assert names_of(good) == ("localhost", "smtp.test", "127.0.0.1", "0:0:0:0:0:0:0:1")
    assert issuer_of(good) == ("Gatepost test ca",)
    assert validity_of(good) == ("2020-01-01", "2099-01-01")


def test_a_common_name_counts_where_there_is_no_other():
    assert names_of(certificate()) == ("host.example",)
    assert names_of(certificate(extensions=alternative_names(der(0x81, b"post@host.example")))) == ("host.example",)
    assert names_of(certificate(extensions=alternative_names(der(0x82, b"a.example")))) == ("a.example",)
    assert names_of(certificate(subject=name())) == ()


def test_a_version_1_certificate_has_neither_version_nor_extensions():
    assert public_key_info(certificate(version=b"")) == KEY
    assert names_of(certificate(version=b"")) == ("host.example",)


@pytest.mark.parametrize(
    ("octets", "shown"),
    [(b"\x1b[2J\nx\x7f", "?[2J?x?"), ("é".encode(), "??"), (b"*.a b", "*.a b"), (b"\0", "?")],
)
def test_a_name_is_shown_printable(octets, shown):
    assert names_of(certificate(extensions=alternative_names(der(0x82, octets)))) == (shown,)
    assert issuer_of(certificate(issuer=name(octets))) == (shown,)


def test_a_long_name_is_cut():
    for length, shown in ((NAME_LIMIT, NAME_LIMIT), (NAME_LIMIT + 1, NAME_LIMIT)):
        assert names_of(certificate(subject=name(b"x" * length))) == ("x" * shown,)


def test_of_many_names_the_first_few_are_shown():
    def shown(count: int) -> tuple[str, ...]:
        return names_of(certificate(extensions=alternative_names(*[der(0x82, b"a.example")] * count)))

    assert shown(NAMES_LIMIT) == ("a.example",) * NAMES_LIMIT
    assert shown(NAMES_LIMIT + 1) == (*("a.example",) * NAMES_LIMIT, "1 more")
    assert len(issuer_of(certificate(issuer=name(*[b"x"] * (NAMES_LIMIT + 1))))) == NAMES_LIMIT


@pytest.mark.parametrize(
    ("tag", "octets", "day"),
    [
        (UTC_TIME, b"491231000000Z", "2049-12-31"),
        (UTC_TIME, b"500101000000Z", "1950-01-01"),
        (GENERALIZED_TIME, b"99991231235959Z", "9999-12-31"),
    ],
)
def test_a_year_of_two_digits_is_of_1950_to_2049(tag, octets, day):
    assert validity_of(certificate(validity=der(SEQUENCE, *[der(tag, octets)] * 2))) == (day, day)


@pytest.mark.parametrize(
    "dates",
    [
        (),
        (der(UTC_TIME, b"250131235959Z"),),
        (der(UTC_TIME, b"2501312359Z"),) * 2,
        (der(UTC_TIME, b"250131235959+0100"),) * 2,
        (der(UTC_TIME, b"20250131235959Z"),) * 2,
        (der(GENERALIZED_TIME, b"250131235959Z"),) * 2,
        (der(INTEGER, b"20250131235959Z"),) * 2,
        (der(GENERALIZED_TIME, "٢٠٢٥0131235959Z".encode()),) * 2,
    ],
)
def test_what_is_no_date_is_not_shown_as_one(dates):
    with pytest.raises(NotACertificate):
        validity_of(certificate(validity=der(SEQUENCE, *dates)))


@pytest.mark.parametrize(
    ("octets", "length"),
    [
        (b"\x04\0", 0),
        (b"\x04\x7f" + bytes(127), 127),
        (b"\x04\x81\x80" + bytes(128), 128),
        (b"\x04\x82\x01\0" + bytes(256), 256),
        (b"\x04\x83\x01\0\0" + bytes(65536), 65536),
    ],
)
def test_a_length_is_read_in_its_shortest_form(octets, length):
    assert [len(element.content) for element in elements(octets * 2)] == [length, length]


@pytest.mark.parametrize(
    "octets",
    [
        b"\x04",
        b"\x04\x01",
        b"\x04\x80\0\0",
        b"\x04\x81\x7f" + bytes(127),
        b"\x04\x81",
        b"\x04\x82\0\x80" + bytes(128),
        b"\x04\x82\x01",
        b"\x04\x82\x01\0" + bytes(255),
        b"\x04\x85\x01\0\0\0\0",
        b"\x04\x85\0\0\0\x01\0" + bytes(256),
        b"\x1f\0",
        b"\x3f\x81\x01\0",
    ],
)
def test_every_other_form_is_refused(octets):
    """X.690, section 10.1: in DER there is one way to write each thing, and what has two can mean two things."""
    with pytest.raises(NotACertificate):
        elements(octets)


NO_CERTIFICATES = {
    "nothing": b"",
    "text": b"-----BEGIN CERTIFICATE-----",
    "more-after-it": certificate() + b"\0",
    "cut": certificate()[:-1],
    "an-indefinite-length": b"\x30\x80" + certificate()[2:] + b"\0\0",
    "a-length-longer-than-needed": b"\x30\x82\0" + certificate()[2:],
    "a-short-length-in-the-long-form": der(SEQUENCE, b"\x02\x81\x01\x01"),
    "a-length-of-five-octets": b"\x30\x85" + bytes(5) + certificate(),
    "a-length-without-octets": b"\x30\x82\x01",
    "a-tag-without-length": b"\x30",
    "a-tag-of-two-octets": der(0x3F, certificate()),
    "a-set": der(0x31, certificate()[3:]),
    "no-signature": der(SEQUENCE, der(SEQUENCE), der(SEQUENCE)),
    "a-key-that-is-none": certificate(key=der(SEQUENCE, der(BIT_STRING, b"\0"))),
    "too-few-parts": der(SEQUENCE, der(SEQUENCE, der(INTEGER, b"\1")), der(SEQUENCE), der(BIT_STRING)),
    "nothing-signed": der(SEQUENCE, der(SEQUENCE), der(SEQUENCE), der(BIT_STRING)),
}


@pytest.mark.parametrize("octets", NO_CERTIFICATES.values(), ids=NO_CERTIFICATES)
def test_what_is_no_certificate_in_der_is_refused(octets):
    assert refused(octets)


def test_what_is_longer_than_certificates_are_is_not_looked_at():
    room = CERTIFICATE_LIMIT - len(certificate(subject=name(b"x" * 100_000))) + 100_000
    assert len(certificate(subject=name(b"x" * room))) == CERTIFICATE_LIMIT
    assert read_all(certificate(subject=name(b"x" * room)))
    assert refused(certificate(subject=name(b"x" * (room + 1))))


@given(st.binary(max_size=300))
def test_octets_are_read_or_refused_and_nothing_else(octets):
    for read in READERS:
        with contextlib.suppress(NotACertificate):
            read(octets)


@given(st.data())
def test_a_damaged_certificate_is_read_or_refused_and_nothing_else(data):
    octets = bytearray(certificate(extensions=alternative_names(der(0x82, b"a.example"), der(0x87, bytes(16)))))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    for read in READERS:
        with contextlib.suppress(NotACertificate):
            read(bytes(octets))


NINE = [der(0x82, b"a%d.example" % number) for number in range(9)]


@pytest.mark.parametrize(
    ("octets", "address", "is_told"),
    [
        (certificate(extensions=alternative_names(der(0x82, b"192.0.2.1"))), "192.0.2.1", True),
        (certificate(extensions=alternative_names(*NINE, der(0x82, b"192.0.2.1"))), "192.0.2.1", True),
        (certificate(extensions=alternative_names(der(0x82, b"2001:DB8::1"))), "2001:db8::1", True),
        (certificate(subject=name(b"192.0.2.1")), "192.0.2.1", True),
        (certificate(subject=name(b"192.0.2.1"), extensions=alternative_names(*NINE)), "192.0.2.1", True),
        (certificate(extensions=alternative_names(der(0x87, bytes((192, 0, 2, 7))))), "192.0.2.1", False),
        (certificate(extensions=alternative_names(*NINE)), "192.0.2.1", False),
        (b"no certificate", "192.0.2.1", False),
        (b"", "192.0.2.1", False),
    ],
)
def test_an_address_that_a_certificate_has_as_a_name_is_told_as_that(octets, address, is_told):
    problem = certificate_problem(64, "IP address mismatch", octets, address)
    if is_told:
        assert problem.startswith(f"it has {address} as a name, and an address counts only as an address")
        assert "tls_pins" in problem
    else:
        assert problem.startswith("it is for ") and f", not for {address}: " in problem

"""Certificates: how long they will do, counted from today."""

from __future__ import annotations

import ssl
from datetime import date, timedelta

import pytest

from admin.certificate import SOON_DAYS, Certificate, read_certificate

LAST_DAY = date(2099, 1, 1)


@pytest.fixture(scope="module")
def octets(certificates):
    return ssl.PEM_cert_to_DER_cert(certificates.good.chain.read_text())


def test_a_certificate_says_whom_it_is_for_and_until_when(octets):
    found = read_certificate(octets, date(2098, 1, 1))
    assert found.text == "certificate for localhost, smtp.test, 127.0.0.1, 0:0:0:0:0:0:0:1 until 2099-01-01"
    assert found.facts["until"] == "2099-01-01"
    assert found.facts["days_left"] == 365
    assert found.facts["issuer"] == ["Gatepost test ca"]


@pytest.mark.parametrize(("days", "ending"), [(SOON_DAYS - 1, True), (SOON_DAYS, False)])
def test_one_that_ends_soon_is_told(octets, days, ending):
    found = read_certificate(octets, LAST_DAY - timedelta(days))
    assert found.is_ending == ending
    assert found.text.endswith(
        f"until 2099-01-01; it expires in {days} days, renew it" if ending else "until 2099-01-01"
    )


def test_one_that_has_ended_is_told(octets):
    found = read_certificate(octets, LAST_DAY + timedelta(1))
    assert (found.is_ending, found.facts["days_left"]) == (True, -1)
    assert found.text.endswith(", expired on 2099-01-01")


@pytest.mark.parametrize("octets", [b"", b"\0" * 100, b"\x30\x82\xff\xff"])
def test_what_is_no_certificate_says_nothing(octets):
    found = read_certificate(octets, LAST_DAY)
    assert found == Certificate((), (), None, 0)
    assert (found.text, found.is_ending) == ("certificate for no name", False)

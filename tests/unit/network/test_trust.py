"""Pins: one key, and no other, whatever else stands in the certificate."""

from __future__ import annotations

import hashlib

import pytest

from helper import status
from helper.failure import HostFailed
from helper.network.trust import check_pins
from tests.unit.network.der import ALGORITHM, BIT_STRING, KEY, SEQUENCE, certificate, der, name

PIN = hashlib.sha256(KEY).digest()
OTHER = hashlib.sha256(der(SEQUENCE, ALGORITHM, der(BIT_STRING, b"\0other"))).digest()


@pytest.mark.parametrize("pins", [(PIN,), (OTHER, PIN), (PIN, OTHER)])
def test_one_of_the_pins_has_to_be_that_of_the_key(pins):
    check_pins(certificate(), pins)
    check_pins(certificate(subject=name(b"renewed.example")), pins)


def test_another_key_is_refused_and_told_without_the_pins():
    with pytest.raises(HostFailed) as caught:
        check_pins(certificate(), (OTHER,))
    assert caught.value.status == status.UNAVAILABLE
    assert PIN.hex() in caught.value.problem
    assert OTHER.hex() not in caught.value.problem


@pytest.mark.parametrize("octets", [b"", b"\0", certificate()[:-1], KEY])
def test_what_is_no_certificate_matches_no_pin(octets):
    with pytest.raises(HostFailed, match="cannot be read"):
        check_pins(octets, (PIN, hashlib.sha256(octets).digest()))

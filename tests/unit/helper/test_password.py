"""A file of a secret is one line; that of an access token may say in a second one until when it is good."""

from __future__ import annotations

import pytest

from helper.failure import ConfigError
from helper.password import password_in
from helper.secret import Secret

FILE = "/etc/gatepost/secrets/relay.token"
TIME = b"2026-11-28T12:00:00Z"


def read(octets: bytes) -> Secret:
    return password_in(Secret(octets, FILE))


@pytest.mark.parametrize("octets", [b"token", b"token\n", b"token\r\n", b"expires " + TIME])
def test_one_line_is_a_secret_that_never_expires(octets):
    secret = read(octets)
    assert (secret.reveal(), secret.expires) == (octets.strip(), "")


@pytest.mark.parametrize("octets", [b"token\r\n", b"token\nexpires " + TIME])
def test_a_byte_order_mark_at_the_start_is_no_part_of_it(octets):
    assert read(b"\xef\xbb\xbf" + octets).reveal() == b"token"


@pytest.mark.parametrize("octets", [b"token\nexpires %s", b"token\nexpires %s\n", b"token\r\nexpires %s\r\n"])
def test_a_second_line_says_when_it_expires(octets):
    secret = read(octets % TIME)
    assert (secret.reveal(), secret.source, secret.expires) == (b"token", FILE, TIME.decode())


@pytest.mark.parametrize(
    "time",
    [
        *(b"", b"tomorrow", b"1795867200", b"2026-11-28 12:00:00Z", b"2026-11-28T12:00:00+01:00"),
        *(TIME + b"\nmore", TIME + b" ", b" " + TIME, TIME.lower(), TIME.replace(b"2", "\u0662".encode())),
    ],
)
def test_a_time_of_another_form_is_told_and_not_shown(time):
    with pytest.raises(ConfigError) as raised:
        read(b"token\nexpires " + time + b"\n")
    assert raised.value.problem == "needs an expiry time such as 2026-11-28T12:00:00Z: gatepost refresh"


@pytest.mark.parametrize("octets", [b"", b"\n", b"\nexpires " + TIME, b"a\nb\nexpires " + TIME, b"a\nb\n", b"a\0b"])
def test_what_is_no_single_line_is_no_secret(octets):
    with pytest.raises(ConfigError):
        read(octets)

from __future__ import annotations

import binascii
import marshal

import pytest

from helper.config.compiled import compile_configuration, compiled_configuration
from helper.config.configuration import parse_configuration
from helper.config.values import ThisHost

MACHINE = ThisHost(b"ws1.example.net", b"example.net", True)
SOURCE = b"""
[transports.relay]
driver = "smtp"
hosts = ["smtp.example.net:587", "[2001:db8::1]:465"]
auth = { user = "ws1", password_file = "relay.password" }
[[routers]]
driver = "redirect"
file = "/etc/aliases"
domains = ["example.net", "!x.example"]
[[routers]]
driver = "accept"
transport = "relay"
[rewrite]
"root" = "admin@example.net"
[[policies]]
callers = ["kiosk"]
allow = false
"""
CONFIGURATION = parse_configuration(SOURCE, "gatepost.toml", MACHINE)
COMPILED = compile_configuration(CONFIGURATION, SOURCE, MACHINE)
ORIGIN = marshal.loads(COMPILED[4:])[0]


def whole(value) -> bytes:
    """Return a copy that is not damaged, of anything."""
    octets = marshal.dumps(value)
    return binascii.crc32(octets).to_bytes(4, "big") + octets


def test_the_compiled_copy_says_what_the_file_says():
    assert compiled_configuration(COMPILED, SOURCE, MACHINE) == CONFIGURATION


@pytest.mark.parametrize(
    ("source", "machine"),
    [
        (SOURCE + b"\n", MACHINE),
        (SOURCE.replace(b"587", b"465"), MACHINE),
        (SOURCE, MACHINE.replace(host_name=b"ws2.example.net")),
        (SOURCE, MACHINE.replace(mailname=None)),
        (SOURCE, MACHINE.replace(has_aliases=False)),
    ],
)
def test_a_copy_of_anything_else_is_not_used(source, machine):
    assert compiled_configuration(COMPILED, source, machine) is None


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"nonsense",
        b"(" * 100_000,
        COMPILED[:-1],
        COMPILED[:-1] + b"?",
        whole(None),
        whole((1, 2, 3)),
        whole((ORIGIN, 7)),
        whole((ORIGIN, ("Router", {}))),
        whole((ORIGIN, ("Router", 7))),
        whole((ORIGIN, ("Popen", {"args": "true"}))),
    ],
)
def test_what_is_no_copy_is_not_used(octets):
    assert compiled_configuration(octets, SOURCE, MACHINE) is None

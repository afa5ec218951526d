from __future__ import annotations

import binascii
import marshal

import pytest

from helper.config.compiled import compile_configuration
from helper.config.configuration import parse_configuration
from helper.config.values import needs_of, this_host_of
from helper.failure import ConfigError
from helper.loaded_state import load_state
from helper.privileged.acquire import Acquired
from helper.privileged.compiled_copy import content_of

MACHINE = (b"ws1.example.net", b"example.net\n", True)
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
CONFIGURATION = parse_configuration(SOURCE, "gatepost.toml", this_host_of(*MACHINE))
COMPILED = compile_configuration(CONFIGURATION, SOURCE, MACHINE)
ORIGIN = marshal.loads(COMPILED[4:])[0]


def whole(value) -> bytes:
    """Return a copy that is not damaged, of anything."""
    octets = marshal.dumps(value)
    return binascii.crc32(octets).to_bytes(4, "big") + octets


def test_the_compiled_copy_says_what_the_file_says():
    needs, packed = content_of(COMPILED, SOURCE, MACHINE)
    assert needs == needs_of(CONFIGURATION)
    assert meaning(packed) == CONFIGURATION


@pytest.mark.parametrize("packed", [7, ("Router", {}), ("Router", 7), ("Popen", {"args": "true"})])
def test_values_that_this_version_does_not_know_are_parsed_again(packed):
    assert meaning(packed) == CONFIGURATION


def meaning(packed):
    """Return what is made of it after the drop; the failure spares the passwords, which nobody has read here."""
    acquired = Acquired(ConfigError("file", "is missing"), packed=packed, source=SOURCE, machine=MACHINE)
    return load_state(acquired).configuration


@pytest.mark.parametrize(
    ("source", "machine"),
    [
        (SOURCE + b"\n", MACHINE),
        (SOURCE.replace(b"587", b"465"), MACHINE),
        (SOURCE, (b"ws2.example.net", *MACHINE[1:])),
        (SOURCE, (MACHINE[0], b"", True)),
        (SOURCE, (*MACHINE[:2], False)),
    ],
)
def test_a_copy_of_anything_else_is_not_used(source, machine):
    assert content_of(COMPILED, source, machine) is None


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
        whole((ORIGIN, 7, ("", ()))),
        whole((ORIGIN, ("syslog", ()), ("", ()))),
    ],
)
def test_what_is_no_copy_is_not_used(octets):
    assert content_of(octets, SOURCE, MACHINE) is None

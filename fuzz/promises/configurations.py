"""A configuration is parsed, or a ConfigError with a line that the file has; none of them shows a value of the file.

What was parsed is the same when it is parsed again, and when it was compiled.
"""

from __future__ import annotations

import tomllib

from fuzz.promises.compiled import meaning_of
from helper.config.compiled import compile_configuration
from helper.config.configuration import parse_configuration
from helper.config.values import this_host_of
from helper.failure import ConfigError

CANARY = "Tr0ub4dor+3"  # in a key that would be shown, it would be no value
FACTS = (b"ws1.example.org", b"", True)
MACHINE = this_host_of(*FACTS)
HEAD = b'qualify_domain = "example.net"\n[transports.relay]\ndriver = "smtp"\nhosts = ["smtp.example.net:587"]\n'
SEEDS = (
    HEAD + b'auth = { user = "ws1", password_file = "relay.password" }\ntls_pins = ["Tr0ub4dor+3"]\n',
    HEAD + b'[[routers]]\ndriver = "redirect"\nfile = "/etc/aliases"\ndomains = ["Tr0ub4dor+3", "!x"]\n',
    HEAD + b'[rewrite]\n"root" = "Tr0ub4dor+3"\n"*@host.local" = "*@example.net"\n',
    HEAD + b'[[policies]]\ncallers = ["@kiosk"]\nallow = "Tr0ub4dor+3"\nsenders = ["^(Tr0ub4dor+3", "*@x"]\n',
    HEAD + b'connect_timeout = "1h30m"\nheaders_add = ["Tr0ub4dor+3"]\nport = 465\ntls = "implicit"\n',
    HEAD + b'tls_min_version = "Tr0ub4dor+3"\n',
    b"message_size_limit = '10K'\nlog = \"\"\"Tr0ub4dor+3\"\"\"\ntrusted_users = ['a',\n'Tr0ub4dor+3']\n" + HEAD,
)
WORDS = (
    b'\n| = |"|\'|"""|[|]|[[|{ |}|, |#|\\|true|Tr0ub4dor+3|0x1|1e9|-1|auth|hosts|routers|policies|rewrite|'
    b"transports.relay|driver|callers|file|\\u0000"
).split(b"|")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    try:
        configuration = parse_configuration(octets, "/etc/x", MACHINE)
    except ConfigError as error:
        check_error(error, octets)
        return
    assert parse_configuration(octets, "/etc/x", MACHINE) == configuration
    copy = compile_configuration(configuration, octets, FACTS)
    assert meaning_of(copy, octets, FACTS) == configuration
    assert meaning_of(copy, octets + b"\n", FACTS) is None
    for name in (configuration.qualify_domain, configuration.qualify_recipient, configuration.primary_hostname):
        assert name and not name.translate(None, b"abcdefghijklmnopqrstuvwxyz0123456789-_.")


def check_error(error: ConfigError, octets: bytes) -> None:
    """Look at an error, and at what led to it."""
    assert error.problem.isascii() and error.problem.isprintable()
    assert error.line is None or 1 <= error.line <= octets.count(b"\n") + 1
    assert error.__context__ is None, "led to by an exception that may hold a value"
    shown = f"{error} {error!r} {vars(error)!r}"
    assert CANARY not in shown or is_a_key(octets), "it shows a value"


def is_a_key(octets: bytes) -> bool:
    """Return whether the canary is a key: a pattern of [rewrite] is one that is shown."""
    try:
        tables = tomllib.loads(octets.decode())
    except ValueError:
        return False
    return any(CANARY in key for key in tables.get("rewrite", {}))

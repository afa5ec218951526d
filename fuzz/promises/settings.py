"""Values of the configuration are a BadValue that does not show them, or what everybody else would read in them.

Addresses are those of Python's ipaddress, a host is the same when it is written down again, and a pattern takes what a
regular expression for it takes.
"""

from __future__ import annotations

import ipaddress
import re

from fuzz.drawn import Drawn
from helper.address import Mailbox
from helper.config.hosts import HOST, parse_domain, parse_helo_data, parse_host
from helper.config.nearest import nearest
from helper.config.parsers import parse_duration, parse_size
from helper.config.shape import BadValue
from helper.config.values import Host
from helper.domain import is_ipv4, is_ipv6
from helper.routing.patterns import matches_text

SEEDS = (
    b"smtp.example.net:587\0\1",
    b"[2001:db8::1]:submission\0",
    b"192.0.2.1\0*.2.?",
    b"mx:example.com.\0m*e*m",
    b"::ffff:192.0.2.1\0",
    b"1h30m\0",
    b"10K\0",
    b"01.2.3.4\0a*",
    b"1:2:3:4:5:6:7::\0**",
)
WORDS = b":|::|.|*|[|]|mx:|srv:|587|example|192.0.2.1|2001:db8|w|d|h|m|s|\x00".split(b"|")
PARSERS = (parse_host, parse_domain, parse_helo_data, parse_duration, parse_size)


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    text = drawn.text().decode("utf-8", "replace")
    for parse in PARSERS:
        try:
            parsed = parse(text)
        except BadValue as bad:
            assert bad.problem.isprintable() and (len(text) < 12 or text not in bad.problem or text in HOST.words)
            assert bad.__context__ is None
            continue
        if isinstance(parsed, Host):
            check_host(parsed)
    assert is_ipv4(text) == is_read_by(ipaddress.IPv4Address, text)
    assert is_ipv6(text) == ("%" not in text and is_read_by(ipaddress.IPv6Address, text))
    assert nearest(text, ["hosts", "port"]) in ("hosts", "port", None, "")
    check_pattern(drawn.octets[:40], text.encode("utf-8", "replace")[:60])


def is_read_by(read: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address], text: str) -> bool:
    """Return whether the library takes a text for an address."""
    try:
        read(text)
    except ValueError:
        return False
    return text.isascii()


def check_host(host: Host) -> None:
    """Write a host down and read it again."""
    name = host.name.decode("ascii")
    text = {"mx": "mx:", "srv": "srv:"}.get(host.kind, "") + (f"[{name}]" if host.is_address else f"{name}.")
    where = host.port or (host.service or b"").decode("ascii")
    assert parse_host(f"{text}:{where}" if where else text) == host
    if not host.is_address:
        Mailbox(b"postmaster", host.name)


def check_pattern(pattern: bytes, text: bytes) -> None:
    """Compare a pattern with a regular expression."""
    if pattern.startswith(b"^") or pattern.count(b"*") > 3:  # re tries every place for each of them
        return
    text = text.lower()
    expression = b".*".join(map(re.escape, pattern.lower().split(b"*")))
    assert matches_text(pattern, text) == (re.fullmatch(expression, text, re.DOTALL) is not None)

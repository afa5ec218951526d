"""Addresses of a list stand in it in their order, apart from each other, and each reads back alone as the same one.

With other addresses in their places the list is the same but for these.
"""

from __future__ import annotations

from helper.address import AddressSyntax
from helper.message.address_list import parse_address_list
from helper.message.header import Field
from helper.message.rewrite_header import rewrite_addresses

SEEDS = (
    b"a@x, B C <d@y.example>, friends: e, f@z;, ; g@h",
    b"friends: ;",
    b'"a, b" <c@d> (one, two), <@r.example:e@f>, g . h @ i . j,,',
    b"a (c(d)e) @ (f) x",
    "J\u00f6rg <joerg@x>, =?utf-8?q?J=C3=B6rg?= <j@y>".encode(),
    b"a@x b@y",
)
WORDS = b'@|<|>|"|\\|(|)|[|]|:|;|, |.| |\n |a@x'.split(b"|")
OTHER = (b"other", b"rewritten.example")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    try:
        specs = parse_address_list(octets)
    except AddressSyntax as error:
        assert error.problem.isascii() and error.problem.isprintable() and 0 <= error.position <= len(octets)
        field = Field(b"To", b"To:" + octets)
        assert rewrite_addresses(field, lambda _local, _domain: b"x@y") == field
        return
    end = 0
    for spec in specs:
        assert end <= spec.start < spec.end <= len(octets)
        end = spec.end
        (alone,) = parse_address_list(octets[spec.start : spec.end])
        assert (alone.local_part, alone.domain) == (spec.local_part, spec.domain)
    check_rewriting(octets, len(specs))


def check_rewriting(octets: bytes, count: int) -> None:
    """Put another address into the place of each."""
    field = rewrite_addresses(Field(b"To", b"To:" + octets), lambda _local, _domain: b"@".join(OTHER))
    assert [(spec.local_part, spec.domain) for spec in parse_address_list(field.body)] == [OTHER] * count
    unchanged = rewrite_addresses(Field(b"To", b"To:" + octets), lambda _local, _domain: None)
    assert unchanged.octets == b"To:" + octets

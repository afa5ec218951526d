"""One definition of an address, and every room that reads one takes the same ones."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from admin.unroutable import mailbox_of
from helper.address import ADDRESS_LIMIT, LOCAL_PART_LIMIT, AddressSyntax, Mailbox, unescape, wire_local_part
from helper.config.mailboxes import parse_mailbox as parse_configured
from helper.config.mailboxes import parse_reverse_path as parse_configured_reverse_path
from helper.config.rules import build_rewrite
from helper.config.shape import BadValue
from helper.domain import DOMAIN_LIMIT
from helper.message.address_list import parse_address_list, parse_mailbox
from helper.message.path import parse_path, parse_reverse_path
from helper.routing.items import parse_address

LONGEST_DOMAIN = b".".join([b"x" * 63] * 4)  # 255 octets


def in_configuration(read):
    return lambda text: read(text.decode("utf-8"))


def in_rewrite(text: bytes) -> bytes:
    return build_rewrite({"root": text.decode("utf-8")})[0][1]


def of_alias(text: bytes) -> bytes:
    mailbox = mailbox_of(text, b"example.net")
    if mailbox is None:
        raise AddressSyntax("", 0)
    return mailbox.octets


READERS = {
    "a value of the configuration": in_configuration(parse_configured),
    "a reverse-path of the configuration": in_configuration(parse_configured_reverse_path),
    "the right side of [rewrite]": in_rewrite,
    "a path of MAIL, RCPT and -f": lambda text: parse_path(text, b"example.net").octets,
    "a reverse-path of MAIL and -f": lambda text: parse_reverse_path(text, b"example.net").octets,
    "a header field": lambda text: parse_mailbox(text, b"example.net").octets,
    "an item of an alias": lambda text: parse_address(text, b"example.net").octets,
    "check": of_alias,
}
MAY_BE_FOLDED = ("a header field", "an item of an alias", "check")
TAKEN = [
    (b"a@x", b"a@x"),
    (b"a.b+c_d=e!f@x.example", b"a.b+c_d=e!f@x.example"),
    (b'"a b"@x', b'"a b"@x'),
    (b'"a..b"@x', b'"a..b"@x'),
    (b'"a@b"@x', b'"a@b"@x'),
    (b"a@ws_1.X.example", b"a@ws_1.X.example"),
    (b"a@1.2.3.4.example", b"a@1.2.3.4.example"),
    (b"a@[192.0.2.1]", b"a@[192.0.2.1]"),
    (b"a@[IPv6:2001:db8::1]", b"a@[IPv6:2001:db8::1]"),
    (b"a@[IPv6:::ffff:192.0.2.1]", b"a@[IPv6:::ffff:192.0.2.1]"),
    ("zoë@bücher.example".encode(), "zoë@xn--bcher-kva.example".encode()),
    ("a@BU\u0308CHER.example".encode(), b"a@xn--bcher-kva.example"),
    (b"a" * 64 + b"@" + LONGEST_DOMAIN, b"a" * 64 + b"@" + LONGEST_DOMAIN),  # each as long as the RFC has it
    (b"a" * LOCAL_PART_LIMIT + b"@" + LONGEST_DOMAIN, b"a" * LOCAL_PART_LIMIT + b"@" + LONGEST_DOMAIN),
]
REFUSED = [
    b"@x",
    b"a@",
    b"a@x@y",
    b"a b@x",
    b"a@x y",
    b"a@x,b@x",
    b"a@.x",
    b"a@x..y",
    b"a@-x.example",
    b"a@x-.example",
    b"a@x.-",
    b"a@192.0.2.1",
    b"a@1",
    b"a@x.1",
    b"a@[192.0.2.256]",
    b"a@[192.0.2.01]",
    b"a@[192.0.2.1",
    b"a@192.0.2.1]",
    b"a@[]",
    b"a@[x.example]",
    b"a@[::1]",
    b"a@[IPv6:1:2]",
    b"a@[IPv6:192.0.2.1]",
    b"a@[IPv6:fe80::1%eth0]",
    b"a@[Tag:x]",
    b"a@x!",
    b"a@x/y",
    b"a\0@x",
    "a@\ufb01.example".encode(),
    "a@bücher。example".encode(),
    "a\u0085@x".encode(),
    "a\u2028@x".encode(),
    b"a@" + b"x" * 64 + b".example",
    b"a@x" + LONGEST_DOMAIN,
    b"a@" + LONGEST_DOMAIN + b".x",
    b"a" * (LOCAL_PART_LIMIT + 1) + b"@x",
]


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(("text", "octets"), TAKEN, ids=lambda octets: ascii(octets)[:40])
def test_every_room_takes_the_same_addresses(read, text, octets):
    assert read(text) == octets


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("text", REFUSED, ids=lambda octets: ascii(octets)[:40])
def test_every_room_refuses_the_same_addresses(read, text):
    with pytest.raises((AddressSyntax, BadValue)):
        read(text)


@pytest.mark.parametrize("read", [READERS[name] for name in READERS if name not in MAY_BE_FOLDED])
@pytest.mark.parametrize("text", [b"a\n@x", b"a@x\r\n"])
def test_a_line_break_belongs_only_where_lines_are_folded(read, text):
    with pytest.raises((AddressSyntax, BadValue)):
        read(text)


def test_an_ip_address_without_brackets_is_told_what_to_write():
    with pytest.raises(AddressSyntax, match="must be in square brackets"):
        Mailbox(b"a", b"192.0.2.1")


def test_the_longest_address_has_the_longest_parts():
    assert len(Mailbox(b"a" * LOCAL_PART_LIMIT, LONGEST_DOMAIN).octets) == ADDRESS_LIMIT


@pytest.mark.parametrize(
    ("local_part", "domain"),
    [
        (b"", b"x"),
        (b"a", b""),
        (b"a b", b"x"),
        (b"a\rb", b"x"),
        (b"a\nb", b"x"),
        (b'"a\nb"', b"x"),
        (b'"a\tb"', b"x"),
        (b'"a\x00b"', b"x"),
        (b'"a\x7fb"', b"x"),
        (b"a>b", b"x"),
        (b"a@b", b"x"),
        (b".a", b"x"),
        (b"a.", b"x"),
        (b"a..b", b"x"),
        (b'"bob"', b"x"),  # its one wire form has no quotes
        (b'"a b', b"x"),
        (b'a b"', b"x"),
        (b'"', b"x"),
        (b'"a"b c"', b"x"),
        (b'"a b\\"', b"x"),
        (b"\xff", b"x"),
        (b"\xc3", b"x"),
        (b"a", b"\xff"),
        ("a\u0085".encode(), b"x"),
        ("a\u2028".encode(), b"x"),
        ("a\u00a0".encode(), b"x"),
        (b"a", "x\u3000y".encode()),
        (b"a", b"x y"),
        (b"a", b"x\r\n"),
        (b"a", b"x>"),
        (b"a", b".x"),
        (b"a", b"x."),
        (b"a", b"x..y"),
        (b"a", b"x@y"),
        (b"a", b"[192.0.2.1"),
        (b"a", b"[]"),
        (b"a", b"["),
        (b"a", b"[a>b]"),
        (b"a", b"[a b]"),
    ],
)
def test_a_mailbox_cannot_hold(local_part, domain):
    with pytest.raises(AddressSyntax):
        Mailbox(local_part, domain)


@pytest.mark.parametrize(
    ("local_part", "domain"),
    [(b"a" * LOCAL_PART_LIMIT, b"x"), (b'"' + b" " * (LOCAL_PART_LIMIT - 2) + b'"', b"x"), (b"a", LONGEST_DOMAIN)],
)
def test_a_mailbox_is_as_long_as_it_may_be(local_part, domain):
    assert len(LONGEST_DOMAIN) == DOMAIN_LIMIT
    assert Mailbox(local_part, domain).octets == local_part + b"@" + domain


@pytest.mark.parametrize(
    ("local_part", "domain"),
    [
        (b"a" * (LOCAL_PART_LIMIT + 1), b"x"),
        (b'"' + b" " * (LOCAL_PART_LIMIT - 1) + b'"', b"x"),
        (b"a", LONGEST_DOMAIN[:-1] + b".x"),
    ],
)
def test_a_mailbox_is_not_longer_than_it_may_be(local_part, domain):
    with pytest.raises(AddressSyntax):
        Mailbox(local_part, domain)


def test_only_the_domain_of_a_mailbox_knows_no_case():
    assert Mailbox(b"Bob", b"X.Example").key == Mailbox(b"Bob", b"x.eXAMPLE").key == b"Bob@x.example"
    assert Mailbox(b"bob", b"x").key != Mailbox(b"Bob", b"x").key


@pytest.mark.parametrize(
    ("mailbox", "internationalised"),
    [
        (Mailbox(b"a", b"x"), False),
        (Mailbox("ü".encode(), b"x"), True),
        (Mailbox(b"a", "ü".encode()), False),
        (Mailbox('"ü b"'.encode(), b"x"), True),
    ],
)
def test_a_mailbox_knows_whether_it_needs_smtputf8(mailbox, internationalised):
    assert mailbox.is_internationalised is internationalised


@given(st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zs", "Zl", "Zp")) | st.just(" "), max_size=20))
@example('a\\"b\\\\')
def test_every_local_part_has_one_wire_form_that_means_it(text):
    content = text.encode()
    wire = wire_local_part(content)
    assert [(each.local_part, each.domain) for each in parse_address_list(wire + b"@x")] == [(wire, b"x")]
    assert (unescape(wire[1:-1]) if wire.startswith(b'"') else wire) == content


@pytest.mark.parametrize(
    ("local_part", "domain", "octets"),
    [
        ("u", "BÜCHER.Example", "u@xn--bcher-kva.Example"),
        ("u", "bu\u0308cher.example", "u@xn--bcher-kva.example"),
        ("u", "XN--BCHER-KVA.example", "u@XN--BCHER-KVA.example"),
        ("zoe\u0308", "x", "zoë@x"),
        ('"zoe\u0308 x"', "x", '"zoë x"@x'),
        ("a\u037eb", "x", '"a;b"@x'),  # a Greek question mark is a semicolon in NFC
        ("\u212a", "x", "K@x"),  # the sign for Kelvin
    ],
)
def test_an_address_has_one_spelling(local_part, domain, octets):
    assert Mailbox(local_part.encode(), domain.encode()).octets == octets.encode()


@pytest.mark.parametrize("domain", ["\ufb01.example", "a。example", "\u0308a.example", "-ü.example", "ü" * 60 + ".x"])
def test_a_domain_that_has_no_a_labels_is_refused(domain):
    with pytest.raises(AddressSyntax, match="cannot be put into ASCII"):
        Mailbox(b"u", domain.encode())

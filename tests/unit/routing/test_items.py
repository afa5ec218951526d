"""The items of lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.address import Mailbox
from helper.routing import items
from helper.routing.items import ITEMS_MAX, Item, ListSyntax, parse_items

A = Mailbox(b"a", b"x.example")
B = Mailbox(b"b", b"example.net")


def address(mailbox):
    return Item(items.ADDRESS, mailbox=mailbox)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", []),
        (b" , ,\n,\n", []),
        (b"a@x.example", [address(A)]),
        (b"b", [address(B)]),
        (b"a@x.example, b", [address(A), address(B)]),
        (b"a@x.example\nb\n", [address(A), address(B)]),
        (b"a@x.example\r\nb\r\n", [address(A), address(B)]),
        (b"# a comment, c\nb", [address(B)]),
        (b"b, # the rest, c", [address(B)]),
        (b'"Doe, A" <a@x.example>, b', [address(A), address(B)]),
        (b"a@x.example (one, (two), \\) three), b", [address(A), address(B)]),
        (b'"\\"," <b>', [address(B)]),
        (b'"(" <b>, a@x.example', [address(B), address(A)]),
        (b'"a@x.example"', [address(A)]),
        (b'"a@x.example" , "b"', [address(A), address(B)]),
        (b'" a@x.example\t"', [address(A)]),
        (b'"<a@x.example>"', [address(A)]),
        (b'"A B <a@x.example>"', [address(A)]),
        (b'"Doe (A)" <a@x.example>, b', [address(A), address(B)]),
        (b'"a b"@x.example', [address(Mailbox(b'"a b"', b"x.example"))]),
        (b'"\\"a b\\"@x.example"', [address(Mailbox(b'"a b"', b"x.example"))]),
        (b'"a@b"@x.example', [address(Mailbox(b'"a@b"', b"x.example"))]),
        (b"\\b", [Item(items.OWN, b"b")]),
        (b"\\ b", [Item(items.OWN, b"b")]),
        (b'"\\b"', [Item(items.OWN, b"b")]),
        (b'\\"b"', [Item(items.OWN, b"b")]),
        (b'\\b, "|/usr/bin/vacation b"', [Item(items.OWN, b"b"), Item(items.PIPE, b"|/usr/bin/vacation b")]),
        (b"\\a@x.example", [Item(items.OWN, mailbox=A)]),
        (b":include:/etc/list", [Item(items.INCLUDE, b"/etc/list")]),
        (b":Include: /etc/list , b", [Item(items.INCLUDE, b"/etc/list"), address(B)]),
        (b'":include:/etc/a list"', [Item(items.INCLUDE, b"/etc/a list")]),
        (b'":blackhole:", "/dev/null"', [Item(items.BLACKHOLE), Item(items.NOTHING)]),
        (b'":fail: gone, for good"', [Item(items.FAIL, b"gone, for good")]),
        (b":fail: gone, for good\nb", [Item(items.FAIL, b"gone, for good"), address(B)]),
        (b"b, :FAIL:", [address(B), Item(items.FAIL)]),
        (b":defer: (later", [Item(items.DEFER, b"(later")]),
        (b":blackhole:", [Item(items.BLACKHOLE)]),
        (b":unknown:", [Item(items.UNKNOWN)]),
        (b"/dev/null", [Item(items.NOTHING)]),
        (b"|/bin/cat", [Item(items.PIPE, b"|/bin/cat")]),
        (b'"|/bin/cat -n, \\"x\\"", b', [Item(items.PIPE, b'|/bin/cat -n, "x"'), address(B)]),
        (b"|/bin/send a@x.example", [Item(items.PIPE, b"|/bin/send a@x.example")]),
        (b"/var/mail/b", [Item(items.FILE, b"/var/mail/b")]),
        (b'"/var/my mail"', [Item(items.FILE, b"/var/my mail")]),
        (b"/CN=b/@x.example", [address(Mailbox(b"/CN=b/", b"x.example"))]),
        (b'"/CN=b/@x.example"', [address(Mailbox(b"/CN=b/", b"x.example"))]),
        (b'"|b"@x.example', [address(Mailbox(b"|b", b"x.example"))]),
    ],
)
def test_reads_every_kind_of_item(octets, expected):
    assert parse_items(octets, b"example.net") == expected


@pytest.mark.parametrize(
    ("octets", "line"),
    [
        (b"a b", 7),
        (b"b\n\n#\na@", 10),
        (b'b\n"a', 8),
        (b"(a\nb)", 7),
        (b"<a@x.example", 7),
        (b":nothing: a", 7),
        (b":include:relative/path", 7),
        (b":include:", 7),
        (b":include:/a\0b", 7),
        (b"a\0b", 7),
        (b"\\", 7),
        (b"a@x.example;b@x.example", 7),
        (b"b\n'a@x.example'", 8),
        (b'"a@x.example', 7),
        (b'""', 7),
        (b'"a b"', 7),
        (b'"a@x.example, b@x.example"', 7),
        (b'"A, B <a@x.example>"', 7),
        (b'"a@x.example" "b@x.example"', 7),
        (b'b\n"a@x.example" (home)', 8),
        (b'b\n<"a@x.example">', 8),
        (b'\\"a@x.example"', 7),
    ],
)
def test_names_the_line_that_is_wrong(octets, line):
    with pytest.raises(ListSyntax) as caught:
        parse_items(octets, b"example.net", 7)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"\\b", b"b@of.example"),
        (b'"\\b"', b"b@of.example"),
        (b"\\a@x.example", b"a@x.example"),
        (b"b", b"b@example.net"),
    ],
)
def test_one_s_own_address_is_of_the_domain_that_it_stands_for(octets, expected):
    (item,) = parse_items(octets, b"example.net")
    assert item.address_in(b"of.example").octets == expected


def test_holds_a_list_to_its_limit():
    assert len(parse_items(b"/dev/null," * ITEMS_MAX, b"x.example")) == ITEMS_MAX
    with pytest.raises(ListSyntax):
        parse_items(b"/dev/null," * (ITEMS_MAX + 1), b"x.example")


@given(st.text(alphabet='ab@.,"()\\<>:|/# \n', max_size=60))
def test_any_text_is_a_list_or_an_error_of_its_own(text):
    try:
        found = parse_items(text.encode(), b"example.net")
    except ListSyntax as error:
        assert 1 <= error.line <= text.count("\n") + 1
    else:
        assert len(found) <= len(text)


@pytest.mark.parametrize("piece", [b"(", b'"\\', b"(a,)", b"\\", b"<", b":", b"a "])
def test_a_mebibyte_of_nonsense_is_refused(piece):
    with pytest.raises(ListSyntax) as caught:
        parse_items(piece * (2**20 // len(piece)), b"example.net")
    assert caught.value.line == 1


@pytest.mark.parametrize("piece", [b",", b"\n", b" ", b"# a, b\n"])
def test_a_mebibyte_of_nothing_is_an_empty_list(piece):
    assert parse_items(piece * (2**20 // len(piece)), b"example.net") == []

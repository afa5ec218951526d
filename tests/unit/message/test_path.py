"""A path holds one address, whoever gives it: MAIL, RCPT, -f."""

from __future__ import annotations

import pytest

from helper.address import AddressSyntax, Mailbox
from helper.message.path import parse_path, parse_reverse_path


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        (b"a@x", (b"a", b"x")),
        (b"<a@x>", (b"a", b"x")),
        (b" <a@x>\t", (b"a", b"x")),
        (b"alice", (b"alice", b"example.net")),
        (b'"a b"@x', (b'"a b"', b"x")),
        (b'"a:b,c;d"@x', (b'"a:b,c;d"', b"x")),
        (b'"plain"@x', (b"plain", b"x")),
        (b"a..b@x", (b'"a..b"', b"x")),
        (b"@one.x,@two.x:a@x", (b"a", b"x")),
        (b"@[IPv6:::1]:a@x", (b"a", b"x")),
        (b"a@[192.0.2.1]", (b"a", b"[192.0.2.1]")),
        ("ü@bücher.example".encode(), ("ü".encode(), "bücher.example".encode())),
    ],
)
def test_a_path_is_one_address(text, mailbox):
    assert parse_path(text, b"example.net") == Mailbox(*mailbox)
    assert parse_reverse_path(text, b"example.net") == Mailbox(*mailbox)


@pytest.mark.parametrize(
    "text",
    [
        b"a:b@x.example",
        b"g:a@x.example;",
        b"<g:c@set.example;>",
        b"g:;",
        b"a@x,b@x",
        b"<a@x>,<b@x>",
        b"a@x>,<b@x",
        b"a@x b@x",
        b"a@x;",
        b"Name <a@x>",
        b'"Name" <a@x>',
        b"a@x (comment)",
        b"(comment) a@x",
        b"a @x",
        b"a@ x",
        b"a@x.\tnet",
        b"<a@x",
        b"a@x>",
        b"<<a@x>>",
        b'"a".b@x',
        b'a."b"@x',
        b"@@:a@x",
        b"@:a@x",
        b"@x,:a@x",
        b"@x,y:a@x",
        b"@x:",
        b"@x",
        b"a@",
        b"@",
        b"a@x@y",
        b"a\r\nb@x",
        b"a\0@x",
        b"\xff@x",
    ],
)
def test_what_is_a_list_a_group_or_no_address_is_no_path(text):
    with pytest.raises(AddressSyntax):
        parse_path(text, b"example.net")


@pytest.mark.parametrize("text", [b"Bob <bob@x>", b'"Bob, the one" <bob@x>', b"A. B. C <bob@x>"])
def test_a_display_name_may_stand_before_a_reverse_path(text):
    assert parse_reverse_path(text, b"example.net") == Mailbox(b"bob", b"x")


@pytest.mark.parametrize(
    "text", [b"g:a@x.example;", b"a:b@x.example", b"g: <a@x>;", b"Bob <a@x>, <b@x>", b"Bob <g:a@x;>"]
)
def test_a_list_or_group_is_no_reverse_path(text):
    with pytest.raises(AddressSyntax):
        parse_reverse_path(text, b"example.net")


@pytest.mark.parametrize("text", [b" ", b"  ", b"\t", b"()", b"< >", b","])
def test_white_space_is_no_null_reverse_path(text):
    with pytest.raises(AddressSyntax):
        parse_reverse_path(text, b"x")


@pytest.mark.parametrize("text", [b"", b"<>", b" <> "])
def test_the_null_reverse_path_is_no_address(text):
    assert parse_reverse_path(text, b"x") is None

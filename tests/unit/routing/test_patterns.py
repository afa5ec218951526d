"""Patterns, and the lists they stand in."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.address import Mailbox
from helper.routing.patterns import matches, matches_address, matches_local_part


@pytest.mark.parametrize(
    ("patterns", "text", "taken"),
    [
        ((), b"example.net", False),
        ((b"example.net",), b"example.net", True),
        ((b"Example.NET",), b"eXample.net", True),
        ((b"example.net",), b"www.example.net", False),
        ((b"example.net",), b"example.netx", False),
        ((b"*",), b"example.net", True),
        ((b"*",), b"", True),
        ((b"*.example.net",), b"a.b.example.net", True),
        ((b"*.example.net",), b"example.net", False),
        ((b"a*c",), b"abc", True),
        ((b"a*c",), b"ac", True),
        ((b"a*a",), b"a", False),
        ((b"*b*",), b"abc", True),
        ((b"a*b*c",), b"axbyc", True),
        ((b"a*b*c",), b"axc", False),
        ((b"a*bc*c",), b"abc", False),
        ((b"**",), b"x", True),
        ((b"^ex.*net$",), b"example.net", True),
        ((b"^EX",), b"example.net", True),
        ((b"^xample",), b"example.net", False),
        ((b"!a", b"b"), b"a", False),
        ((b"!a", b"b"), b"b", True),
        ((b"!a", b"b"), b"c", False),
        ((b"!a",), b"c", True),
        ((b"! a",), b"a", False),
        ((b"b", b"!a"), b"c", True),
        ((b"*", b"!a"), b"a", True),
        ((b"!*",), b"a", False),
        ((b"!^a", b"*"), b"ab", False),
    ],
)
def test_reads_a_list_as_exim_does(patterns, text, taken):
    assert matches(patterns, text) is taken


@pytest.mark.parametrize(
    ("patterns", "local_part", "domain", "taken"),
    [
        ((b"bob@example.net",), b"bob", b"example.net", True),
        ((b"BOB@example.net",), b"bob", b"Example.Net", True),
        ((b"bob@example.net",), b"bob", b"example.org", False),
        ((b"*@example.net",), b"anyone", b"example.net", True),
        ((b"*@example.net",), b"anyone", b"sub.example.net", False),
        ((b"*@*.example.net",), b"anyone", b"sub.example.net", True),
        ((b"web-*@*",), b"web-1", b"example.net", True),
        ((b"*",), b"bob", b"example.net", True),
        ((b"^bob@",), b"bob", b"example.net", True),
        ((b"!boss@example.net", b"*@example.net"), b"boss", b"example.net", False),
        ((b"<>",), b"bob", b"example.net", False),
        ((b"a..b@example.net",), b'"a..b"', b"example.net", True),
        ((b".a@example.net",), b'".a"', b"example.net", True),
        ((b"a,b@example.net",), b'"a,b"', b"example.net", True),
        ((b"a\\b@example.net",), b'"a\\\\b"', b"example.net", True),
        ((b"b*@example.net",), b'"b b"', b"example.net", True),
        ((b"*b@example.net",), b'"b b"', b"example.net", True),
        ((b"b*",), b'"b b"', b"example.net", True),
        ((b"*@example.net",), b'"x@example.net"', b"example.org", False),
        ((b'^"b b"@',), b'"b b"', b"example.net", True),
    ],
)
def test_takes_addresses(patterns, local_part, domain, taken):
    assert matches_address(patterns, Mailbox(local_part, domain)) is taken


@pytest.mark.parametrize("pattern", [b"b*", b"b b", b"*B", b'^"b b"$', b"!c"])
def test_takes_local_parts_whose_quotes_are_needed(pattern):
    assert matches_local_part((pattern,), b'"b b"')


@pytest.mark.parametrize(
    ("patterns", "taken"),
    [
        ((b"<>",), True),
        ((b"*",), True),
        ((b"^$",), True),
        ((b"!<>", b"*"), False),
        ((b"*@*",), False),
        ((b"a@b.example",), False),
    ],
)
def test_takes_the_null_reverse_path_only_where_it_is_meant(patterns, taken):
    assert matches_address(patterns, None) is taken


def test_a_quoted_at_sign_does_not_lend_its_domain():
    assert not matches_address((b"*@example.*",), Mailbox(b'"a@example.x"', b"evil.org"))


TEXTS = st.text("ab.", max_size=12)


@given(pattern=st.text("ab.*", max_size=12), text=TEXTS)
def test_wildcards_agree_with_a_regular_expression(pattern, text):
    oracle = re.fullmatch(".*".join(re.escape(piece) for piece in pattern.split("*")), text) is not None
    assert matches((pattern.encode(),), text.encode()) is oracle
    assert fnmatch.fnmatchcase(text, pattern) is oracle


def test_many_wildcards_cost_no_more_than_one_pass():
    text = CountedText(b"a" * 300 + b"b")
    assert not matches((b"*a" * 100 + b"*c",), text)
    assert text.finds <= 101


class CountedText(bytes):
    """Counts how often it is searched."""

    finds = 0

    def lower(self) -> CountedText:
        return self

    def find(self, *arguments: object) -> int:
        self.finds += 1
        return super().find(*arguments)


def test_no_case_is_told_apart_in_any_script():
    mailbox = Mailbox("MU\u0308LLER".encode(), b"Example.NET")
    assert matches_address(("müller@example.net".encode(),), mailbox)
    assert matches(("müller".encode(),), mailbox.local_part)

from __future__ import annotations

from email import _header_value_parser as email_parser
from email.errors import HeaderParseError, ObsoleteHeaderDefect

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helper.address import AddressSyntax, Mailbox, wire_local_part
from helper.message.address_list import ADDRESSES_LIMIT, LABELS_LIMIT, WORDS_LIMIT, parse_address_list, parse_mailbox

PUNCTUATION = st.sampled_from('@,:;<>()"\\[]. \t\0\r')
PHRASES = st.sampled_from(["a", "b.c", "bob", "x.example", "@x.y", ", ", "\n ", "(c)", '"a b"', "[192.0.2.1]", "<a@b>"])
FRAGMENTS = PUNCTUATION | PHRASES | st.sampled_from(["J. Doe ", "é", "=?utf-8?q?x?=", "group:"])
ADDRESS_TEXT = st.lists(FRAGMENTS, max_size=12).map("".join).map(str.encode) | st.binary(max_size=40)


def found(text: bytes) -> list[tuple[bytes, bytes | None]]:
    return [(spec.local_part, spec.domain) for spec in parse_address_list(text)]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (b"", []),
        (b" \t\n ", []),
        (b"bob", [(b"bob", None)]),
        (b"bob@x.example", [(b"bob", b"x.example")]),
        (b"<bob@x.example>", [(b"bob", b"x.example")]),
        (b"Bob <bob@x.example>", [(b"bob", b"x.example")]),
        (b"Anacron <root>", [(b"root", None)]),
        (b"root (Cron Daemon)", [(b"root", None)]),
        (b"root@ws1 (a (nested) \\) comment)", [(b"root", b"ws1")]),
        (b"J. Doe <j@x.example>", [(b"j", b"x.example")]),
        (b'"Doe, J. <x@y>" <j@x.example>', [(b"j", b"x.example")]),
        (b"=?utf-8?q?J=C3=BCrgen?= <j@x.example>", [(b"j", b"x.example")]),
        ("Jürgen <j@x.example>".encode("iso-8859-1"), [(b"j", b"x.example")]),
        (b"root,carol@example.org", [(b"root", None), (b"carol", b"example.org")]),
        (b"a@x, ,, b@y,", [(b"a", b"x"), (b"b", b"y")]),
        (b"a@x,\n\tb@y\n", [(b"a", b"x"), (b"b", b"y")]),
        (b"undisclosed-recipients:;", []),
        (b"undisclosed-recipients: ;, a@x", [(b"a", b"x")]),
        (b"friends: a@x, b@y;, c", [(b"a", b"x"), (b"b", b"y"), (b"c", None)]),
        (b'"my friends": a@x,;', [(b"a", b"x")]),
        (b"never closed: a@x, b@y", [(b"a", b"x"), (b"b", b"y")]),
        (b"<@relay.example,@x:bob@y>", [(b"bob", b"y")]),
        (b"<@relay.example:bob>", [(b"bob", None)]),
        (b"bob (1) @ (2) x (3) . (4) example", [(b"bob", b"x.example")]),
        (b"john . doe@x", [(b"john.doe", b"x")]),
        (b'"bob"@x', [(b"bob", b"x")]),
        (b'"b\\ob"@x', [(b"bob", b"x")]),
        (b'"bob smith"@x', [(b'"bob smith"', b"x")]),
        (b'"a"."b c"@x', [(b'"a.b c"', b"x")]),
        (b'"a@b"@x', [(b'"a@b"', b"x")]),
        (b'"a\\"b\\\\c"@x', [(b'"a\\"b\\\\c"', b"x")]),
        (b'""@x', [(b'""', b"x")]),
        (b"foo..bar.@docomo.example", [(b'"foo..bar."', b"docomo.example")]),
        (b"a@[192.0.2.1]", [(b"a", b"[192.0.2.1]")]),
        (b"a@[IPv6:2001:db8::1]", [(b"a", b"[IPv6:2001:db8::1]")]),
        ("jürgen@bücher.example".encode(), [("jürgen".encode(), "bücher.example".encode())]),
    ],
)
def test_finds_the_addresses_of_a_list(text, addresses):
    assert found(text) == addresses


@pytest.mark.parametrize(
    ("text", "position"),
    [
        (b"<>", 1),
        (b"@x", 0),
        (b"a b", 2),
        (b"a@", 2),
        (b"a@x@y", 3),
        (b"a@x b@y", 4),
        (b"a@x.", 4),
        (b"a@.x", 2),
        (b"a@x..y", 4),
        (b".", 0),
        (b"..@x", 0),
        (b"a@x <b@y> <c@z>", 10),
        (b"a@x c <b@y>", 4),
        (b"a@x <@>", 6),
        (b"<a@x", 4),
        (b"<<a@x>>", 1),
        (b"<a@x> b", 6),
        (b"a>", 1),
        (b";", 0),
        (b"a;", 1),
        (b"g: h: a;;", 4),
        (b"g: a@x; b", 8),
        (b"<@x,a@y>", 4),
        (b"<@x a@y>", 4),
        (b"(", 0),
        (b"a (b", 2),
        (b"(a\\)", 0),
        (b'"', 0),
        (b'"a\\"', 0),
        (b"a@[", 2),
        (b")", 0),
        (b"]", 0),
        (b"\\a", 0),
        (b"a\x00b", 1),
        (b"a\x1b[2J", 1),
        (b"\x7f", 0),
    ],
)
def test_says_where_a_list_is_wrong(text, position):
    with pytest.raises(AddressSyntax) as caught:
        parse_address_list(text)
    assert caught.value.position == position
    assert caught.value.problem.isprintable()


def test_decodes_no_encoded_word_in_an_address():
    assert found(b"=?utf-8?q?x=40y?=@z") == [(b"=?utf-8?q?x=40y?=", b"z")]


@pytest.mark.parametrize("text", [b"(", b"()(", b'"', b"<", b"[", b"a(", b".", b" ", b"\\(", b"@", b"a ", b"(\\", b">"])
def test_a_million_octets_of_anything_end_quickly(text):
    try:
        parse_address_list(text * (2**20 // len(text)))
    except AddressSyntax:
        return
    assert text == b" "


def test_a_name_has_a_bounded_number_of_words():
    assert found(b"w " * WORDS_LIMIT + b"<a@x>") == [(b"a", b"x")]
    with pytest.raises(AddressSyntax):
        parse_address_list(b"w " * (WORDS_LIMIT + 1) + b"<a@x>")


def test_a_domain_has_a_bounded_number_of_labels():
    assert found(b"a@" + b".".join([b"x"] * LABELS_LIMIT)) == [(b"a", b".".join([b"x"] * LABELS_LIMIT))]
    with pytest.raises(AddressSyntax):
        parse_address_list(b"a@" + b".".join([b"x"] * (LABELS_LIMIT + 1)))


def test_a_list_has_a_bounded_number_of_addresses():
    assert len(parse_address_list(b"a," * ADDRESSES_LIMIT)) == ADDRESSES_LIMIT
    with pytest.raises(AddressSyntax):
        parse_address_list(b"a," * (ADDRESSES_LIMIT + 1))


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        (b"Bob <bob@x> (c)", b"bob@x"),
        (b" root (Cron)", b"root"),
        (b'N <"a b"@x>', b'"a b"@x'),
        (b"<@r:a . b@[192.0.2.1] >", b"a . b@[192.0.2.1]"),
        (b"bob@x <bob@y>", b"bob@y"),
        (b"bob@x (c)<@r:b@y>", b"b@y"),
    ],
)
def test_knows_where_an_address_stands(text, spec):
    (place,) = parse_address_list(text)
    assert text[place.start : place.end] == spec


@pytest.mark.parametrize("text", [b"a", b"a@example.net", b"<a>", b"Al <a@example.net>", b"a (x)", b'"a"'])
def test_parses_one_mailbox_and_qualifies_it(text):
    assert parse_mailbox(text, b"example.net") == Mailbox(b"a", b"example.net")


@pytest.mark.parametrize("text", [b"", b" ", b",", b"g:;", b"a,b", b"a@x, b@y", b"<>", b"a b"])
def test_one_mailbox_is_neither_none_nor_two(text):
    with pytest.raises(AddressSyntax):
        parse_mailbox(text, b"example.net")


@given(ADDRESS_TEXT)
@example(b'"a\r\nDATA"@x')
@example(b"a@x>\r\n")
def test_what_is_accepted_holds_no_line_break_nul_or_space_outside_quotes(text):
    try:
        mailbox = parse_mailbox(text, b"example.net")
    except AddressSyntax:
        return
    local_part = mailbox.local_part
    outside = mailbox.domain if local_part.startswith(b'"') else mailbox.octets
    assert not set(mailbox.octets) & {*range(32), 127}
    assert not set(outside) & set(b' <>"(),;')
    mailbox.octets.decode("utf-8")
    assert parse_mailbox(b"<" + mailbox.octets + b">", b"other") == mailbox


@given(ADDRESS_TEXT)
def test_an_address_list_never_fails_otherwise_and_places_are_in_order(text):
    try:
        specs = parse_address_list(text)
    except AddressSyntax as error:
        assert 0 <= error.position <= len(text)
        return
    places = [place for spec in specs for place in (spec.start, spec.end)]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)


def is_read_alike(fragment: str) -> bool:
    """Leave out what the email package decodes in an address, against RFC 2047, section 5, rule 3."""
    return fragment.isascii() and not fragment.startswith("=?")


def as_email_reads(text: str) -> list[tuple[str, str | None]]:
    """Return what Python's own package finds, ValueError where it finds a defect."""
    try:
        tree, rest = email_parser.get_address_list(text)
    except (HeaderParseError, IndexError, TypeError, AttributeError) as error:  # not all of them on purpose
        raise ValueError(text) from error
    if rest or not all(isinstance(defect, ObsoleteHeaderDefect) for defect in tree.all_defects):
        raise ValueError(text)
    return [(mailbox.local_part, mailbox.domain) for mailbox in tree.all_mailboxes]


WHITE = st.sampled_from(["", "", "", " ", "\n ", "(c)", " (a (b) \\) c) "])
ATOM = st.sampled_from(["bob", "a+b", "x-1", "#!$"])
WORD = ATOM | st.sampled_from(['"a b"', '"bob"', '"a\\"b"', '"<@,;>"', '""'])


def spread(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    """Draw the parts in their order, with white space and comments about them."""
    drawn = [piece for part in parts for piece in (WHITE, st.just(part) if isinstance(part, str) else part)]
    return st.tuples(*drawn, WHITE).map("".join)


def listed(part: st.SearchStrategy[str], separator: str) -> st.SearchStrategy[str]:
    return st.lists(part, min_size=1, max_size=3).map(separator.join)


NAME = st.sampled_from(["J. Doe", "=?utf-8?q?J=C3=BCrgen?="])
ADDR_SPEC = spread(listed(spread(WORD), "."), "@", listed(spread(ATOM), ".") | st.just("[192.0.2.1]"))
MAILBOX = ADDR_SPEC | spread(listed(WORD, " ") | NAME, "<", ADDR_SPEC, ">") | spread("<", ADDR_SPEC, ">")
GROUP = spread(listed(WORD, " "), ":", listed(MAILBOX, ",") | st.just(""), ";")


@given(listed(MAILBOX | GROUP, ",") | st.lists(FRAGMENTS.filter(is_read_alike), max_size=10).map("".join))
@example('J. Doe <j@x.y>, g: a@b, "a b"@c;')
@example("a (c) @ x . y")
def test_agrees_with_the_email_package_on_what_both_accept(text):
    try:
        theirs = as_email_reads(text)
        ours = found(text.encode())
    except (ValueError, AddressSyntax):
        return
    assert [(wire_local_part(local.encode()), domain and domain.encode()) for local, domain in theirs] == ours

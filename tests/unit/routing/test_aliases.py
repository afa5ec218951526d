"""Alias files: what aliases(5) and Exim's lsearch find in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.routing.aliases import SEARCHES_WITHOUT_INDEX, AliasFile, count_entries
from helper.routing.items import ListSyntax


def value(octets, key):
    entry = AliasFile(octets).find(key)
    return None if entry is None else entry.value


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", None),
        (b"key: a", b"a"),
        (b"key:a\n", b"a"),
        (b"key : a\n", b"a"),
        (b"key a\n", b"a"),
        (b"key\ta\n", b"a"),
        (b"key\n  a\n", b"a"),
        (b"KEY: A\n", b"A"),
        (b"key: a\r\n", b"a"),
        (b'"key": a\n', b"a"),
        (b"other: x\nkey: a\n", b"a"),
        (b"key: a\nkey: b\n", b"a"),
        (b'"key": a\nkey: b\n', b"a"),
        (b"key: a,\n  b,\n\tc\nnext: d", b"a, b, c"),
        (b"key: a,\n# comment\n\n  b\n", b"a, b"),
        (b"key: a,\n  # comment\n  b\n", b"a, b"),
        (b"key: a # no comment\n", b"a # no comment"),
        (b"key: :fail: no\n", b":fail: no"),
        (b"key:\n", b""),
        (b"keys: a\n", None),
        (b"akey: a\n", None),
        (b"#key: a\n", None),
        (b" key: a\n", None),
        (b"x: y\n key: a\n", None),
        (b'"key: a\n', None),
        (b'"key"x: a\n', None),
        (b"x: key: a\n", None),
    ],
)
def test_finds_an_entry(octets, expected):
    assert value(octets, b"key") == expected


@pytest.mark.parametrize(
    ("octets", "key"),
    [
        (b'"#key": a', b"#key"),
        (b'"two words": a', b'"two words"'),
        (b'"a:b": a', b'"a:b"'),
        (b'"a\\"b": a', b'"a\\"b"'),
        (b"*: a", b"*"),
        (b"Post.Master: a", b"post.MASTER"),
        ("jörg: a".encode(), "jörg".encode()),
    ],
)
def test_finds_unusual_keys(octets, key):
    assert value(octets, key) == b"a"


@pytest.mark.parametrize("octets", [b"key: a\n", b"key: a\r\nb: c\r\n", b'"key" a', b"# x\nkey:\n a\n"])
def test_a_byte_order_mark_at_the_start_is_skipped(octets):
    marked = b"\xef\xbb\xbf" + octets
    file = AliasFile(marked)
    assert file.find(b"key").value == b"a"
    assert file.line_of(file.find(b"key")) == AliasFile(octets).line_of(AliasFile(octets).find(b"key"))
    assert count_entries(marked, b"example.net") == count_entries(octets, b"example.net")


def test_a_key_that_looks_like_a_comment_finds_no_comment():
    assert value(b"#key: a\n", b"#key") is None


def test_knows_the_line_of_an_entry():
    file = AliasFile(b"# one\n\na: x\nb: y,\n  z\nc: x\n")
    assert [file.line_of(file.find(key)) for key in (b"a", b"b", b"c")] == [3, 4, 6]


@pytest.mark.parametrize("octets", [b'\nkey: a\n"key": b\n', b'\n"key": a\nkey: b\n'])
def test_the_first_of_two_spellings_is_meant(octets):
    file = AliasFile(octets)
    assert (file.find(b"key").value, file.line_of(file.find(b"key"))) == (b"a", 2)


KEYS = st.sampled_from([b"a", b"b", b"ab", b"*", b"#a", b'"a b"', b'"a\\"b"'])


@given(octets=st.text(alphabet='abA:"\\ \t\r\n#*', max_size=60), key=KEYS)
def test_the_index_finds_what_the_search_finds(octets, key):
    searching, indexed = AliasFile(octets.encode()), AliasFile(octets.encode())
    indexed.searches_left = 0
    assert searching.find(key) == indexed.find(key)


def test_ten_thousand_keys_do_not_read_the_file_ten_thousand_times():
    octets = b"".join(b"user%d: person%d@x.example\n" % (number, number) for number in range(100_000))
    file = AliasFile(octets)
    file.lowered = CountedOctets(file.lowered)
    for number in range(10_000):
        assert file.find(b"user%d" % (number * 7)).value == b"person%d@x.example" % (number * 7)
        assert file.find(b"nobody%d" % number) is None
    assert file.lowered.searches <= SEARCHES_WITHOUT_INDEX


def test_one_key_is_found_without_an_index():
    file = AliasFile(b"a: b\n" * 10_000 + b"z: y\n")
    assert file.find(b"z").value == b"y"
    assert file.index == {}


class CountedOctets(bytes):
    """Counts how often it is searched."""

    searches = 0

    def find(self, *arguments: object) -> int:
        self.searches += 1
        return super().find(*arguments)


@pytest.mark.parametrize(
    ("octets", "count"),
    [
        (b"", 0),
        (b"# nothing\n\n  \n", 0),
        (b"a: b", 1),
        (b"a: b,\n c\n# x\nd e\n", 2),
        (b'"a b": :blackhole:\n*: |/bin/cat\n', 2),
    ],
)
def test_counts_entries(octets, count):
    assert count_entries(octets, b"example.net") == count


@pytest.mark.parametrize(
    ("octets", "line"),
    [
        (b" a: b", 1),
        (b"a: b\n: c\n", 2),
        (b'a: b\n"c: d\n', 2),
        (b"a: b\n\nc:\nd: e\n", 3),
        (b"a: b\nc: d e\n", 2),
        (b"a: b,\n  c d\n", 1),
        (b"a: :include:list\n", 1),
        (b"a: # only a comment\n", 1),
        ("\ufeffa: b\n".encode("utf-16-le"), 1),
    ],
)
def test_names_the_line_of_the_first_wrong_entry(octets, line):
    with pytest.raises(ListSyntax) as caught:
        count_entries(octets, b"example.net")
    assert caught.value.line == line


@pytest.mark.parametrize("key", ["zoë", "ZOË", "zoe\u0308", '"zoë"', '"zoe\u0308"'])
@pytest.mark.parametrize("asked", ["zoë", "Zoë"])
def test_finds_a_key_beyond_ascii_in_any_spelling(key, asked):
    file = AliasFile(f"other: x\n{key}: bob\n".encode())
    entry = file.find(asked.encode())
    assert entry is not None and entry.value == b"bob"
    assert file.find(b"other").value == b"x"


def test_a_key_that_is_not_in_utf_8_is_nobodys():
    file = AliasFile(b"\xff: x\n" + "ÿ: y\n".encode())
    assert file.find("ÿ".encode()).value == b"y"

"""An alias file says the same of a key by search, by index and when it is read from end to end.

A file or a list that is wrong is a ListSyntax with a line that it has; every address in one is a mailbox.
"""

from __future__ import annotations

from helper.message.address_list import parse_mailbox
from helper.routing.aliases import SEARCHES_WITHOUT_INDEX, AliasFile, count_entries, entries
from helper.routing.items import INCLUDE, Item, ListSyntax, parse_items

SEEDS = (
    b'# comment\nroot: admin, "b c"@x\n  , third\nwww-data: root\n*: catch@all\nROOT: second\n',
    b'"odd key": :fail: no such, user\n# x\n\t:include:/etc/list\na |"/bin/x, y"\nb /dev/null,\\b\n',
    b"a:b\r\n\nc : d # e, f\n\n g\nx::blackhole:\n",
    b'"#x": y\nz\tw\v\f: q\n" :a\n',
    b"  lost: x\n",
)
WORDS = b'\n~: ~:~,~#~"~\\~(~)~\n ~\t~:include:/~:fail:~:blackhole:~|~/~@x~*'.split(b"~")
QUALIFY = b"example.net"
KEYS_TRIED = SEARCHES_WITHOUT_INDEX // 4  # in two spellings each, some of them twice


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    check_items(octets)
    lines = octets.split(b"\n")
    found: dict[bytes, bytes] = {}
    numbers: dict[bytes, int] = {}
    try:
        for number, value in entries(octets):
            key = key_of(lines[number - 1])
            if key is not None:
                found.setdefault(key, value)
                numbers.setdefault(key, number)
        assert count_entries(octets, QUALIFY) >= len(found)
    except ListSyntax as wrong:
        check_wrong(wrong, octets)
        return
    searched, indexed = AliasFile(octets), AliasFile(octets)
    indexed.searches_left = 0
    for key in list(found)[:KEYS_TRIED]:
        entry = searched.find(key)
        assert entry is not None and entry == indexed.find(key)
        assert (entry.value, searched.line_of(entry)) == (found[key], numbers[key])
    assert AliasFile(octets).find(b"no such key, and never\0one") is None


def key_of(line: bytes) -> bytes | None:
    """Return the key of a line as an address would have it: None for one that only a quoted local part could be."""
    key = line.replace(b"\t", b":").replace(b" ", b":").partition(b":")[0].lower()
    is_plain = key.isascii() and key.replace(b"-", b"").replace(b".", b"").isalnum()
    return key if is_plain or key == b"*" else None


def check_items(octets: bytes) -> None:
    """Look at a list."""
    try:
        items = parse_items(octets, QUALIFY)
    except ListSyntax as wrong:
        check_wrong(wrong, octets)
        return
    for item in items:
        check_item(item)


def check_item(item: Item) -> None:
    """Look at one item: who reads its address again finds the same one."""
    assert b"\n" not in item.text
    if item.mailbox is not None:
        assert parse_mailbox(item.mailbox.octets, b"other.example") == item.mailbox
        assert item.mailbox.octets.translate(None, b"\r\n\0") == item.mailbox.octets
    if item.kind == INCLUDE:
        assert item.text.startswith(b"/") and b"\0" not in item.text


def check_wrong(wrong: ListSyntax, octets: bytes) -> None:
    """Look at what is said of a wrong list."""
    assert wrong.problem.isascii() and wrong.problem.isprintable()
    assert 1 <= wrong.line <= octets.count(b"\n") + 1

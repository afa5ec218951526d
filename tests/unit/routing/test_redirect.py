"""What redirects make of addresses: alias files, data, .forward files, and every item in them."""

from __future__ import annotations

import pytest

from helper.config.values import Router
from helper.failure import AddressError
from helper.routing.lists import INCLUDE_DEPTH_MAX, Lists
from helper.routing.lookups import ListFile
from tests.unit.routing.sample import (
    ACCEPT,
    ALIASES,
    DOMAIN,
    FORWARD,
    SYSTEM_ALIASES,
    Denied,
    ends,
    mailbox,
    routed,
    world,
)

HOMES = {b"bob": "/home/bob"}


@pytest.mark.parametrize(
    ("aliases", "expected"),
    [
        ("", ["root"]),
        ("root: bob", ["bob"]),
        ("ROOT: bob", ["bob"]),
        ("root: bob@x.example", ["bob@x.example"]),
        ("root: bob, carol,\n  dave", ["bob", "carol", "dave"]),
        ("root: bob\nbob: carol", ["carol"]),
        ("root: bob, bob, bob", ["bob"]),
        ("root: root, bob", ["root", "bob"]),
        ("root: \\root, bob", ["root", "bob"]),
        ('root: "bob@x.example"', ["bob@x.example"]),
        ('root: "bob", "\\root"', ["bob", "root"]),
        ("root: \\bob\nbob: carol", ["bob"]),
        ("root: bob\nbob: \\root", ["root"]),
        ("*: postmaster", ["postmaster"]),
        ("*: bob\nroot: carol", ["bob"]),
        ("root: :unknown:\n*: bob", ["root"]),
        ("root: bob, :unknown:", ["root"]),
        ("root: :blackhole:", []),
        ("root: bob, :blackhole:", []),
        ("root: /dev/null", []),
        ("root: bob, /dev/null", ["bob"]),
        ("root: a, b\na: a, b\nb: b, a", ["a", "b"]),
        ("root: a, b\na: c\nb: c", ["c"]),
    ],
)
def test_an_alias_stands_for_its_items(aliases, expected):
    assert ends(routed("root", aliases=aliases)) == expected


@pytest.mark.parametrize(
    ("aliases", "problem"),
    [
        ("root: |/bin/cat", "is redirected to a pipe, and there is no local delivery"),
        ("root: bob, /var/mail/root", "is redirected to a file, and there is no local delivery"),
        ("root: :fail: no such\tperson, really", "is not taken: no such?person, really"),
        ("root: :fail:", "is not taken"),
        ("root: bob, :fail: gone", "is not taken: gone"),
        ("root: bob\nbob: :fail: gone", "became bob@example.net, which is not taken: gone"),
        ("root: bob\nbob: root", "is redirected in a loop"),
        ("root: bob\nbob: Root", "became Root@example.net, which is redirected in a loop"),
        ("root: bob\nbob: carol\ncarol: bob", "became bob@example.net, which is redirected in a loop"),
        ("# x\nroot: bob carol", "cannot be routed: /etc/aliases, line 2: "),
        ("root: bob,\n  (", "cannot be routed: /etc/aliases, line 1: a quotation or a comment has no end"),
        ("root:", "cannot be routed: /etc/aliases, line 1: the entry has no value"),
    ],
)
def test_an_alias_that_cannot_be_followed_fails_the_message(aliases, problem):
    with pytest.raises(AddressError) as caught:
        routed("root", aliases=aliases)
    assert caught.value.address == b"root@example.net"
    assert caught.value.problem.startswith(problem)
    assert not caught.value.later


@pytest.mark.parametrize(
    ("text", "problem"), [("back soon", "is not taken for now: back soon"), ("", "is not taken for now")]
)
def test_defer_fails_for_now(text, problem):
    with pytest.raises(AddressError) as caught:
        routed("root", aliases=f"root: :defer: {text}")
    assert (caught.value.problem, caught.value.later) == (problem, True)


def test_a_file_that_is_refused_is_told_with_the_reason():
    def refuse(path, user):
        raise OSError("is no \x1b[31mregular file")

    with pytest.raises(AddressError, match=r"/etc/list cannot be read: is no \?\[31mregular file"):
        routed("root", lookups=world({ALIASES: b"root: :include:/etc/list"}).replace(read_file=refuse))


@pytest.mark.parametrize("item", [":fail:", ":defer:"])
def test_a_verdict_that_the_router_does_not_allow_is_told_without_its_text(item):
    strict = SYSTEM_ALIASES.replace(allow_fail=item != ":fail:", allow_defer=item != ":defer:")
    with pytest.raises(AddressError) as caught:
        routed("root", aliases=f"root: {item} secret", routers=(strict, ACCEPT))
    assert caught.value.problem == f"is redirected to {item}, which router system_aliases does not allow"


def test_no_text_of_a_file_reaches_the_terminal_as_a_command():
    with pytest.raises(AddressError) as caught:
        routed("root", aliases="root: :fail: \x1b]0;x\x07\u202e\u009b")
    assert caught.value.problem == "is not taken: ?]0;x???"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "cannot be routed: there is no /etc/aliases"),
        ({ALIASES: Denied()}, "cannot be routed: /etc/aliases cannot be read: Permission denied"),
    ],
)
def test_an_alias_file_that_cannot_be_read_fails_the_message(files, problem):
    with pytest.raises(AddressError) as caught:
        routed("root", lookups=world(files))
    assert (caught.value.problem, caught.value.later) == (problem, True)


OTHER_DOMAIN = SYSTEM_ALIASES.replace(domains=(DOMAIN, b"other.example"))


@pytest.mark.parametrize(
    ("files", "address", "expected"),
    [
        ({ALIASES: b"root: \\bob, carol"}, "root@other.example", ["bob@other.example", "carol"]),
        ({ALIASES: b"root: staff@other.example\nstaff: \\bob"}, "root", ["bob@other.example"]),
        ({ALIASES: b"root: \\root, carol"}, "root@other.example", ["root@other.example", "carol"]),
        ({ALIASES: b"root: \\bob@x.example"}, "root@other.example", ["bob@x.example"]),
        ({ALIASES: b"root: :include:/etc/list", "/etc/list": b"\\bob"}, "root@other.example", ["bob@other.example"]),
        (
            {ALIASES: b"", "/home/bob/.forward": b'\\bob, "eve@x.example"'},
            "bob@other.example",
            ["bob@other.example", "eve@x.example"],
        ),
    ],
)
def test_one_s_own_address_has_the_domain_of_the_address_that_it_stands_for(files, address, expected):
    told: list[str] = []
    routers = (OTHER_DOMAIN, FORWARD, ACCEPT)
    assert ends(routed(address, routers=routers, lookups=world(files, HOMES), trace=told.append)) == expected
    assert all(each in "".join(told) for each in expected)


def test_an_entry_stands_for_addresses_of_each_domain_that_it_is_asked_for():
    lookups = world({ALIASES: b"root: \\bob"})
    found = routed("root", "root@other.example", routers=(OTHER_DOMAIN, ACCEPT), lookups=lookups)
    assert ends(found) == ["bob", "bob@other.example"]


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    "files",
    [
        {ALIASES: MARK + b"root: bob@x.example\n"},
        {ALIASES: MARK + b"root: :include:/etc/list", "/etc/list": MARK + b"bob@x.example"},
        {ALIASES: MARK + b"root: bob", "/home/bob/.forward": MARK + b"# mine\nbob@x.example"},
    ],
)
def test_a_byte_order_mark_at_the_start_of_a_list_is_skipped(files):
    found = routed("root", routers=(SYSTEM_ALIASES, FORWARD, ACCEPT), lookups=world(files, HOMES))
    assert ends(found) == ["bob@x.example"]


def test_a_filter_after_a_byte_order_mark_is_a_filter():
    files = {"/home/bob/.forward": MARK + b"# Exim filter\ndeliver carol\n"}
    with pytest.raises(AddressError, match="has a filter"):
        routed("bob", routers=(FORWARD, ACCEPT), lookups=world(files, HOMES))


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_list_in_utf_16_is_refused_because_nothing_would_be_found_in_it(codec):
    files = {ALIASES: "\ufeffroot: bob@x.example\n".encode(codec)}
    with pytest.raises(AddressError, match="/etc/aliases is UTF-16: save it as UTF-8"):
        routed("root", lookups=world(files))


def test_results_without_a_domain_are_qualified():
    assert routed("root", aliases="root: bob")[0].address.octets == b"bob@example.net"


def test_a_router_with_data_redirects_all_its_addresses():
    data = Router(name="data", driver="redirect", data=(b"bob, carol", b"dave"), local_parts=(b"root", b"www"))
    assert ends(routed("root", "www", routers=(data, ACCEPT))) == ["bob", "carol", "dave"]


def test_data_that_says_nothing_leaves_the_address_alone():
    data = Router(name="data", driver="redirect", data=(b"# nothing",))
    assert ends(routed("root", routers=(data, ACCEPT))) == ["root"]


def test_data_that_is_wrong_fails_the_message():
    data = Router(name="data", driver="redirect", data=(b"bob", b"a b"))
    with pytest.raises(AddressError, match="cannot be routed: the data of router data, line 2"):
        routed("root", routers=(data, ACCEPT))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ["bob"]),
        ({"/home/bob/.forward": b""}, ["bob"]),
        ({"/home/bob/.forward": b"# nothing\n"}, ["bob"]),
        ({"/home/bob/.forward": b"carol@x.example\n"}, ["carol@x.example"]),
        ({"/home/bob/.forward": b"# copy\n\\bob\ncarol@x.example, dave\n"}, ["bob", "carol@x.example", "dave"]),
        ({"/home/bob/.forward": b"bob\ncarol\n"}, ["bob", "carol"]),
        ({"/home/bob/.forward": b"/dev/null\n"}, []),
    ],
)
def test_a_forward_file_forwards(files, expected):
    assert ends(routed("bob", routers=(FORWARD, ACCEPT), lookups=world(files, HOMES))) == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (Denied(), "cannot be routed: /home/bob/.forward cannot be read: Permission denied"),
        (b"bob\na b\n", "cannot be routed: /home/bob/.forward, line 2: "),
        (b"|/usr/bin/procmail\n", "is redirected to a pipe"),
        (b"# Exim filter\ndeliver carol\n", "has a filter in /home/bob/.forward, and Gatepost runs no filters"),
        (b"# Sieve filter\nkeep;\n", "has a filter in /home/bob/.forward, and Gatepost runs no filters"),
    ],
)
def test_a_forward_file_that_cannot_be_followed_fails_the_message(content, problem):
    with pytest.raises(AddressError) as caught:
        routed("bob", routers=(FORWARD, ACCEPT), lookups=world({"/home/bob/.forward": content}, HOMES))
    assert caught.value.problem.startswith(problem)


def test_an_alias_to_a_user_reads_that_user_s_forward_file():
    files = {ALIASES: b"root: bob", "/home/bob/.forward": b"bob@x.example"}
    routers = (SYSTEM_ALIASES, FORWARD, ACCEPT)
    assert ends(routed("root", routers=routers, lookups=world(files, HOMES))) == ["bob@x.example"]


def test_a_list_is_included_in_its_place():
    files = {
        ALIASES: b"staff: a, :include:/etc/list, z",
        "/etc/list": b"# people\nb\n:include:/etc/more\nd, a\n",
        "/etc/more": b"c@x.example",
    }
    assert ends(routed("staff", lookups=world(files))) == ["a", "b", "c@x.example", "d", "z"]


@pytest.mark.parametrize(
    ("routers", "owners", "asked"),
    [
        ((SYSTEM_ALIASES, ACCEPT), {}, [("/l", None), ("/m", None)]),
        ((SYSTEM_ALIASES, ACCEPT), {"/l": 1007}, [("/l", None), ("/m", 1007)]),
        ((FORWARD, ACCEPT), {"/home/bob/.forward": 1002}, [("/home/bob/.forward", "bob"), ("/l", 1002), ("/m", 1002)]),
    ],
    ids=["the-configuration's", "a-list-of-a-user's", "a-forward-file"],
)
def test_each_list_is_read_as_the_word_of_whose_list_names_it(routers, owners, asked):
    files = {ALIASES: b"bob: :include:/l", "/home/bob/.forward": b":include:/l", "/l": b":include:/m, a", "/m": b"b"}
    lookups, reads = world(files, {b"bob": "/home/bob"}), []

    def read(path, user):
        reads.append((path, user))
        return ListFile(files[path], owners.get(path, user))

    assert ends(routed("bob", lookups=lookups.replace(read_file=read), routers=routers)) == ["b", "a"]
    bob = lookups.home_of(b"bob").uid
    assert reads == [(path, bob if user == "bob" else user) for path, user in asked]


def test_a_list_is_read_once_however_many_include_it():
    reads = []
    files = {ALIASES: b"a: :include:/etc/list, :include:/etc/list\nb: :include:/etc/list", "/etc/list": b"c"}
    lookups = world(files)
    counting = lookups.replace(read_file=lambda path, user: reads.append(path) or lookups.read_file(path, user))
    assert ends(routed("a", "b", lookups=counting)) == ["c"]
    assert reads == ["/etc/list"]


@pytest.mark.parametrize(
    ("listed", "problem"),
    [
        (None, "cannot be routed: there is no /etc/list"),
        (Denied(), "cannot be routed: /etc/list cannot be read: Permission denied"),
        (b"a\nb c", "cannot be routed: /etc/list, line 2: "),
        (b":include:/etc/list", "is redirected in a loop: /etc/list is included again and again"),
        (b"|/bin/cat", "is redirected to a pipe"),
        (b"a\n:fail: closed", "is not taken: closed"),
    ],
)
def test_a_list_that_cannot_be_included_fails_the_message(listed, problem):
    files = {ALIASES: b"staff: :include:/etc/list"} | ({} if listed is None else {"/etc/list": listed})
    with pytest.raises(AddressError) as caught:
        routed("staff", lookups=world(files))
    assert caught.value.problem.startswith(problem)


@pytest.mark.parametrize(("depth", "is_followed"), [(INCLUDE_DEPTH_MAX, True), (INCLUDE_DEPTH_MAX + 1, False)])
def test_lists_of_lists_end(depth, is_followed):
    files = {f"/l{number}": b":include:/l%d" % (number + 1) for number in range(1, depth)} | {f"/l{depth}": b"a"}
    files[ALIASES] = b"staff: :include:/l1"
    if is_followed:
        assert ends(routed("staff", lookups=world(files))) == ["a"]
        return
    with pytest.raises(AddressError):
        routed("staff", lookups=world(files))


def test_lists_that_include_lists_twice_do_not_double():
    files = {f"/l{number}": b":include:/l%d\n:include:/l%d" % (number + 1, number + 1) for number in range(1, 19)}
    files |= {ALIASES: b"staff: :include:/l1", "/l19": b"a"}
    listing = Lists(world(files), DOMAIN).of_alias_file(ALIASES, b"staff")
    assert [item.mailbox for item in listing.items] == [mailbox("a")]


def test_a_protected_alias_file_cannot_be_read_through_a_list_of_the_caller_s():
    files = {ALIASES: b"root: secret@x.example", "/home/bob/.forward": b":include:/etc/aliases"}
    with pytest.raises(AddressError, match="Permission denied"):
        routed("bob", routers=(SYSTEM_ALIASES, FORWARD), lookups=world(files, HOMES, protected=[ALIASES]))

"""The way of addresses through the routers: conditions, drivers, options, limits, and what is told of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.address import Mailbox
from helper.config.values import Host, Router
from helper.discreet import for_caller
from helper.failure import AddressError, MessageError
from helper.routing.caller import Caller
from helper.routing.route import DEPTH_MAX, EXPANSIONS_MAX
from tests.unit.routing.sample import (
    ACCEPT,
    ALIASES,
    ALICE,
    FORWARD,
    OTHER,
    OWN,
    RELAY,
    SYSTEM_ALIASES,
    ends,
    mailbox,
    routed,
    world,
)

TO_OTHER = Router(name="first", driver="accept", transport="other")


@pytest.mark.parametrize(
    ("conditions", "applies"),
    [
        ({}, True),
        ({"domains": (b"example.net",)}, True),
        ({"domains": (b"EXAMPLE.*",)}, True),
        ({"domains": (b"!example.net",)}, False),
        ({"domains": (b"example.org",)}, False),
        ({"local_parts": (b"BOB",)}, True),
        ({"local_parts": (b"b*", b"x")}, True),
        ({"local_parts": (b"!b*",)}, False),
        ({"senders": (b"alice@example.net",)}, True),
        ({"senders": (b"*@example.org",)}, False),
        ({"senders": (b"<>",)}, False),
        ({"callers": (b"alice",)}, True),
        ({"callers": (b"bob", b"@staff")}, True),
        ({"callers": (b"@alice",)}, True),
        ({"callers": (b"staff",)}, False),
        ({"callers": (b"bob", b"@wheel")}, False),
        ({"check_local_user": True}, True),
        ({"domains": (b"example.net",), "local_parts": (b"carol",)}, False),
    ],
)
def test_a_router_is_for_addresses_that_meet_all_its_conditions(conditions, applies):
    routers = (TO_OTHER.replace(**conditions), ACCEPT)
    (found,) = routed("Bob@Example.net", routers=routers, lookups=world(homes={b"bob": "/home/bob"}))
    assert found.transport == ("other" if applies else "relay")


def test_check_local_user_passes_over_who_is_no_user():
    routers = (TO_OTHER.replace(check_local_user=True), ACCEPT)
    assert routed("bob", routers=routers)[0].transport == "relay"


@pytest.mark.parametrize(("pattern", "transport"), [(b"<>", "other"), (b"*@*", "relay")])
def test_senders_knows_the_null_reverse_path(pattern, transport):
    routers = (TO_OTHER.replace(senders=(pattern,)), ACCEPT)
    assert routed("bob", routers=routers, reverse_path=None)[0].transport == transport


HOSTS = (Host("name", b"b.example", 25), Host("name", b"a.example", None, b"submission"), Host("mx", b"c.example"))


@pytest.mark.parametrize(
    ("router", "randomize", "hosts"),
    [
        (ACCEPT, False, RELAY.hosts),
        (Router(name="r", driver="manualroute", transport="relay", hosts=HOSTS), False, HOSTS),
        (
            Router(name="r", driver="manualroute", transport="relay", hosts=HOSTS),
            True,
            (HOSTS[2], HOSTS[1], HOSTS[0]),
        ),
        (Router(name="r", driver="dnslookup", transport="relay"), False, (Host("mx", b"x.example"),)),
    ],
)
def test_each_driver_names_its_hosts(router, randomize, hosts):
    transports = (RELAY.replace(hosts_randomize=randomize), OTHER)
    (found,) = routed("bob@X.example", routers=(router,), transports=transports)
    assert (found.transport, found.hosts) == ("relay", hosts)


def test_an_address_literal_has_no_mx_hosts():
    lookup = Router(name="r", driver="dnslookup", transport="relay")
    with pytest.raises(AddressError, match="is taken by no router"):
        routed("bob@[192.0.2.1]", routers=(lookup,))


def test_an_address_that_no_router_takes_fails_the_message():
    with pytest.raises(AddressError) as caught:
        routed("bob", "carol@x.example", routers=(ACCEPT.replace(domains=(b"example.net",)),))
    assert (caught.value.address, caught.value.problem) == (b"carol@x.example", "is taken by no router")


def test_an_address_that_no_router_takes_is_named_with_what_it_was():
    with pytest.raises(AddressError) as caught:
        routed("root", aliases="root: carol@x.example", routers=(SYSTEM_ALIASES,))
    assert caught.value.address == b"root@example.net"
    assert caught.value.problem == "became carol@x.example, which is taken by no router"


def test_no_more_ends_the_way_of_an_address_that_the_router_does_not_take():
    with pytest.raises(AddressError, match="is not taken by router system_aliases, and goes no further"):
        routed("bob", aliases="root: bob", routers=(SYSTEM_ALIASES.replace(more=False), ACCEPT))


def test_no_more_does_not_concern_addresses_that_the_router_is_not_for():
    assert ends(routed("bob@x.example", routers=(SYSTEM_ALIASES.replace(more=False), ACCEPT))) == ["bob@x.example"]


BOUNCES = Mailbox(b"bounces", b"example.net")


@pytest.mark.parametrize(
    ("redirect", "accept", "transport", "reverse_path"),
    [
        (None, None, None, OWN),
        (b"bounces@example.net", None, None, BOUNCES),
        (None, b"bounces@example.net", None, BOUNCES),
        (b"x@example.net", b"bounces@example.net", None, BOUNCES),
        (b"x@example.net", b"y@example.net", b"bounces@example.net", BOUNCES),
        (b"x@example.net", b"", None, None),
        (None, None, b"", None),
    ],
)
def test_the_last_to_set_a_reverse_path_is_right(redirect, accept, transport, reverse_path):
    (found,) = routed(
        "root",
        aliases="root: bob",
        routers=(SYSTEM_ALIASES.replace(errors_to=redirect), ACCEPT.replace(errors_to=accept)),
        transports=(RELAY.replace(return_path=transport),),
    )
    assert found.reverse_path == reverse_path


def test_conditions_ask_for_the_message_s_reverse_path_not_for_errors_to():
    routers = (SYSTEM_ALIASES.replace(errors_to=b"x@x.example"), TO_OTHER.replace(senders=(b"alice@*",)), ACCEPT)
    assert routed("root", aliases="root: bob", routers=routers)[0].transport == "other"


def test_header_fields_are_gathered_on_the_way():
    (found,) = routed(
        "root",
        aliases="root: bob",
        routers=(
            SYSTEM_ALIASES.replace(headers_add=(b"X-A: 1",), headers_remove=(b"x-c", b"x-b")),
            ACCEPT.replace(headers_add=(b"X-A: 2",), headers_remove=(b"x-b",)),
        ),
        transports=(RELAY.replace(headers_add=(b"X-A: 3",), headers_remove=(b"x-a",)),),
    )
    assert found.headers_add == (b"X-A: 1", b"X-A: 2", b"X-A: 3")
    assert found.headers_remove == (b"x-a", b"x-b", b"x-c")


def test_each_address_goes_once_in_the_order_given():
    found = routed("c", "a@X.example", "b", "a@x.example", "C", "c", aliases="b: d, c")
    assert ends(found) == ["c", "a@X.example", "d", "C"]


def test_a_destination_knows_what_the_caller_gave():
    found = routed("root", "bob", aliases="root: carol\ncarol: dave")
    assert [each.given for each in found] == [mailbox("root"), mailbox("bob")]


def test_a_chain_of_redirections_ends():
    aliases = "".join(f"a{number}: a{number + 1}\n" for number in range(DEPTH_MAX + 1))
    assert ends(routed("a1", aliases=aliases)) == [f"a{DEPTH_MAX + 1}"]
    with pytest.raises(AddressError, match=f"is redirected more than {DEPTH_MAX} times"):
        routed("a0", aliases=aliases)


@pytest.mark.parametrize("limit", [2, None])
def test_takes_as_many_recipients_as_there_may_be(limit):
    assert len(routed("a", "b", "a", recipients_max=limit)) == 2


def test_refuses_one_recipient_too_many():
    with pytest.raises(MessageError, match="more than 2 recipients"):
        routed("staff", aliases="staff: a, b, c", recipients_max=2)


def test_lists_of_lists_do_not_grow_without_end():
    everybody = (
        "*: " + ", ".join(f"p{number}" for number in range(1000)) + "".join(f"\np{n}: p{n}" for n in range(1000))
    )
    lists = [f"list{number}" for number in range(EXPANSIONS_MAX // 1000 + 1)]
    with pytest.raises(MessageError, match="recipients"):
        routed(*lists, aliases=everybody)


def test_an_address_that_comes_on_two_ways_goes_on_the_first():
    first = Router(name="first", driver="redirect", data=(b"bob",), local_parts=(b"root",), errors_to=b"")
    (found,) = routed("root", "bob", routers=(first, ACCEPT))
    assert (found.given, found.reverse_path) == (mailbox("root"), None)


def test_doubling_aliases_are_routed_once_each():
    aliases = "".join(f"a{number}: a{number + 1}, A{number + 1}, b\n" for number in range(60))
    assert set(ends(routed("a0", aliases=aliases))) == {"a60", "A60", "b"}


NAMES = st.sampled_from(["a", "b", "c", "d", "\\a", "\\b", "x@y.example", "*", "A"])
ENTRIES = st.tuples(st.sampled_from(["a", "b", "c", "d", "*"]), st.lists(NAMES, min_size=1, max_size=4))


@given(
    aliases=st.lists(ENTRIES, max_size=6),
    forwards=st.dictionaries(st.sampled_from(["a", "b"]), st.lists(NAMES, min_size=1, max_size=3)),
    addresses=st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=3),
)
def test_every_way_ends_and_nobody_is_lost(aliases, forwards, addresses):
    files = {ALIASES: "".join(f"{key}: {', '.join(items)}\n" for key, items in aliases).encode()}
    files |= {f"/home/{login}/.forward": "\n".join(items).encode() for login, items in forwards.items()}
    homes = {login.encode(): f"/home/{login}" for login in forwards}
    routers = (SYSTEM_ALIASES, FORWARD, ACCEPT)
    try:
        found = routed(*addresses, routers=routers, lookups=world(files, homes))
    except AddressError as error:
        assert "loop" in error.problem
        return
    assert found
    keys = [each.address.key for each in found]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("addresses", [("a", "b"), ("b", "a"), ("c", "a", "b")])
def test_a_loop_is_seen_from_wherever_it_is_entered(addresses):
    with pytest.raises(AddressError, match="loop"):
        routed(*addresses, aliases="a: b\nb: a\nc: d")


def traced(*addresses, **world_of):
    lines = []
    routed(*addresses, trace=lambda line: lines.append(for_caller(line)), **world_of)
    return lines


def test_the_trace_tells_each_step():
    assert traced("root", "bob@x.example", aliases="root: \\root, bob") == [
        "root@example.net: router system_aliases: redirected by /etc/aliases to root@example.net, bob@example.net",
        "root@example.net: router system_aliases skipped: it has redirected this address already",
        "root@example.net (from root@example.net): router smarthost: transport relay, "
        "hosts smtp.example.net:587, reverse-path <alice@example.net>",
        "bob@example.net: router system_aliases declined: it has no entry for it",
        "bob@example.net (from root@example.net): router smarthost: transport relay, "
        "hosts smtp.example.net:587, reverse-path <alice@example.net>",
        "bob@x.example: router system_aliases skipped: domains",
        "bob@x.example: router smarthost: transport relay, hosts smtp.example.net:587, "
        "reverse-path <alice@example.net>",
    ]


def test_the_trace_tells_of_duplicates_and_of_nobody():
    lines = traced("root", "a", "a", aliases="root: :blackhole:")
    assert (
        lines[0] == "root@example.net: router system_aliases: redirected by /etc/aliases to nobody, so it is discarded"
    )
    assert lines[-1] == "a@example.net: is already a recipient"


def test_the_trace_of_a_protected_file_tells_only_where_the_address_ends_up():
    files = {ALIASES: b"root: middle\nmiddle: bob"}
    lines = traced("root", lookups=world(files, protected=[ALIASES]))
    assert lines == [
        "root@example.net: router system_aliases: redirected by /etc/aliases to addresses that only root may see",
        "*** (from root@example.net): router smarthost: transport relay, "
        "hosts smtp.example.net:587, reverse-path <alice@example.net>",
    ]


def test_whom_the_caller_names_is_not_hidden_because_a_protected_file_does_so_too():
    lookups = world({ALIASES: b"root: bob, carol"}, protected=[ALIASES])
    for addresses in (("root", "bob"), ("bob", "root")):
        found = routed(*addresses, lookups=lookups)
        assert {each.address.local_part: each.is_hidden for each in found} == {b"bob": False, b"carol": True}
        lines = traced(*addresses, lookups=lookups)
        assert "is already a recipient" not in "".join(lines)
        assert sum(line.startswith("bob@example.net: router smarthost: ") for line in lines) == 1


def test_the_trace_stays_silent_behind_a_protected_file():
    files = {ALIASES: b"root: bob", "/home/bob/.forward": b"carol@x.example"}
    lookups = world(files, {b"bob": "/home/bob"}, protected=[ALIASES])
    lines = traced("root", lookups=lookups, routers=(SYSTEM_ALIASES, FORWARD, ACCEPT))
    assert len(lines) == 2
    assert lines[1].startswith("*** (from root@example.net): router smarthost: ")


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (Host("name", b"a.example"), "a.example"),
        (Host("name", b"a.example", 25), "a.example:25"),
        (Host("name", b"a.example", None, b"smtp"), "a.example:smtp"),
        (Host("name", b"2001:db8::1", 25, None, True), "[2001:db8::1]:25"),
        (Host("name", b"192.0.2.1", 25, None, True), "192.0.2.1:25"),
        (Host("mx", b"x.example"), "mx:x.example"),
        (Host("srv", b"x.example"), "srv:x.example"),
    ],
)
def test_the_trace_writes_hosts_as_the_configuration_does(host, text):
    router = Router(name="r", driver="manualroute", transport="relay", hosts=(host,))
    assert f"hosts {text}, reverse-path <>" in traced("bob", routers=(router,), reverse_path=None)[0]


def test_ten_thousand_recipients_search_the_aliases_a_bounded_number_of_times():
    octets = b"".join(b"user%d: person%d@x.example\n" % (number, number) for number in range(100_000))
    reads = []
    lookups = world().replace(alias_file=lambda path: reads.append(path) or octets)
    found = routed(*(f"user{number}" for number in range(10_000)), lookups=lookups)
    assert [each.address.local_part for each in found] == [b"person%d" % number for number in range(10_000)]
    assert reads == [ALIASES]


def test_a_caller_is_a_member_of_groups_by_name():
    assert ALICE.is_among((b"@staff",))
    assert not Caller(b"staff", 1).is_among((b"@staff",))

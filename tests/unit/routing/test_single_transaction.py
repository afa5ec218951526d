"""The single-transaction rule."""

from __future__ import annotations

import pytest

from helper.address import Mailbox
from helper.config.values import Host, Router
from helper.failure import MessageError
from helper.routing.single_transaction import single_transaction
from tests.unit.routing.sample import ACCEPT, OTHER, OWN, RELAY, routed

HOSTS = (Host("name", b"a.example"), Host("name", b"b.example"))
TO_X = Router(name="x", driver="manualroute", transport="relay", hosts=HOSTS, domains=(b"x.example",))
TO_Y = TO_X.replace(name="y", domains=(b"y.example",))


def test_recipients_that_have_all_in_common_go_together():
    found = routed("a", "b", "c@x.example", routers=(ACCEPT.replace(headers_add=(b"X: y",), headers_remove=(b"z",)),))
    route = single_transaction(found)
    assert (route.transport, route.hosts, route.reverse_path) == ("relay", RELAY.hosts, OWN)
    assert (route.headers_add, route.headers_remove, route.recipients) == ((b"X: y",), (b"z",), found)


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (TO_Y.replace(transport="other"), "transport"),
        (TO_Y.replace(hosts=HOSTS[:1]), "host list"),
        (TO_Y.replace(hosts=HOSTS[::-1]), "host list"),
        (TO_Y.replace(errors_to=b""), "reverse-path"),
        (TO_Y.replace(errors_to=b"x@x.example"), "reverse-path"),
        (TO_Y.replace(headers_add=(b"X: y",)), "added header fields"),
        (TO_Y.replace(headers_remove=(b"x",)), "removed header fields"),
    ],
)
def test_names_two_recipients_and_in_what_they_differ(other, difference):
    found = routed("a@x.example", "b@x.example", "c@y.example", routers=(TO_X, other))
    with pytest.raises(MessageError) as caught:
        single_transaction(found)
    assert caught.value.problem == f"c@y.example: cannot go together with a@x.example: they differ in the {difference}"


def test_the_order_of_hosts_is_nothing_where_it_is_drawn():
    transports = (RELAY.replace(hosts_randomize=True), OTHER)
    routers = (TO_X, TO_Y.replace(hosts=HOSTS[::-1]))
    found = routed("a@x.example", "b@y.example", routers=routers, transports=transports)
    assert single_transaction(found).recipients == found


def test_one_domain_of_mx_hosts_is_one_host_list_in_any_case():
    lookup = Router(name="mx", driver="dnslookup", transport="relay")
    assert single_transaction(routed("a@x.example", "b@X.example", routers=(lookup,))).hosts == (
        Host("mx", b"x.example"),
    )
    with pytest.raises(MessageError, match="host list"):
        single_transaction(routed("a@x.example", "b@y.example", routers=(lookup,)))


def test_reverse_paths_are_compared_as_mailboxes():
    route = single_transaction(routed("a", "b", reverse_path=Mailbox(b"x", b"x.example")))
    assert route.reverse_path == Mailbox(b"x", b"x.example")

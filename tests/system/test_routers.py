"""Routers: each driver, each condition and each setting, by what arrives at the smart host (contract, section 6)."""

from __future__ import annotations

import pytest

from tests.support.nameserver import name_server
from tests.support.smarthost import refusing_port
from tests.system.outcome import assert_sent, label
from tests.system.world import (
    ACCEPT,
    MESSAGE,
    assert_goes_nowhere,
    configure,
    fields,
    own,
    place,
    public_file,
    redirect,
)

CAROL = "carol@example.org"
TAKEN = "taken@example.com"


# Drivers


def test_accept_sends_to_the_hosts_of_the_transport(installation, smarthost):
    host, other = smarthost(), smarthost()
    configure(installation, host, [ACCEPT], others={"other": other})
    assert_sent(installation.send(CAROL, stdin=MESSAGE), host, [CAROL])
    assert other.connections == 0


def test_accept_sends_through_the_transport_that_it_names(installation, smarthost):
    host, other = smarthost(), smarthost()
    configure(installation, host, [{"driver": "accept", "transport": "other"}], others={"other": other})
    assert_sent(installation.send(CAROL, stdin=MESSAGE), other, [CAROL])
    assert host.connections == 0


def test_manualroute_sends_to_its_own_hosts(installation, smarthost):
    host, own_host = smarthost(), smarthost()
    router = {"driver": "manualroute", "transport": "relay", "hosts": [place(own_host)]}
    configure(installation, host, [router])
    assert_sent(installation.send(CAROL, stdin=MESSAGE), own_host, [CAROL])
    assert host.connections == 0


def test_manualroute_tries_its_hosts_in_order(installation, smarthost):
    with refusing_port() as port:
        host, last = smarthost(), smarthost()
        hosts = [f"127.0.0.1:{port}", place(host), place(last)]
        router = {"driver": "manualroute", "transport": "relay", "hosts": hosts}
        configure(installation, host, [router], hosts=None)
        assert_sent(installation.send(CAROL, stdin=MESSAGE), host, [CAROL])
    assert last.connections == 0


def test_redirect_sends_to_what_its_file_says(installation, smarthost):
    host = smarthost()
    file = public_file(installation, "aliases", f"carol: {TAKEN}\n")
    configure(installation, host, [redirect(file), ACCEPT])
    assert_sent(installation.send(CAROL, "dora@example.org", stdin=MESSAGE), host, [TAKEN, "dora@example.org"])


def test_redirect_sends_to_what_its_data_say(installation, smarthost):
    host = smarthost()
    router = {"driver": "redirect", "local_parts": ["carol"], "data": [TAKEN, "dora@example.com, erik@example.com"]}
    configure(installation, host, [router, ACCEPT])
    result = installation.send(CAROL, stdin=MESSAGE)
    assert_sent(result, host, [TAKEN, "dora@example.com", "erik@example.com"])


def test_what_a_redirect_yields_starts_at_the_first_router_again(installation, smarthost):
    host = smarthost()
    routers = [
        {"driver": "redirect", "domains": ["last.example"], "data": TAKEN.split()},
        {"driver": "redirect", "domains": ["first.example"], "data": ["carol@last.example"]},
        ACCEPT,
    ]
    configure(installation, host, routers)
    assert_sent(installation.send("carol@first.example", stdin=MESSAGE), host, [TAKEN])


def test_dnslookup_sends_to_the_mx_hosts_of_the_domain(installation, smarthost):
    host = smarthost()
    configure(installation, host, [{"driver": "dnslookup", "transport": "relay"}], hosts=None, port=host.port)
    zone = {("example.org", "MX"): ["10 in.example.org."], ("in.example.org", "A"): ["127.0.0.1"]}
    with name_server(zone) as server:
        etc = {"resolv.conf": server.resolv_conf, "nsswitch.conf": "hosts: files dns\n"}
        result = installation.send(CAROL, "dora@EXAMPLE.org", stdin=MESSAGE, etc=etc)
    assert_sent(result, host, [CAROL, "dora@EXAMPLE.org"])


def test_the_first_router_that_takes_an_address_decides(installation, smarthost):
    host, second = smarthost(), smarthost()
    routers = [
        {"driver": "accept", "transport": "second", "domains": ["example.net"]},
        {"driver": "accept", "transport": "relay", "domains": ["example.org"]},
        {"driver": "accept", "transport": "second"},
    ]
    configure(installation, host, routers, others={"second": second})
    assert_sent(installation.send(CAROL, stdin=MESSAGE), host, [CAROL])
    assert second.connections == 0


def test_an_address_that_no_router_takes_fails_the_message(installation, smarthost):
    host = smarthost()
    configure(installation, host, [ACCEPT | {"domains": ["example.org"]}])
    recipients = [CAROL, "dora@example.com"]
    result = installation.send(*recipients, stdin=MESSAGE)
    assert_goes_nowhere(result, host, recipients, "dora@example.com: is taken by no router")


@pytest.mark.parametrize(
    ("aliases", "recipients"),
    [(None, ["carol@example.net"]), ("carol: taken@example.com\n", [TAKEN]), ("root: taken\n", ["carol@example.net"])],
)
def test_without_routers_etc_aliases_and_the_only_transport_are_assumed(installation, smarthost, aliases, recipients):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send("carol", stdin=MESSAGE, etc={"aliases": aliases}), host, recipients)


def test_without_routers_two_transports_are_refused(installation, smarthost):
    host, other = smarthost(), smarthost()
    configure(installation, host, others={"other": other})
    result = installation.send(CAROL, stdin=MESSAGE)
    reason = "routers: is missing: with more than one transport, [[routers]] must say which one takes which addresses"
    assert (result.status, result.reason) == (1, f"{installation.configuration}: {reason}")
    assert host.connections == other.connections == 0


# Settings


def test_adds_header_fields_of_router_and_transport(installation, smarthost):
    host = smarthost()
    routers = [
        {"driver": "redirect", "domains": ["example.org"], "data": [TAKEN], "headers_add": ["X-Way: first"]},
        ACCEPT | {"headers_add": ["X-Way: second", "X-Other:  kept as it is"]},
    ]
    configure(installation, host, routers, headers_add=["X-Way: third"])
    assert_sent(installation.send(CAROL, stdin=MESSAGE), host, [TAKEN])
    added = [b"X-Way: first", b"X-Way: second", b"X-Other:  kept as it is", b"X-Way: third"]
    assert fields(host.message, "X-Way", "X-Other") == added
    assert host.message.body == b"A line.\r\n"


def test_removes_header_fields_of_router_and_transport(installation, smarthost):
    host = smarthost()
    routers = [
        {"driver": "redirect", "domains": ["example.org"], "data": [TAKEN], "headers_remove": ["x-one"]},
        ACCEPT | {"headers_remove": ["X-Two", "received"]},
    ]
    configure(installation, host, routers, headers_remove=["X-Th*"])
    sent = b"X-One: 1\nX-ONE: folded\n 1\nX-Two: 2\nX-Three: 3\nX-Thirty: 30\nX-Four: 4\n" + MESSAGE
    assert_sent(installation.send(CAROL, stdin=sent), host, [TAKEN])
    names = ("X-One", "X-Two", "X-Three", "X-Thirty", "X-Four", "Received", "Subject")
    assert fields(host.message, *names) == [b"X-Four: 4", b"Subject: hello"]


def test_adds_a_header_field_in_place_of_the_removed_one(installation, smarthost):
    host = smarthost()
    configure(installation, host, [ACCEPT | {"headers_add": ["Subject: ours"], "headers_remove": ["subject"]}])
    assert_sent(installation.send(CAROL, stdin=MESSAGE), host, [CAROL])
    assert fields(host.message, "Subject") == [b"Subject: ours"]


@pytest.mark.parametrize(
    ("errors_to", "reverse_path"), [("list-errors@example.net", b"list-errors@example.net"), ("<>", b"")]
)
@pytest.mark.parametrize("driver", ["redirect", "accept"])
def test_a_router_sets_the_reverse_path(installation, smarthost, driver, errors_to, reverse_path):
    host = smarthost()
    routers = [{"driver": "redirect", "domains": ["example.org"], "data": [TAKEN]}, dict(ACCEPT)]
    routers[driver == "accept"]["errors_to"] = errors_to
    configure(installation, host, routers)
    result = installation.send("-f", own(installation), CAROL, stdin=MESSAGE)
    assert_sent(result, host, [TAKEN])
    assert host.message.reverse_path == reverse_path
    assert f" from=<{reverse_path.decode()}> " in result.log_line


def test_the_return_path_of_the_transport_is_the_last_word(installation, smarthost):
    host = smarthost()
    routers = [ACCEPT | {"errors_to": "list-errors@example.net"}]
    configure(installation, host, routers, return_path="bounces@example.net")
    assert_sent(installation.send(CAROL, stdin=MESSAGE), host, [CAROL])
    assert host.message.reverse_path == b"bounces@example.net"


def test_an_address_goes_no_further_than_a_router_that_is_the_last_for_it(installation, smarthost):
    host = smarthost()
    file = public_file(installation, "aliases", f"carol: {TAKEN}\n")
    configure(installation, host, [redirect(file, more=False, domains=["example.org"]), ACCEPT])
    recipients = [CAROL, "dora@example.org"]
    result = installation.send(*recipients, stdin=MESSAGE)
    reason = "dora@example.org: is not taken by router aliases, and goes no further"
    assert_goes_nowhere(result, host, recipients, reason)


def test_an_address_that_the_last_router_is_not_for_goes_on(installation, smarthost):
    host = smarthost()
    file = public_file(installation, "aliases", f"carol: {TAKEN}\n")
    configure(installation, host, [redirect(file, more=False, domains=["example.org"]), ACCEPT])
    recipients = [CAROL, "dora@example.net"]
    assert_sent(installation.send(*recipients, stdin=MESSAGE), host, [TAKEN, "dora@example.net"])


def test_the_smart_host_is_named_as_the_router_names_it(installation, smarthost):
    host = smarthost(refuse={"RCPT": "550 5.1.1 no such user"})
    router = {"driver": "manualroute", "transport": "relay", "hosts": [place(host)]}
    configure(installation, smarthost(), [router])
    result = installation.send(CAROL, stdin=MESSAGE)
    assert result.reason == f"{label(host)}: RCPT TO:<{CAROL}> was refused: 550 5.1.1 no such user"

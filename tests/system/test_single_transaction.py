"""The single-transaction rule: who cannot go together does not go at all, and is told so before any connection."""

from __future__ import annotations

import pytest

from tests.support.smarthost import refusing_port
from tests.system.outcome import assert_sent
from tests.system.world import ACCEPT, MESSAGE, assert_goes_nowhere, configure, place, public_file, redirect

CAROL, DORA, ERIK = "carol@example.org", "dora@example.com", "erik@example.org"
FOR_COM = ACCEPT | {"name": "com", "domains": ["example.com"]}
FIRST_AND_SECOND = ["127.0.0.1:9", "127.0.0.2:9"]
MANUAL = {"driver": "manualroute", "transport": "relay"}


def refuses_the_pair(installation, host, difference):
    """Check that nothing goes out, and that two addresses are named with that in which they differ."""
    recipients = [CAROL, ERIK, DORA]
    result = installation.send(*recipients, stdin=MESSAGE)
    reason = f"{DORA}: cannot go together with {CAROL}: they differ in the {difference}"
    assert_goes_nowhere(result, host, recipients, reason)


def test_different_transports_do_not_go_together(installation, smarthost):
    host, other = smarthost(), smarthost()
    configure(installation, host, [FOR_COM | {"transport": "other"}, ACCEPT], others={"other": other})
    refuses_the_pair(installation, host, "transport")
    assert other.connections == 0


def test_two_transports_to_one_host_do_not_go_together(installation, smarthost):
    host = smarthost()
    configure(installation, host, [FOR_COM | {"transport": "other"}, ACCEPT], others={"other": host})
    refuses_the_pair(installation, host, "transport")


@pytest.mark.parametrize("hosts", [FIRST_AND_SECOND[:1], FIRST_AND_SECOND[::-1]], ids=["fewer", "another order"])
@pytest.mark.parametrize("randomize", [False, None])
def test_different_host_lists_do_not_go_together(installation, smarthost, hosts, randomize):
    host = smarthost()
    routers = [
        MANUAL | {"domains": ["example.com"], "hosts": [place(host), *hosts]},
        MANUAL | {"hosts": [place(host), *FIRST_AND_SECOND]},
    ]
    configure(installation, host, routers, hosts_randomize=randomize)
    refuses_the_pair(installation, host, "host list")


def test_domains_whose_hosts_the_dns_names_do_not_go_together(installation, smarthost):
    host = smarthost()
    configure(installation, host, [{"driver": "dnslookup", "transport": "relay"}])
    refuses_the_pair(installation, host, "host list")


def test_the_same_hosts_in_another_order_go_together_where_the_order_is_drawn(installation, smarthost):
    with refusing_port() as port:
        host = smarthost()
        hosts = [place(host), f"127.0.0.1:{port}"]
        routers = [MANUAL | {"domains": ["example.com"], "hosts": hosts}, MANUAL | {"hosts": hosts[::-1]}]
        configure(installation, host, routers, hosts_randomize=True)
        assert_sent(installation.send(CAROL, DORA, stdin=MESSAGE), host, [CAROL, DORA])


@pytest.mark.parametrize("errors_to", ["errors@example.net", "<>"])
def test_different_reverse_paths_do_not_go_together(installation, smarthost, errors_to):
    host = smarthost()
    configure(installation, host, [FOR_COM | {"errors_to": errors_to}, ACCEPT])
    refuses_the_pair(installation, host, "reverse-path")


@pytest.mark.parametrize(
    ("setting", "difference"),
    [
        ({"headers_add": ["X-One: 1"]}, "added header fields"),
        ({"headers_add": ["X-Two: 2"]}, "added header fields"),
        ({"headers_remove": ["subject"]}, "removed header fields"),
        ({"headers_remove": ["x-*"]}, "removed header fields"),
    ],
)
@pytest.mark.parametrize("usual", [{}, {"headers_add": ["X-Two: 1"], "headers_remove": ["x-three"]}])
def test_different_header_fields_do_not_go_together(installation, smarthost, setting, difference, usual):
    host = smarthost()
    configure(installation, host, [FOR_COM | usual | setting, ACCEPT | usual])
    refuses_the_pair(installation, host, difference)


def test_different_routers_with_the_same_effect_go_together(installation, smarthost):
    host = smarthost()
    settings = {"errors_to": "errors@example.net", "headers_add": ["X-One: 1"], "headers_remove": ["x-a", "x-b"]}
    same = settings | {"headers_remove": ["X-B", "x-a", "x-A"]}
    configure(installation, host, [FOR_COM | settings, ACCEPT | same])
    assert_sent(installation.send(CAROL, DORA, stdin=MESSAGE), host, [CAROL, DORA])


def test_addresses_that_aliases_lead_to_are_named_themselves(installation, smarthost):
    host = smarthost()
    file = public_file(installation, "aliases", f"staff: {CAROL}, {DORA}\n")
    configure(installation, host, [redirect(file), FOR_COM | {"errors_to": "<>"}, ACCEPT])
    result = installation.send("staff", stdin=MESSAGE)
    reason = f"{DORA}: cannot go together with {CAROL}: they differ in the reverse-path"
    assert_goes_nowhere(result, host, ["staff"], reason)


def test_who_is_discarded_goes_together_with_everybody(installation, smarthost):
    host = smarthost()
    nobody = {"driver": "redirect", "domains": ["example.com"], "data": [":blackhole:"], "errors_to": "<>"}
    configure(installation, host, [nobody, ACCEPT])
    assert_sent(installation.send(DORA, CAROL, stdin=MESSAGE), host, [CAROL])


@pytest.mark.parametrize(("given", "reverse_path"), [(["staff", CAROL], b"errors@a.example"), ([CAROL, "staff"], b"")])
def test_a_recipient_who_is_reached_in_two_ways_is_sent_to_once_by_the_first(
    installation, smarthost, given, reverse_path
):
    host = smarthost()
    file = public_file(installation, "aliases", f"staff: {CAROL}\n")
    configure(installation, host, [redirect(file, errors_to="errors@a.example"), ACCEPT])
    assert_sent(installation.send("-f", "<>", *given, stdin=MESSAGE), host, [CAROL])
    assert host.message.reverse_path == reverse_path

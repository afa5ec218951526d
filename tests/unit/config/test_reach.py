"""What a send needs of the world: no port and no file more than its configuration says."""

from __future__ import annotations

import pytest

from helper.config.reach import certificates, reads_lists, tcp_ports
from helper.config.values import Configuration, Host, Router, Transport

ADDRESS = Host("name", b"192.0.2.1", is_address=True)
NAME = Host("name", b"smtp.example.net")
SERVICES = {b"submission": 587, b"smtps": 465}
TRANSPORT = Transport("relay", b"ws1.example.net")


def configuration(*hosts, routers=(), **transport):
    """Return a configuration with one transport."""
    return Configuration(
        primary_hostname=b"ws1.example.net",
        qualify_domain=b"example.net",
        qualify_recipient=b"example.net",
        transports=(TRANSPORT.replace(hosts=hosts, **transport),),
        routers=routers,
    )


@pytest.mark.parametrize(
    ("hosts", "ports"),
    [
        ((), set()),
        ((ADDRESS,), {587}),
        ((ADDRESS.replace(port=2525),), {2525}),
        ((NAME,), {587, 53}),
        ((NAME.replace(port=25), ADDRESS.replace(port=26)), {25, 26, 53}),
        ((ADDRESS.replace(service=b"smtps"),), {465}),
        ((ADDRESS.replace(service=b"nobody-knows"),), set()),
        ((Host("mx", b"example.net"),), {587, 53}),
        ((Host("mx", b"example.net", 25),), {25, 53}),
        ((Host("srv", b"example.net"),), None),
        ((ADDRESS, Host("srv", b"example.net")), None),
    ],
)
def test_the_ports_are_those_of_the_hosts(hosts, ports):
    assert tcp_ports(configuration(*hosts), SERVICES.get) == ports


def test_the_port_of_the_transport_counts_where_the_host_has_none():
    assert tcp_ports(configuration(ADDRESS, ADDRESS.replace(port=25), port=465), SERVICES.get) == {465, 25}


@pytest.mark.parametrize(
    ("router", "ports"),
    [
        (Router("r", "manualroute", "relay", hosts=(ADDRESS.replace(port=26),)), {587, 26}),
        (Router("r", "manualroute", "relay", hosts=(Host("srv", b"example.net"),)), None),
        (Router("r", "accept", "relay"), {587}),
        (Router("r", "dnslookup", "relay"), {587, 53}),
        (Router("r", "redirect", file="/etc/aliases"), {587}),
    ],
)
def test_so_are_those_of_the_routers(router, ports):
    assert tcp_ports(configuration(ADDRESS, routers=(router,)), SERVICES.get) == ports


def test_certificates_are_read_where_the_configuration_says():
    assert certificates(configuration()) == ()
    assert certificates(configuration(tls_ca_file="/a", tls_ca_path="/b")) == ("/a", "/b")


ALIASES = Router("r", "redirect", file="/etc/aliases")


@pytest.mark.parametrize(
    ("routers", "aliases"),
    [
        ((Router("r", "redirect", file="$home/.forward", check_local_user=True),), {}),
        ((Router("r", "redirect", data=(b"a@example.net", b":include:/srv/list")),), {}),
        ((ALIASES,), {"/etc/aliases": b"team: :include:/srv/list\n"}),
        ((ALIASES,), {"/a": None, "/etc/aliases": b"team: :Include:/srv/list\n"}),
    ],
)
def test_routing_may_read_what_addresses_and_aliases_name(routers, aliases):
    assert reads_lists(configuration(routers=routers), aliases)


@pytest.mark.parametrize(
    ("routers", "aliases"),
    [
        ((), {}),
        ((ALIASES,), {"/etc/aliases": b"root: alice\ninclude: bob\n"}),
        ((ALIASES,), {"/etc/aliases": None}),
        ((Router("r", "redirect", data=(b"a@example.net",)),), {}),
    ],
)
def test_otherwise_it_reads_nothing(routers, aliases):
    assert not reads_lists(configuration(routers=routers), aliases)

from __future__ import annotations

import pytest

from helper.config.values import Authentication, Host, Policy, Router, ThisHost, alias_files, secret_files
from tests.unit.config.sample import FULL, MACHINE, SMALLEST, configuration

NAME = Host("name", b"smtp.example.net")


def test_the_smallest_file_takes_everything_else_from_the_machine_and_the_defaults():
    smallest = configuration(SMALLEST)
    assert smallest.primary_hostname == b"ws1.example.org"
    assert smallest.qualify_domain == smallest.qualify_recipient == b"example.net"
    (relay,) = smallest.transports
    assert relay.name == "relay"
    assert relay.hosts == (NAME.replace(port=587),)
    assert relay.auth == Authentication(b"ws1", (), "relay.password")
    assert (relay.tls, relay.port, relay.helo_data) == ("starttls", 587, b"ws1.example.org")
    assert smallest.routers == (Router(name="smarthost", driver="accept", transport="relay"),)
    assert smallest.message_size_limit_octets == 50 * 1024 * 1024


def test_every_main_option_is_read():
    full = configuration(FULL)
    assert full.primary_hostname == b"ws1.example.net"
    assert full.qualify_domain == b"example.net"
    assert full.qualify_recipient == b"in.example.net"
    assert full.trusted_users == (b"www-data",)
    assert full.trusted_groups == (b"mail",)
    assert full.untrusted_set_sender == (b"*@lists.example.net", b"!x@y.example", b"^bounce-\\d+@")
    assert (full.local_from_check, full.local_sender_retain) == (False, True)
    assert (full.local_from_prefix, full.local_from_suffix) == (b"*-", b"+*")
    assert full.from_override is True
    assert (full.message_size_limit_octets, full.recipients_max) == (10240, 7)
    assert (full.received_header, full.extract_addresses_remove_arguments) == (False, True)
    assert (full.log, full.log_format, full.exit_codes) == ("/var/log/gatepost.log", "json", "sysexits")
    assert full.sandbox == "required"


def test_every_option_of_a_transport_is_read():
    relay, token, certificate, _ = configuration(FULL).transports
    assert relay.hosts == (
        NAME,
        Host("name", b"2001:db8::1", service=b"submission", is_address=True),
        Host("mx", b"example.com"),
    )
    assert (relay.hosts_randomize, relay.port, relay.tls) == (True, 2525, "implicit")
    assert (relay.tls_verify, relay.tls_verify_name, relay.tls_min_version) == (False, b"other.example.net", "1.3")
    assert (relay.tls_ca_file, relay.tls_ca_path) == ("/etc/ca.pem", "/etc/ca/")
    assert (relay.tls_certificate, relay.tls_privatekey) == ("ws1.pem", "ws1.key")
    assert relay.tls_pins == (bytes(31) + b"\1",)
    assert (relay.dane, token.dane) == (False, True)
    assert relay.discard_ehlo_keywords == ("CHUNKING", "SMTPUTF8")
    assert (relay.helo_data, relay.interface) == (b"[192.0.2.7]", b"192.0.2.7")
    assert (relay.connect_timeout_s, relay.command_timeout_s) == (5.0, 5400.0)
    assert (relay.data_timeout_s, relay.final_timeout_s) == (172800.0, 90.0)
    assert relay.headers_add == (b"X-Site: north", b"X-Also: this")
    assert relay.headers_remove == (b"x-mailer", b"x-spam-*")
    assert relay.return_path == b"bounces@example.net"
    assert relay.auth == Authentication(b"ws1", ("PLAIN", "SCRAM-SHA-256"), "/root/relay", allow_plaintext=True)
    assert token.auth == Authentication(user=b"ws2", token_command=("/usr/bin/token", "--fresh"))
    assert token.hosts == (Host("srv", b"example.org"),)
    assert certificate.auth == Authentication(mechanisms=("EXTERNAL",))


def test_every_option_of_a_router_is_read():
    assert configuration(FULL).routers == (
        Router(
            name="aliases",
            driver="redirect",
            file="/etc/aliases",
            domains=(b"example.net",),
            allow_fail=True,
            allow_defer=True,
        ),
        Router(name="router2", driver="redirect", file="$home/.forward", check_local_user=True, more=False),
        Router(
            name="router3",
            driver="redirect",
            data=(b"a@example.net", b":fail: no such user"),
            local_parts=(b"info", b"!*-x"),
            senders=(b"<>", b"^a"),
            callers=(b"alice", b"@staff"),
            headers_add=(b"X-R: 1",),
            headers_remove=(b"x-s",),
            errors_to=b"",
        ),
        Router(
            name="router4",
            driver="manualroute",
            transport="relay",
            hosts=(Host("name", b"192.0.2.1", port=25, is_address=True),),
            errors_to=b"postmaster@example.net",
        ),
        Router(name="router5", driver="dnslookup", transport="direct"),
        Router(name="router6", driver="accept", transport="relay"),
    )


def test_rewriting_and_policies_are_read_in_order():
    full = configuration(FULL)
    assert full.rewrite == ((b"root", b"admin@example.net"), (b"*@host.local", b"*@example.net"))
    assert full.policies == (
        Policy(
            callers=(b"kiosk", b"uid4242", b"uid61184-65519"),
            recipients=(b"help@example.net",),
            senders=(b"kiosk@example.net",),
            message_size_limit_octets=1024 * 1024,
            recipients_max=1,
        ),
        Policy(allow=False),
    )


def test_the_files_to_be_opened_before_the_drop_are_known_without_an_address():
    full = configuration(FULL)
    assert alias_files(full) == ("/etc/aliases",)
    assert secret_files(full) == ("/root/relay",)


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("implicit", 465), ("none", 587)])
def test_the_port_follows_the_kind_of_tls(tls, port):
    text = f'[transports.relay]\ndriver = "smtp"\nhosts = ["a.example"]\ntls = "{tls}"\n'
    assert configuration(text).transports[0].port == port


NO_NAMES = '[transports.relay]\ndriver = "smtp"\nhosts = ["a.example"]\n'


@pytest.mark.parametrize(
    ("given", "mailname", "expected"),
    [
        ("", None, (b"ws1.example.org", b"ws1.example.org", b"ws1.example.org")),
        ("", b"Mail.Example.ORG", (b"ws1.example.org", b"mail.example.org", b"mail.example.org")),
        ('primary_hostname = "P.example"\n', None, (b"p.example", b"p.example", b"p.example")),
        ('qualify_domain = "q.example"\n', b"m.example", (b"ws1.example.org", b"q.example", b"q.example")),
        ('qualify_recipient = "r.example"\n', b"m.example", (b"ws1.example.org", b"m.example", b"r.example")),
    ],
)
def test_names_that_are_not_given_come_from_the_machine(given, mailname, expected):
    found = configuration(given + NO_NAMES, MACHINE.replace(mailname=mailname))
    assert (found.primary_hostname, found.qualify_domain, found.qualify_recipient) == expected


def test_without_routers_the_aliases_of_the_machine_and_the_only_transport_are_implied():
    machine = ThisHost(host_name=b"ws1.example.org.", mailname=None, has_aliases=True)
    aliases, accept = configuration(SMALLEST, machine).routers
    assert aliases == Router(
        name="system_aliases",
        driver="redirect",
        file="/etc/aliases",
        domains=(b"example.net", b"ws1.example.org"),
        allow_fail=True,
        allow_defer=True,
    )
    assert accept == Router(name="smarthost", driver="accept", transport="relay")

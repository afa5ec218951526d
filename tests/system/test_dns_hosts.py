"""`mx:`, `srv:` and the driver dnslookup: servers that the DNS names, and a DNS that lies."""

from __future__ import annotations

import dns.flags
import dns.rrset
import pytest

from tests.support.nameserver import name_server

MESSAGE = b"Subject: by way of the DNS\n\nhello\n"
LOCAL = ["127.0.0.1"]


def send(installation, server, *args, **options):
    """Send as alice, with the name server of the test as the only one."""
    etc = {"resolv.conf": server.resolv_conf, "nsswitch.conf": "hosts: files dns\nservices: files\n"}
    return installation.send(*(args or ("bob@x.example",)), stdin=MESSAGE, etc=etc, **options)


def test_mx_hosts_are_tried_by_preference(installation, smarthost):
    host = smarthost()
    zone = {
        ("relay.test", "MX"): ["20 good.relay.test.", "10 dead.relay.test."],
        ("dead.relay.test", "A"): ["127.9.9.9"],
        ("good.relay.test", "A"): LOCAL,
    }
    installation.configure_relay(host, hosts=["mx:relay.test"], port=host.port)
    with name_server(zone) as server:
        result = send(installation, server)
    assert (result.status, result.stderr) == (0, "")
    assert f"host=good.relay.test[127.0.0.1]:{host.port}" in result.log_line
    assert host.message.addresses == [b"bob@x.example"]


def test_the_port_of_mx_hosts_may_be_the_name_of_a_service(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, hosts=["mx:relay.test:relay"])
    etc = {"nsswitch.conf": "hosts: files dns\nservices: files\n", "services": f"relay {host.port}/tcp\n"}
    with name_server({("relay.test", "A"): LOCAL}) as server:
        result = installation.send("bob@x.example", stdin=MESSAGE, etc={**etc, "resolv.conf": server.resolv_conf})
    assert (result.status, result.stderr) == (0, "")


def test_a_domain_without_mx_is_its_own_host(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, hosts=["mx:relay.test"], port=host.port)
    with name_server({("relay.test", "A"): LOCAL}) as server:
        assert send(installation, server).status == 0


@pytest.mark.parametrize(
    ("zone", "reason"),
    [
        ({("relay.test", "MX"): ["0 ."]}, "mx:relay.test: the domain takes no mail (RFC 7505)"),
        ({("relay.test", "MX"): None}, "mx:relay.test: its name does not exist in the DNS"),
        ({("relay.test", "MX"): ["10 a\\.b\\;c.relay.test."]}, "mx:relay.test: the domain takes no mail (RFC 7505)"),
    ],
)
def test_a_domain_that_takes_no_mail_gets_none(installation, smarthost, zone, reason):
    host = smarthost()
    installation.configure_relay(host, hosts=["mx:relay.test"], port=host.port)
    with name_server(zone) as server:
        result = send(installation, server)
    assert (result.status, result.stderr) == (1, f"sendmail: not sent: {reason}\n")
    assert host.connections == 0


def test_the_next_host_is_tried_where_the_dns_has_nothing(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, hosts=["mx:nowhere.test", f"127.0.0.1:{host.port}"])
    with name_server({("nowhere.test", "MX"): None}) as server:
        assert send(installation, server).status == 0


def test_srv_names_hosts_and_ports_by_priority(installation, smarthost, certificates):
    host = smarthost(tls="starttls", certificate=certificates.good)
    zone = {
        ("_submission._tcp.localhost", "SRV"): [f"10 5 {host.port} localhost.", "5 0 1 dead.localhost."],
        ("dead.localhost", "A"): ["127.9.9.9"],
    }
    installation.configure_relay(host, hosts=["srv:localhost"])
    with name_server(zone) as server:
        result = send(installation, server)
    assert (result.status, result.stderr) == (0, "")
    assert ("_submissions._tcp.localhost", "SRV") in server.asked


def test_submissions_is_preferred_and_means_implicit_tls(installation, smarthost, certificates):
    host = smarthost(tls="implicit", certificate=certificates.good)
    zone = {("_submissions._tcp.localhost", "SRV"): [f"0 0 {host.port} localhost."]}
    installation.configure_relay(host, hosts=["srv:localhost"], tls="starttls")
    with name_server(zone) as server:
        assert send(installation, server).status == 0


def test_a_domain_without_services_is_a_clear_failure(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, hosts=["srv:relay.test"], tls="starttls")
    with name_server({}) as server:
        result = send(installation, server)
    assert result.stderr == "sendmail: not sent: srv:relay.test: the DNS has no server for it\n"


def test_a_forged_answer_cannot_choose_the_name_that_is_verified(installation, smarthost, certificates):
    """The liar has a valid certificate, for a name of its own: not for the domain that was configured."""
    host = smarthost(tls="starttls", certificate=certificates.good, expect_violations=True)
    zone = {("relay.test", "MX"): ["10 localhost."]}
    installation.configure_relay(host, hosts=["mx:relay.test"], port=host.port)
    with name_server(zone) as server:
        result = send(installation, server)
    assert result.status == 1
    assert "the certificate was not accepted" in result.stderr
    assert host.messages == []


def about_another(response):
    """Answer a question that was not asked."""
    response.question = [dns.rrset.from_text("other.test.", 0, "IN", "MX")]
    return response.to_wire()


def cut_short(response):
    """Say that there is more by TCP, where nobody listens."""
    response.flags |= dns.flags.TC
    return response.to_wire()


def in_a_circle(response):
    """Point from the name of the first record to that name itself (RFC 1035, section 4.1.4)."""
    octets = bytearray(response.to_wire())
    at = octets.index(b"\xc0\x0c")
    octets[at : at + 2] = (0xC000 | at).to_bytes(2, "big")
    return bytes(octets)


def an_alias_of_itself(response):
    """Send who asks round and round."""
    name = response.question[0].name.to_text()
    response.answer = [dns.rrset.from_text(name, 60, "IN", "CNAME", name)]
    return response.to_wire()


@pytest.mark.parametrize(
    "change",
    [
        lambda response: None,
        lambda response: b"\0" * 12,
        lambda response: response.to_wire()[:20],
        lambda response: setattr(response, "id", response.id ^ 1) or response.to_wire(),
        lambda response: setattr(response, "flags", response.flags & ~dns.flags.QR) or response.to_wire(),
        lambda response: response.set_rcode(2) or response.to_wire(),
        *(about_another, cut_short, in_a_circle, an_alias_of_itself),
    ],
    ids=[
        *("silent", "nonsense", "cut", "other-id", "a-query", "servfail"),
        *("other-question", "truncated", "pointer-to-itself", "alias-of-itself"),
    ],
)
def test_a_name_server_that_lies_or_is_silent_sends_nothing_anywhere(installation, smarthost, change):
    host = smarthost()
    installation.configure_relay(host, hosts=["mx:relay.test"], port=host.port)
    with name_server({("relay.test", "MX"): ["10 localhost."]}, change) as server:
        result = send(installation, server)
    assert result.status == 1
    assert result.stderr.startswith("sendmail: not sent: mx:relay.test: its MX records cannot be looked up: ")
    assert host.connections == 0


def test_a_silent_name_server_does_not_stretch_the_time(installation, smarthost):
    times = dict.fromkeys(("connect_timeout", "command_timeout", "data_timeout", "final_timeout"), "1s")
    installation.configure_relay(smarthost(), hosts=["mx:relay.test", "mx:relay.test"], **times)
    with name_server({}, lambda response: None) as server:
        result = send(installation, server)
    whole = "within 3 s, the time for everything before the end of the message"
    assert result.stderr == (
        f"sendmail: not sent: mx:relay.test: its MX records cannot be looked up: no answer {whole}; "
        f"mx:relay.test: not tried {whole}\n"
    )


def test_of_hundreds_of_hosts_only_some_are_tried(installation, smarthost):
    names = [f"h{number}.relay.test" for number in range(300)]
    zone = {("relay.test", "MX"): [f"10 {name}." for name in names]}
    zone |= {(name, "A"): ["127.9.9.9"] for name in names}
    installation.configure_relay(smarthost(), hosts=["mx:relay.test"], port=1)
    with name_server(zone) as server:
        assert send(installation, server).status == 1
        assert len({name for name, kind in server.asked if kind == "A"}) == 30


def test_an_alias_leads_to_a_host_and_chooses_no_name_that_is_verified(installation, smarthost):
    """That an exchange should be no alias (RFC 2181, section 10.3) is for those who publish one to mind."""
    host = smarthost(tls="starttls", expect_violations=True)
    zone = {
        ("smtp.test", "MX"): ["10 mx.example."],
        ("relay.test", "MX"): ["10 mx.example."],
        ("mx.example", "CNAME"): ["localhost."],
        ("localhost", "A"): LOCAL,
    }
    with name_server(zone) as server:
        installation.configure_relay(host, hosts=["mx:smtp.test"], port=host.port)
        assert send(installation, server).status == 0
        installation.configure_relay(host, hosts=["mx:relay.test"], port=host.port)
        result = send(installation, server)
    assert "it is for localhost, smtp.test, 127.0.0.1, 0:0:0:0:0:0:0:1, not for relay.test: " in result.stderr
    assert len(host.messages) == 1


def test_dnslookup_sends_to_the_hosts_of_the_recipients_domain(installation, smarthost):
    host = smarthost()
    text = installation.relay_configuration(host, hosts=None, port=host.port)
    text += '\n[[routers]]\nname = "mx"\ndriver = "dnslookup"\ntransport = "relay"\n'
    installation.configure(text)
    zone = {("x.example", "MX"): ["10 in.x.example."], ("in.x.example", "A"): LOCAL}
    with name_server(zone) as server:
        result = send(installation, server)
        assert (result.status, result.stderr) == (0, "")
        both = send(installation, server, "bob@x.example", "carol@y.example")
    assert both.status == 1
    assert "they differ in the host list" in both.stderr

"""Delivery status notifications (RFC 3461): from the command line through to the smart host, or told to be missing."""

from __future__ import annotations

import pytest

from tests.system.outcome import EXTENSIONS, MESSAGE, ONE, assert_sent, configure, facts_of

ASKED = ("-N", "success,failure", "-R", "hdrs", "-V", "batch+7")


@pytest.mark.parametrize("offered", EXTENSIONS.values(), ids=EXTENSIONS.keys())
def test_what_the_caller_asks_for_reaches_the_smart_host(installation, smarthost, offered):
    host = smarthost(extensions=(*offered, "DSN"))
    configure(installation, host)
    result = installation.send(*ASKED, "carol@example.org", "dave@example.org", stdin=MESSAGE)
    assert_sent(result, host, ["carol@example.org", "dave@example.org"])
    parameters = host.message.parameters
    assert (parameters["RET"], parameters["ENVID"]) == ("HDRS", "batch+2B7")
    assert [each.parameters for each in host.message.recipients] == [{"NOTIFY": "SUCCESS,FAILURE"}] * 2


@pytest.mark.parametrize("offered", EXTENSIONS.values(), ids=EXTENSIONS.keys())
def test_where_it_is_not_offered_the_message_goes_and_the_log_says_so(installation, smarthost, offered):
    host = smarthost(extensions=offered)
    configure(installation, host)
    result = installation.send(*ASKED, *ONE, stdin=MESSAGE)
    assert_sent(result, host, ONE)
    assert host.message.parameters.keys() <= {"SIZE"}
    assert host.message.recipients[0].parameters == {}
    assert facts_of(result.log_line)["dsn"] == "not offered"


def test_who_asks_for_nothing_gets_nothing(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    result = installation.send(*ONE, stdin=MESSAGE)
    assert host.message.recipients[0].parameters == {}
    assert "dsn" not in facts_of(result.log_line)


def test_the_address_before_an_alias_goes_along(installation, smarthost):
    host = smarthost()
    aliases = installation.sysconfdir / "aliases"
    aliases.write_text("root: carol@example.org\n")
    routers = f"""
[[routers]]
driver = "redirect"
file = "{aliases}"
[[routers]]
driver = "accept"
transport = "relay"
"""
    installation.configure(installation.relay_configuration(host, {"qualify_domain": "example.net"}) + routers)
    result = installation.send("-Nnever", "root", stdin=MESSAGE)
    assert_sent(result, host, ONE)
    assert host.message.recipients[0].parameters == {"NOTIFY": "NEVER", "ORCPT": "rfc822;root@example.net"}

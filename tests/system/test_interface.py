"""`interface`: the address that a connection comes from."""

from __future__ import annotations

MESSAGE = b"Subject: from here\n\nhello\n"


def test_the_connection_comes_from_the_interface(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, interface="127.3.2.1")
    assert installation.send("bob@x.example", stdin=MESSAGE).status == 0
    host.settle()
    assert host.session.client == "127.3.2.1"


def test_addresses_of_the_other_family_are_passed_over(installation, smarthost):
    host = smarthost(addresses=("127.0.0.1", "::1"))
    installation.configure_relay(host, hosts=[f"localhost:{host.port}"], interface="::1")
    etc = {"hosts": "127.0.0.1 localhost\n::1 localhost\n"}
    assert installation.send("bob@x.example", stdin=MESSAGE, etc=etc).status == 0
    host.settle()
    assert host.session.client == "::1"


def test_an_interface_that_reaches_nothing_is_a_clear_failure(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, interface="::1")
    result = installation.send("bob@x.example", stdin=MESSAGE)
    assert result.status == 1
    assert "this host cannot reach any address of that name" in result.stderr
    installation.configure_relay(host, interface="192.0.2.1")
    result = installation.send("bob@x.example", stdin=MESSAGE)
    assert "connecting: cannot assign requested address" in result.stderr
    assert host.connections == 0

"""TCP Fast Open (RFC 7413): with implicit TLS the handshake begins in the first packet, where the kernel can do it."""

from __future__ import annotations

import pytest

from tests.support.private_network import counter, in_private_network
from tests.support.smarthost import deaf_port, refusing_port
from tests.system.outcome import FIVE, MESSAGE, assert_not_sent, assert_sent, configure, facts_of

BOTH_SIDES = {"ipv4/tcp_fastopen": "3"}
HOSTS = {"nsswitch.conf": "hosts: files\n", "hosts": "127.0.0.1 smtp.test\n127.0.0.2 smtp.test\n"}


def send(installation):
    return installation.send(*FIVE, stdin=MESSAGE, etc=HOSTS)


def send_to(host, installation):
    configure(installation, host, tls_verify_name="localhost")
    assert_sent(send(installation), host, FIVE)


@pytest.mark.parametrize(("tls", "opened"), [("implicit", 2), ("starttls", 0), ("none", 0)])
def test_a_server_that_is_known_hears_us_in_the_first_packet(installation, smarthost, tls, opened):
    """The first connection fetches the cookie, the two others use it; where the server speaks first there is none."""

    def three_times():
        for _ in range(3):
            host = smarthost(tls=tls, fast_open=True)
            send_to(host, installation)
        return counter("TcpExtTCPFastOpenActive")

    assert in_private_network(three_times, BOTH_SIDES) == opened


@pytest.mark.parametrize("setting", ["0", "2"])
def test_a_kernel_without_it_sends_as_usual(installation, smarthost, setting):
    def twice():
        for _ in range(2):
            host = smarthost(tls="implicit", fast_open=True)
            send_to(host, installation)
        return counter("TcpExtTCPFastOpenActive")

    assert in_private_network(twice, {"ipv4/tcp_fastopen": setting}) == 0


def test_a_server_that_has_forgotten_its_cookies_gets_the_message(installation, smarthost):
    def with_and_without():
        for fast_open in (True, False):
            host = smarthost(tls="implicit", fast_open=fast_open)
            send_to(host, installation)

    in_private_network(with_and_without, BOTH_SIDES)


def fetch_cookies(installation, smarthost):
    for address in ("127.0.0.1", "127.0.0.2"):
        host = smarthost(tls="implicit", fast_open=True, addresses=(address,))
        send_to(host, installation)


def test_a_known_server_that_is_gone_refuses_as_ever(installation, smarthost):
    def fetch_and_fail():
        fetch_cookies(installation, smarthost)
        with refusing_port() as port:
            configure(installation, smarthost(tls="implicit"), hosts=[f"127.0.0.1:{port}"])
            return port, send(installation)

    port, result = in_private_network(fetch_and_fail, BOTH_SIDES)
    assert_not_sent(result, f"127.0.0.1:{port}: connecting: connection refused", status=75, recipients=FIVE)


def test_a_known_address_that_is_dead_is_not_waited_for(installation, smarthost):
    def fetch_and_race():
        fetch_cookies(installation, smarthost)
        host = smarthost(tls="implicit", fast_open=True, addresses=("127.0.0.2",))
        with deaf_port("127.0.0.1", host.port):
            configure(
                installation, host, hosts=[f"smtp.test:{host.port}"], connect_timeout="1m", tls_verify_name="localhost"
            )
            return host, send(installation)

    host, result = in_private_network(fetch_and_race, BOTH_SIDES)
    assert_sent(result, host, FIVE)
    assert 0.25 <= float(facts_of(result.log_line)["seconds"]) < 4

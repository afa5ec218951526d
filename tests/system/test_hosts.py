"""Which smart host is tried, and when the next one: contract, section 7."""

from __future__ import annotations

import contextlib

import pytest

from tests.support.misbehaviour import Behaviour, Close, Raw, Reset, Silent
from tests.support.smarthost import deaf_port, refusing_port
from tests.system.outcome import (
    EXTENSIONS,
    FIVE,
    MESSAGE,
    WITH_CHUNKS,
    WITH_DATA,
    assert_not_sent,
    assert_sent,
    configure,
    facts_of,
    label,
    shown_status,
)

AUTH = {"ws1": "correct horse battery"}
LARGE = MESSAGE + b"0123456789abcde\n" * (24 * 1024 * 1024 // 16)  # more than any socket's buffers hold
BEFORE_ENVELOPE = ("CONNECT", "GREETING", "EHLO")
HANGING: dict[str, Behaviour] = {"silent": Silent(), "close": Close(), "reset": Reset()}

with_each_extension = pytest.mark.parametrize("extensions", EXTENSIONS.values(), ids=EXTENSIONS)


def only_from_second(first, second, result) -> None:
    """The second host took the message, and the first one did not get a word of it."""
    first.settle()
    assert first.messages == []
    assert_sent(result, second, FIVE)
    assert facts_of(result.log_line)["host"] == f"{second.address}[{second.address}]:{second.port}"


def test_the_first_host_is_taken_where_it_works(installation, smarthost):
    first, second = smarthost(), smarthost()
    configure(installation, first, hosts=[label(first), label(second)])
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), first, FIVE)
    assert second.connections == 0


def test_the_next_host_is_tried_after_a_refused_connection(installation, smarthost):
    second = smarthost()
    with refusing_port() as port:
        configure(installation, second, hosts=[f"127.0.0.1:{port}", label(second)])
        assert_sent(installation.send(*FIVE, stdin=MESSAGE), second, FIVE)


def test_the_next_host_is_tried_after_a_time_out_of_connecting(installation, smarthost):
    second = smarthost()
    with deaf_port() as port:
        configure(installation, second, hosts=[f"127.0.0.1:{port}", label(second)])
        assert_sent(installation.send(*FIVE, stdin=MESSAGE), second, FIVE)


def test_the_next_host_is_tried_where_a_name_is_unknown(installation, smarthost):
    second = smarthost()
    configure(installation, second, hosts=["smtp.nowhere.example:25", label(second)])
    assert_sent(installation.send(*FIVE, stdin=MESSAGE, etc={"nsswitch.conf": "hosts: files\n"}), second, FIVE)


@pytest.mark.parametrize("step", [*BEFORE_ENVELOPE, "MAIL", "RCPT 1", "RCPT 5", "DATA"])
@pytest.mark.parametrize("behaviour", HANGING.values(), ids=HANGING)
def test_the_next_host_is_tried_after_a_lost_connection(installation, smarthost, step, behaviour):
    first, second = smarthost(extensions=WITH_DATA, at={step: behaviour}), smarthost()
    configure(installation, first, hosts=[label(first), label(second)])
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    only_from_second(first, second, result)
    assert first.acted == [step]


@with_each_extension
@pytest.mark.parametrize("behaviour", [Reset(), Silent()], ids=["reset", "silent"])
def test_the_next_host_is_tried_after_a_connection_lost_within_the_message(
    installation, smarthost, extensions, behaviour
):
    first = smarthost(extensions=extensions, at={"CONTENT": behaviour})
    second = smarthost(extensions=WITH_CHUNKS)
    configure(installation, first, hosts=[label(first), label(second)], final_timeout="20s")
    result = installation.send(*FIVE, stdin=LARGE, time_limit_s=15)
    first.stopping.set()  # behind a full window a silent host cannot see that we have hung up
    only_from_second(first, second, result)


@pytest.mark.parametrize("reply", ["421 4.3.2 too busy", "554 5.3.2 no mail here"])
@pytest.mark.parametrize("step", ["GREETING", "EHLO"])
def test_the_next_host_is_tried_after_a_refused_greeting_or_ehlo(installation, smarthost, step, reply):
    first, second = smarthost(refuse={step: reply}), smarthost()
    configure(installation, first, hosts=[label(first), label(second)])
    only_from_second(first, second, installation.send(*FIVE, stdin=MESSAGE))


@pytest.mark.parametrize("kind", ["wrong_name", "expired", "unknown_issuer"])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_the_next_host_is_tried_after_a_failed_handshake(installation, smarthost, certificates, tls, kind):
    first = smarthost(tls=tls, auth=AUTH, certificate=getattr(certificates, kind))
    second = smarthost(tls=tls, auth=AUTH)
    configure(installation, first, hosts=[label(first), label(second)])
    only_from_second(first, second, installation.send(*FIVE, stdin=MESSAGE))


def test_the_next_host_is_tried_where_starttls_is_not_offered(installation, smarthost):
    first, second = smarthost(tls="none"), smarthost(tls="starttls")
    configure(installation, second, hosts=[label(first), label(second)])
    only_from_second(first, second, installation.send(*FIVE, stdin=MESSAGE))


@pytest.mark.parametrize("reply", ["535 5.7.8 not accepted", "454 4.7.0 not now"])
def test_the_next_host_is_tried_after_failed_authentication(installation, smarthost, reply):
    first, second = smarthost(tls="implicit", auth=AUTH, refuse={"AUTH": reply}), smarthost(tls="implicit", auth=AUTH)
    configure(installation, first, hosts=[label(first), label(second)])
    only_from_second(first, second, installation.send(*FIVE, stdin=MESSAGE))


@pytest.mark.parametrize("reply", ["450 4.2.0 not now", "550 5.7.1 no", "421 4.3.2 shutting down"])
@pytest.mark.parametrize("step", ["MAIL", "RCPT 1", "RCPT 5", "DATA", "MESSAGE"])
def test_no_other_host_is_tried_after_a_refusal(installation, smarthost, step, reply):
    first, second = smarthost(extensions=WITH_DATA, refuse={step: reply}), smarthost()
    configure(installation, first, hosts=[label(first), label(second)])
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert result.reason.startswith(f"{label(first)}: ")
    assert result.reason.endswith(f"was refused: {reply}")
    assert second.connections == 0
    assert first.messages == []


@pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])
def test_when_all_hosts_fail_each_is_named(installation, smarthost, exit_codes):
    first, second = smarthost(refuse={"GREETING": "554 5.3.2 no mail here"}), smarthost(at={"EHLO": Close()})
    with refusing_port() as port:
        configure(installation, first, exit_codes, hosts=[label(first), label(second), f"127.0.0.1:{port}"])
        result = installation.send(*FIVE, stdin=MESSAGE)
    for part in (
        f"{label(first)}: the greeting was refused: 554 5.3.2 no mail here",
        f"{label(second)}: EHLO ws1.example.net: the connection was lost before the reply",
        f"127.0.0.1:{port}: connecting: connection refused",
    ):
        assert part in result.reason
    status = shown_status(75, exit_codes)
    assert_not_sent(result, result.reason, status=status, recipients=FIVE, hosts=[first, second])


# Addresses and ports


def hosts_file(*addresses: str) -> dict[str, str]:
    """Return an /etc in which smtp.test has these addresses."""
    return {"nsswitch.conf": "hosts: files\n", "hosts": "".join(f"{address} smtp.test\n" for address in addresses)}


@pytest.mark.parametrize("addresses", [("127.0.0.2", "127.0.0.3", "127.0.0.1"), ("127.0.0.1", "127.0.0.2")])
def test_all_addresses_of_a_host_are_tried(installation, smarthost, addresses):
    host = smarthost(addresses=("127.0.0.1",))
    configure(installation, host, hosts=[f"smtp.test:{host.port}"])
    result = installation.send(*FIVE, stdin=MESSAGE, etc=hosts_file(*addresses))
    assert_sent(result, host, FIVE)
    assert facts_of(result.log_line)["host"] == f"smtp.test[127.0.0.1]:{host.port}"


@pytest.mark.parametrize("listening", ["127.0.0.1", "::1"])
def test_both_families_of_addresses_are_tried(installation, smarthost, listening):
    host = smarthost(addresses=(listening,))
    configure(installation, host, hosts=[f"smtp.test:{host.port}"])
    assert_sent(installation.send(*FIVE, stdin=MESSAGE, etc=hosts_file("::1", "127.0.0.1")), host, FIVE)


@pytest.mark.parametrize(("dead", "alive"), [("127.0.0.1", "127.0.0.2"), ("::1", "127.0.0.1")])
def test_a_dead_address_is_not_waited_for(installation, smarthost, dead, alive):
    host = smarthost(addresses=(alive,))
    with deaf_port(dead, host.port):
        configure(installation, host, hosts=[f"smtp.test:{host.port}"], connect_timeout="1m")
        result = installation.send(*FIVE, stdin=MESSAGE, etc=hosts_file(dead, alive), time_limit_s=8)
    assert_sent(result, host, FIVE)
    assert facts_of(result.log_line)["host"] == f"smtp.test[{alive}]:{host.port}"
    assert 0.25 <= float(facts_of(result.log_line)["seconds"]) < 4


def test_the_dead_addresses_of_a_host_share_one_time_out(installation, smarthost):
    host = smarthost(addresses=("127.0.0.1",))
    dead = ("127.0.0.2", "::1", "127.0.0.3", "127.0.0.4")
    with contextlib.ExitStack() as stack:
        for address in dead:
            stack.enter_context(deaf_port(address, host.port))
        configure(installation, host, hosts=[f"smtp.test:{host.port}"], connect_timeout="2s")
        result = installation.send(*FIVE, stdin=MESSAGE, etc=hosts_file(*dead))
    reason = f"smtp.test:{host.port}: connecting: no answer within 2 s"
    assert_not_sent(result, reason, status=75, recipients=FIVE, hosts=[host])
    assert 2 <= float(facts_of(result.log_line)["seconds"]) < 4


def test_the_next_address_is_tried_where_one_answers_and_cannot_be_used(installation, smarthost):
    first = smarthost(addresses=("127.0.0.1",), at={"GREETING": Close()})
    second = smarthost(addresses=("127.0.0.2",), port=first.port)
    configure(installation, first, hosts=[f"smtp.test:{first.port}"])
    result = installation.send(*FIVE, stdin=MESSAGE, etc=hosts_file("127.0.0.1", "127.0.0.2"))
    assert_sent(result, second, FIVE)
    assert first.acted == ["GREETING"]
    assert facts_of(result.log_line)["host"] == f"smtp.test[127.0.0.2]:{first.port}"


def test_what_a_host_said_is_told_and_not_that_its_other_addresses_are_dead(installation, smarthost):
    host = smarthost(addresses=("127.0.0.2",), refuse={"GREETING": "421 4.3.2 too busy"})
    configure(installation, host, hosts=[f"smtp.test:{host.port}"])
    result = installation.send(*FIVE, stdin=MESSAGE, etc=hosts_file("127.0.0.2", "127.0.0.3"))
    reason = f"smtp.test:{host.port}: the greeting was refused: 421 4.3.2 too busy"
    assert_not_sent(result, reason, status=75, recipients=FIVE, hosts=[host])
    assert facts_of(result.log_line)["host"] == f"smtp.test[127.0.0.2]:{host.port}"


def test_a_host_without_any_working_address_fails(installation, smarthost):
    host = smarthost(addresses=("127.0.0.1",))
    configure(installation, host, hosts=[f"smtp.test:{host.port}"])
    result = installation.send(*FIVE, stdin=MESSAGE, etc=hosts_file("127.0.0.2", "127.0.0.3"))
    reason = f"smtp.test:{host.port}: connecting: connection refused"
    assert_not_sent(result, reason, status=75, recipients=FIVE, hosts=[host])


def test_a_refused_password_is_not_tried_at_every_address(installation, smarthost):
    """It would only lock the account sooner."""
    host = smarthost(tls="implicit", auth=AUTH, addresses=("127.0.0.1", "::1"), refuse={"AUTH": "535 5.7.8 no"})
    configure(installation, host, hosts=[f"smtp.test:{host.port}"])
    result = installation.send(*FIVE, stdin=MESSAGE, etc=hosts_file("::1", "127.0.0.1"))
    assert result.status == 77
    assert host.connections == 1


@pytest.mark.parametrize("written", ["127.0.0.1:{port}", "[127.0.0.1]:{port}", "[::1]:{port}", "smtp.test:{port}"])
def test_a_host_may_be_written_in_each_way(installation, smarthost, written):
    host = smarthost()
    configure(installation, host, hosts=[written.format(port=host.port)])
    assert_sent(installation.send(*FIVE, stdin=MESSAGE, etc=hosts_file("127.0.0.1")), host, FIVE)


def test_the_transports_port_is_for_hosts_without_one(installation, smarthost):
    host = smarthost()
    configure(installation, host, hosts=["127.0.0.1"], port=host.port)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("none", 587), ("implicit", 465)])
def test_the_default_port_follows_from_tls(installation, smarthost, tls, port):
    configure(installation, smarthost(), hosts=["127.5.8.7"], tls=tls)  # where nobody listens
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert result.reason == f"127.5.8.7:{port}: connecting: connection refused"


def test_a_port_may_be_the_name_of_a_service(installation, smarthost):
    host = smarthost()
    configure(installation, host, hosts=["127.0.0.1:relay"])
    etc = {"nsswitch.conf": "hosts: files\nservices: files\n", "services": f"relay {host.port}/tcp\n"}
    assert_sent(installation.send(*FIVE, stdin=MESSAGE, etc=etc), host, FIVE)


@pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_an_unknown_name_of_a_service_fails(installation, smarthost, name, exit_codes):
    host = smarthost()
    configure(installation, host, exit_codes, hosts=[f"{name}:no-such-port"])
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{name}:no-such-port: the port's service name is unknown"
    assert_not_sent(result, reason, status=shown_status(78, exit_codes), recipients=FIVE, hosts=[host])


def test_hosts_may_be_tried_in_any_order(installation, smarthost):
    first, second = smarthost(), smarthost()
    configure(installation, first, hosts=[label(first), label(second)], hosts_randomize=True)
    for sent in range(1, 31):
        assert installation.send(*FIVE, stdin=MESSAGE).status == 0
        assert first.connections + second.connections == sent
        if first.connections and second.connections:
            return
    raise AssertionError("thirty messages went to the same host")


def test_a_random_order_leaves_no_host_out(installation, smarthost):
    host = smarthost()
    with refusing_port() as port:
        configure(installation, host, hosts=[f"127.0.0.1:{port}", label(host)], hosts_randomize=True)
        for _ in range(6):
            assert installation.send(*FIVE, stdin=MESSAGE).status == 0


def test_nonsense_in_place_of_a_greeting_is_a_reason_for_the_next_host(installation, smarthost):
    first, second = smarthost(at={"GREETING": Raw(b"SSH-2.0-OpenSSH_9.2\r\n")}, expect_violations=True), smarthost()
    configure(installation, first, hosts=[label(first), label(second)])
    only_from_second(first, second, installation.send(*FIVE, stdin=MESSAGE))

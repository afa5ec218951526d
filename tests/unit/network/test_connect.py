"""Real sockets on loopback: what is promised here is about the kernel's answers, and about time."""

from __future__ import annotations

import contextlib
import os
import socket
import time

import pytest

from helper import status
from helper.failure import HostFailed
from helper.network.connect import ATTEMPT_DELAY_S, Race
from helper.network.resolve import Address
from helper.network.time_budget import TimeBudget
from tests.support.smarthost import deaf_port, family_of, refusing_port

LONG_S = 30
UNREACHABLE = Address(int(socket.AF_INET), ("255.255.255.255", 25), "255.255.255.255")  # TCP has no way to everybody


def address(host: str, port: int) -> Address:
    return Address(int(family_of(host)), (host, port), host)


def race(*addresses: Address, timeout_s: float = LONG_S, allowed_s: float = LONG_S, interface: bytes | None = None):
    return Race(addresses, interface, TimeBudget(allowed_s, " for all"), timeout_s, client_speaks_first=False)


@contextlib.contextmanager
def listening(host: str = "127.0.0.1"):
    with socket.create_server((host, 0), family=family_of(host)) as listener:
        listener.setblocking(False)
        yield listener, address(host, listener.getsockname()[1])


@contextlib.contextmanager
def deaf(host: str = "127.0.0.1"):
    with deaf_port(host) as port:
        yield address(host, port)


@contextlib.contextmanager
def refusing(host: str = "127.0.0.1"):
    with refusing_port(host) as port:
        yield address(host, port)


@contextlib.contextmanager
def taking(least_s: float, most_s: float):
    started_s = time.monotonic()
    yield
    assert least_s <= time.monotonic() - started_s < most_s


def is_reached(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_the_first_address_wins_and_the_second_is_left_alone():
    with listening() as (first, at_first), listening() as (second, at_second):
        contest = race(at_first, at_second)
        contest.winner().close()
        assert (contest.address, contest.left) == (at_first, [at_second])
        assert is_reached(first)
        assert not is_reached(second)


@pytest.mark.parametrize(("dead", "alive"), [("127.0.0.1", "127.0.0.1"), ("::1", "127.0.0.1"), ("127.0.0.1", "::1")])
def test_a_dead_address_costs_a_quarter_of_a_second(dead, alive):
    with deaf(dead) as nowhere, listening(alive) as (_, somewhere), taking(ATTEMPT_DELAY_S, 2):
        contest = race(nowhere, somewhere)
        contest.winner().close()
        assert (contest.address, contest.left) == (somewhere, [nowhere])


def test_refused_addresses_cost_nothing():
    with refusing() as nowhere, listening() as (_, somewhere), taking(0, 4 * ATTEMPT_DELAY_S):
        contest = race(*[nowhere] * 6, somewhere)
        contest.winner().close()
        assert (contest.address, contest.left) == (somewhere, [])


def test_refused_addresses_cost_nothing_while_another_one_is_waited_for():
    with deaf() as dead, refusing() as nowhere, listening() as (_, somewhere), taking(0, 5 * ATTEMPT_DELAY_S):
        contest = race(dead, *[nowhere] * 6, somewhere)
        contest.winner().close()
        assert (contest.address, contest.left) == (somewhere, [dead])


def test_addresses_that_the_kernel_rejects_cost_nothing():
    with listening() as (_, somewhere), taking(0, 4 * ATTEMPT_DELAY_S):
        contest = race(*[UNREACHABLE] * 6, somewhere)
        contest.winner().close()
        assert (contest.address, contest.left) == (somewhere, [])


def test_dead_addresses_share_one_time_out():
    with deaf() as first, deaf("::1") as second, deaf() as third, taking(0.6, 1.5):
        contest = race(first, second, third, timeout_s=0.6)
        with pytest.raises(HostFailed) as caught:
            contest.winner()
    assert (caught.value.problem, caught.value.status) == ("connecting: no answer within 0.6 s", status.TEMPORARY)
    assert contest.left == []


def test_dead_addresses_do_not_outlast_the_time_for_the_whole_delivery():
    with deaf() as first, deaf() as second, taking(0.3, 2), pytest.raises(HostFailed) as caught:
        race(first, second, allowed_s=0.3).winner()
    assert caught.value.problem == "connecting: no answer within 0.3 s for all"


def test_the_last_address_has_its_turn_however_short_the_time():
    with contextlib.ExitStack() as stack:
        dead = [stack.enter_context(deaf()) for _ in range(5)]
        _, somewhere = stack.enter_context(listening())
        contest = race(*dead, somewhere, timeout_s=0.7)
        contest.winner().close()
        assert contest.address == somewhere


def test_the_failure_that_is_told_is_the_last_one():
    with refusing() as first, refusing("::1") as second:
        contest = race(first, second)
        with pytest.raises(HostFailed) as caught:
            contest.winner()
        assert (caught.value.problem, contest.address) == ("connecting: connection refused", second)


@pytest.mark.parametrize("turned", [False, True])
def test_a_missing_way_is_not_told_where_a_server_has_refused(turned):
    with refusing() as refused:
        contest = race(*([UNREACHABLE, refused] if turned else [refused, UNREACHABLE]))
        with pytest.raises(HostFailed) as caught:
            contest.winner()
        assert (caught.value.problem, contest.address) == ("connecting: connection refused", refused)


def test_a_missing_way_is_told_where_there_is_nothing_else_to_tell():
    with pytest.raises(HostFailed) as caught:
        race(UNREACHABLE, UNREACHABLE).winner()
    assert caught.value.problem == "connecting: network is unreachable"


def test_an_interface_that_is_not_ours_is_a_failure():
    with listening() as (listener, somewhere):
        with pytest.raises(HostFailed) as caught:
            race(somewhere, interface=b"192.0.2.1").winner()
        assert caught.value.problem == "connecting: cannot assign requested address"
        assert not is_reached(listener)


def test_an_unanswered_address_is_told_where_another_one_refused():
    with refusing() as first, deaf() as second:
        contest = race(first, second, timeout_s=0.3)
        with pytest.raises(HostFailed) as caught:
            contest.winner()
        assert (caught.value.problem, contest.address) == ("connecting: no answer within 0.3 s", second)


def test_nothing_stays_open_but_the_winner():
    with deaf() as dead, refusing() as refused, listening() as (_, somewhere), deaf() as late:
        before = open_files()
        contest = race(dead, refused, somewhere, late)
        connection = contest.winner()
        assert open_files() == before + 1
        connection.close()
        assert open_files() == before
        assert contest.left == [dead, late]


def test_nothing_stays_open_where_nobody_wins():
    with deaf() as first, refusing() as second:
        before = open_files()
        contests = [race(first, second, timeout_s=0.3), race(second), race(UNREACHABLE), race(first)]
        for contest in contests[:3]:
            with pytest.raises(HostFailed):
                contest.winner()
        contests[3].abort()
        assert open_files() == before

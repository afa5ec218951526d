from __future__ import annotations

import pytest

from helper import status
from helper.config.values import Transport
from helper.failure import HostFailed
from helper.network.time_budget import TimeBudget, up_to_the_end_of_the_message


class Clock:
    """Stands still unless it is moved."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("passed_s", "timeout_s", "left_s"), [(0, 30, 30), (0, 100, 100), (0, 101, 100), (80, 20, 20), (80, 30, 20)]
)
def test_a_wait_ends_by_its_own_time_out_or_with_the_time_of_all(passed_s, timeout_s, left_s):
    clock = Clock(1000)
    budget = TimeBudget(100, clock=clock)
    clock.now_s += passed_s
    assert budget.deadline(timeout_s) == clock.now_s + left_s
    assert budget.left(timeout_s) == left_s


def test_nothing_is_left_of_what_is_over():
    clock = Clock(1000)
    budget = TimeBudget(100, clock=clock)
    clock.now_s += 101
    assert budget.left(30) == 0


@pytest.mark.parametrize(("passed_s", "told"), [(99, "within 30 s"), (100, "within 100 s, all told")])
def test_it_is_told_which_of_both_has_ended_a_wait(passed_s, told):
    clock = Clock(1000)
    budget = TimeBudget(100, ", all told", clock)
    clock.now_s += passed_s
    assert budget.within(30) == told


def test_nothing_is_begun_when_the_time_is_over():
    clock = Clock(1000)
    budget = TimeBudget(100, ", all told", clock)
    clock.now_s += 99.9
    budget.check()
    clock.now_s += 0.1
    with pytest.raises(HostFailed) as caught:
        budget.check()
    assert (caught.value.problem, caught.value.status) == ("not tried within 100 s, all told", status.TEMPORARY)


def test_the_time_for_the_reply_to_the_message_is_kept_back():
    clock = Clock(1000)
    transport = Transport(
        name="relay",
        helo_data=b"ws1.example.net",
        connect_timeout_s=1,
        command_timeout_s=20,
        data_timeout_s=300,
        final_timeout_s=4000,
    )
    budget = up_to_the_end_of_the_message(transport, clock)
    assert budget.deadline(5000) == 1321

"""The exponent of growth: the cost of the smallest work is not growth."""

from __future__ import annotations

import pytest

from bench.fit import exponent, per_unit, verdict

SIZES = [1, 10, 100, 1000, 10000]
BASE = 30.0


@pytest.mark.parametrize("power", [0.5, 1, 1.5, 2])
def test_finds_the_power_whatever_a_send_costs_anyway(power):
    costs = [BASE + 0.1 * (size**power - 1) for size in SIZES]
    assert exponent([*SIZES, 20000], [*costs, BASE + 0.1 * (20000**power - 1)]) == pytest.approx(power, abs=0.01)


def test_says_nothing_where_too_little_is_added():
    assert exponent(SIZES, [BASE, BASE + 1, BASE - 1, BASE + 3, BASE + 8]) is None
    assert exponent(SIZES, [BASE, BASE, BASE, BASE + 3, 10 * BASE]) is None


def test_the_verdict_shouts_where_cost_grows_faster_than_the_work():
    assert verdict(1.02) == "linear: size ** 1.02"
    assert verdict(1.4) == "MORE THAN LINEAR: size ** 1.40"
    assert verdict(None) == "too little is added to tell"


def test_one_unit_more_costs_the_slope():
    assert per_unit([1, 11], [30, 35]) == 0.5

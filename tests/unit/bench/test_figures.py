"""What is said of the figures of a benchmark."""

from __future__ import annotations

import pytest

from bench.figures import OURS, faster_from, quartiles
from tests.unit.bench.sample import figures, outcome


def test_pairs_are_compared_within_their_round_not_the_medians():
    compared = outcome(**{OURS: figures(1, 3, 100), "peer": figures(2, 2, 50)})
    assert compared.ratios("peer") == [0.5, 1.5, 2.0]
    assert compared.ratio("peer") == (0.5, 1.5, 2.0)


def test_rounds_without_a_partner_are_not_compared():
    with pytest.raises(ValueError, match="zip"):
        outcome(**{OURS: figures(1, 2), "peer": figures(1)}).ratios("peer")


def test_times_are_medians_in_milliseconds():
    own = figures(0.001, 0.5, 0.003)
    assert (own.wall_ms, own.processor_ms) == pytest.approx((3, 1.5))


def test_memory_is_a_median_in_mib():
    assert figures(1, peak_kib=2048).peak_mib("alone") == 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [([7.0], (7, 7, 7)), ([2.0, 1.0], (1, 1.5, 2)), ([5.0, 1.0, 3.0, 2.0, 4.0], (2, 3, 4))],
)
def test_quartiles_are_of_any_number_of_values(values, expected):
    assert quartiles(values) == expected


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        ({1: 2.0, 5: 1.5, 20: 0.9}, "faster than exim from 20 ms away on"),
        ({1: 0.9, 5: 1.1, 20: 0.8}, "faster than exim from 20 ms away on"),
        ({1: 0.5, 20: 0.4}, "faster than exim from 1 ms away on"),
        ({1: 3.0, 20: 1.0}, "not faster than exim up to 20 ms away"),
    ],
)
def test_the_distance_is_said_from_which_on_a_send_is_faster(ratios, said):
    results = {
        f"{away} ms away, TLS + AUTH": outcome(**{OURS: figures(ratio), "exim": figures(1.0)})
        for away, ratio in ratios.items()
    }
    sentence = faster_from(results, "exim")
    assert sentence is not None
    assert said in sentence


def test_nothing_is_said_of_a_distance_that_was_not_measured():
    assert faster_from({"1 KiB, plain": outcome(**{OURS: figures(1), "exim": figures(2)})}, "exim") is None

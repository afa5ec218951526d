"""The pictures are well-formed and say what the figures say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from bench.growth import Curve, Series
from bench.growth_picture import growth_as_svg
from bench.phases import Breakdown
from bench.phases_picture import phases_as_svg
from bench.picture import as_svg
from bench.svg import LogScale, rounded
from tests.unit.bench.sample import MACHINE, RESULTS

SVG = "{http://www.w3.org/2000/svg}"


def curve() -> Curve:
    sizes = [1, 100, 10000]
    return Curve(Series("re<cipients", "recipients", (1, 100, 10000), None), sizes, [20, 25, 500], [1] * 3, [9] * 3)


BREAKDOWNS = [
    Breakdown("1 KiB, plain", {"start": 9.25, "load the code": 0.0, "log & end": 12.0}),
    Breakdown("40 ms away", {"start": 10.0, "load the code": 1.0, "log & end": 240.0}),
]
PICTURES = [as_svg(RESULTS, MACHINE), growth_as_svg([curve()], MACHINE), phases_as_svg(BREAKDOWNS, MACHINE)]


def words_of(picture: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_is_well_formed_and_does_nothing_but_show(picture):
    root = ET.fromstring(picture)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "style", "text", "line", "circle", "polyline"}
    assert "font-family: sans-serif" in picture
    assert not re.search(r"href|url\(|@import|script|nan|inf", picture)


@pytest.mark.parametrize("picture", PICTURES)
def test_everything_is_within_the_picture(picture):
    root = ET.fromstring(picture)
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter():
        for name, most in (("x", width), ("cx", width), ("x1", width), ("x2", width), ("y", height), ("cy", height)):
            assert 0 <= float(element.get(name, 0)) <= most


def test_each_program_stands_there_with_its_time_and_its_ratio():
    words = words_of(as_svg(RESULTS, MACHINE))
    assert {"1 KiB, TLS + AUTH", "gatepost", "30", "curl", "20", "1.50", "esmtp", "not possible"} <= set(words)
    assert {"200 messages, 50 at once", "1,500", "3,000", "0.50", "memory (PSS), 1 KiB, TLS + AUTH"} <= set(words)


def test_ours_alone_has_the_colour():
    ours = [
        element.text for element in ET.fromstring(as_svg(RESULTS, MACHINE)).iter() if element.get("class") == "ours"
    ]
    assert {word for word in ours if word and word.isalpha()} == {"gatepost"}


def test_each_phase_stands_there_with_its_time_and_each_workload_with_the_sum():
    words = words_of(phases_as_svg(BREAKDOWNS, MACHINE))
    assert {"1 KiB, plain: 21.2 ms", "9.25", "log & end", "12", "40 ms away: 251 ms", "240"} <= set(words)


def test_phases_follow_each_other():
    lines = ET.fromstring(phases_as_svg(BREAKDOWNS[:1], MACHINE)).iter(f"{SVG}line")
    bars = [(float(line.get("x1")), float(line.get("x2"))) for line in lines if line.get("class") == "bar"]
    assert [end for _, end in bars[:-1]] == [start for start, _ in bars[1:]]
    assert bars[1][0] == bars[1][1]


@pytest.mark.parametrize(
    ("processor_ms", "says"),
    [
        ([20, 22, 23], "too little is added to tell"),
        ([20, 120, 10020], "linear: size ** 1.00"),
        ([20, 120, 100020], "MORE THAN LINEAR: size ** 1.50"),
    ],
)
def test_growth_says_its_verdict(processor_ms, says):
    grown = curve()
    grown.processor_ms = processor_ms
    assert f"processor time {says}" in words_of(growth_as_svg([grown], MACHINE))


@pytest.mark.parametrize("values", [[5], [7.3, 8.1], [3, 40], [1, 5000], [1e-3, 1e9]])
def test_a_scale_has_some_round_ticks_all_of_them_on_it(values):
    scale = LogScale(values, 100, 200)
    assert all(100 <= scale.at(value) <= 200 for value in [*values, 0])
    assert 1 <= len(scale.ticks()) <= 6
    assert all(100 <= scale.at(tick) <= 200 for tick in scale.ticks())


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0123, "0.0123"), (7.256, "7.26"), (99.96, "100"), (12345, "12,345")]
)
def test_numbers_have_three_digits_or_more_before_the_point(value, expected):
    assert rounded(value) == expected

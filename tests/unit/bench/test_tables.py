"""The tables, as text and as JSON."""

from __future__ import annotations

import json

from bench.growth_table import growth_as_json, growth_as_text
from bench.table import as_json, as_markdown, as_text
from tests.unit.bench.sample import MACHINE, RESULTS
from tests.unit.bench.test_pictures import curve


def test_the_table_has_a_line_for_each_program_and_says_why_one_is_absent():
    lines = as_text(RESULTS, MACHINE, ["a note"]).splitlines()
    assert "1 KiB, TLS + AUTH (3 rounds)" in lines
    assert "  gatepost      30.0                         15.0      4      2.0     1.0     0.0    0.0" in lines
    assert "  curl          20.0    1.50 (0.50-2.00)     10.0      4      4.0     2.0     0.0    0.0" in lines
    assert "  curl        3000.0    0.50 (0.50-0.50)   1500.0      -        -       -       -      -" in lines
    assert lines.count("  esmtp     knows no implicit TLS") == 2
    assert lines[-1] == "a note"


def test_json_has_every_round():
    workload = json.loads(as_json(RESULTS, MACHINE, []))["workloads"]["1 KiB, TLS + AUTH"]
    assert workload["curl"]["rounds_ms"] == [40, 20, 20]
    assert (workload["curl"]["ratio_of_gatepost"], workload["curl"]["ratio_quartiles"]) == (1.5, [0.5, 2.0])
    assert workload["gatepost"]["ratio_of_gatepost"] is None
    assert workload["esmtp"] == {"absent": "knows no implicit TLS"}


def test_growth_is_told_with_its_verdict_and_the_cost_of_one_more():
    text = growth_as_text([with_memory_files(curve())], MACHINE)
    assert "10,000     500.0" in text
    assert "memory: too little is added to tell; 0 octets for each" in text


def test_growth_as_json_has_each_point():
    series = json.loads(growth_as_json([with_memory_files(curve())], MACHINE))["series"]["re<cipients"]
    assert (series["sizes"], series["processor_ms"]) == ([1, 100, 10000], [20, 25, 500])


def with_memory_files(measured):
    measured.memory_file_mib = [0.0] * len(measured.sizes)
    return measured


def test_the_table_of_the_page_has_a_row_for_each_workload():
    lines = as_markdown(RESULTS, MACHINE, ["A note."]).splitlines()
    assert lines[0].startswith("| work | gatepost ms | curl ms | CPU ms | ")
    assert lines[2].startswith("| 1 KiB, TLS + AUTH | 30.0 | 20.0 (1.50) | 15.0 | - |")
    assert lines[3].startswith("| 200 messages, 50 at once | 1500.0 | 3000.0 (0.50) | ")
    assert lines[-1] == "A note."

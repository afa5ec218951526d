"""The phases of a send: the functions that begin them are there, and what a log says of them is read."""

from __future__ import annotations

import ast

import pytest

from bench.phases import PHASES, WORKLOADS, Breakdown, moments_in, phases_as_text
from bench.place import TREE

ENDS = [end for _, end in PHASES if end is not None]


@pytest.mark.parametrize(("file", "function"), ENDS)
def test_each_phase_ends_with_a_call_of_a_function_that_is_there(file, function):
    module = ast.parse((TREE / file).read_text())
    assert function in [each.name for each in module.body if isinstance(each, ast.FunctionDef)]


def test_only_the_first_and_the_last_phase_end_otherwise():
    assert [end is None for _, end in PHASES] == [True, *[False] * len(ENDS), True]


@pytest.mark.parametrize("moments", ["1.5,2.25,3.0", '"1.5,2.25,3.0"'])
@pytest.mark.parametrize("more", ["", " status=0"])
def test_the_last_line_of_a_log_says_when_the_phases_began(moments, more):
    assert moments_in(f"uid=1 moments=7\nuid=1 moments={moments}{more}\n") == [1.5, 2.25, 3.0]


def test_the_table_has_a_column_for_each_workload_and_a_sum():
    breakdown = Breakdown(WORKLOADS[0].name, {title: 2.0 for title, _ in PHASES})
    *_, last = phases_as_text([breakdown, breakdown]).splitlines()
    assert last.split() == [f"{2.0 * len(PHASES):.1f}"] * 2

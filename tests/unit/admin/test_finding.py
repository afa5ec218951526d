"""Findings: a line each for people, one object for programs, and colours only for who sees them."""

from __future__ import annotations

import io
import json

import pytest

from admin.finding import MIND, RIGHT, WRONG, Caution, Finding, finding, is_colourful, tell_json, tell_lines
from helper.failure import ConfigError, SystemFault

FINDINGS = [Finding(RIGHT, "a", "is so"), Finding(MIND, "b", "is odd"), Finding(WRONG, "c", "is not", {"fact": 1})]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def raising(error):
    def examine():
        raise error

    return examine


@pytest.mark.parametrize(
    ("examine", "expected"),
    [
        (lambda: "is so", Finding(RIGHT, "it", "is so")),
        (raising(Caution("be careful")), Finding(MIND, "it", "be careful")),
        (raising(SystemFault("broken")), Finding(WRONG, "it", "broken")),
        (raising(ConfigError("/f", "is bad", line=3, key="k")), Finding(WRONG, "it", "/f, line 3: k: is bad")),
        (raising(FileNotFoundError(2, "No such file", "/f")), Finding(WRONG, "it", "/f: No such file")),
    ],
)
def test_an_examination_becomes_a_finding_whatever_it_meets(examine, expected):
    assert finding("it", examine) == expected


def test_each_finding_is_one_line_with_its_word_first():
    out = io.StringIO()
    assert tell_lines(FINDINGS, out) == 1
    assert out.getvalue() == "right  a: is so\nmind   b: is odd\nwrong  c: is not\n"


def test_a_line_is_told_before_the_next_thing_is_looked_at():
    out = io.StringIO()

    def slow():
        yield FINDINGS[0]
        assert out.getvalue() == "right  a: is so\n"
        yield FINDINGS[1]

    assert tell_lines(slow(), out) == 0
    assert out.getvalue().endswith("mind   b: is odd\n")


def test_programs_are_told_everything_in_one_object():
    out = io.StringIO()
    assert tell_json(FINDINGS, out) == 1
    told = json.loads(out.getvalue())
    assert told["status"] == 1
    assert told["findings"][2] == {"word": "wrong", "subject": "c", "text": "is not", "fact": 1}


@pytest.mark.parametrize("tell", [tell_lines, tell_json])
@pytest.mark.parametrize(("findings", "status"), [([], 0), (FINDINGS[:2], 0), (FINDINGS, 1)])
def test_only_what_is_wrong_makes_the_status_1(tell, findings, status):
    assert tell(findings, io.StringIO()) == status


@pytest.mark.parametrize(
    ("out", "environment", "colourful"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (io.StringIO(), {"TERM": "xterm"}, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {}, False),
    ],
)
def test_colours_are_for_terminals_whose_user_wants_them(out, environment, colourful):
    assert is_colourful(out, environment) == colourful

"""Findings: a line each for people, one list for programs, and colours only for who sees them."""

from __future__ import annotations

import io
import json

import pytest

from admin.finding import OK, WARN, WRONG, Caution, Finding, finding, is_colourful, tell_json, tell_lines
from helper.failure import ConfigError, SystemFault

FINDINGS = [Finding(OK, "a", "is so"), Finding(WARN, "b", "is odd"), Finding(WRONG, "c", "is not", {"fact": 1})]


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
        (lambda: "is so", Finding(OK, "it", "is so")),
        (raising(Caution("be careful")), Finding(WARN, "it", "be careful")),
        (raising(SystemFault("broken")), Finding(WRONG, "it", "broken")),
        (raising(ConfigError("/f", "is bad", line=3, key="k")), Finding(WRONG, "it", "/f, line 3: k: is bad")),
        (
            raising(ConfigError("/a b", "is bad: chmod go-w")),
            Finding(WRONG, "it", "/a b: is bad", remedy="chmod go-w '/a b'"),
        ),
        (
            raising(ConfigError("/f", "is bad: chown root /g")),
            Finding(WRONG, "it", "/f: is bad", remedy="chown root /g"),
        ),
        (raising(Caution("is odd: sysctl -w a=1")), Finding(WARN, "it", "is odd", remedy="sysctl -w a=1")),
        (raising(FileNotFoundError(2, "No such file", "/f")), Finding(WRONG, "it", "/f: No such file")),
    ],
)
def test_an_examination_becomes_a_finding_whatever_it_meets(examine, expected):
    assert finding("it", examine) == expected


def test_each_finding_is_one_line_with_its_word_first():
    out = io.StringIO()
    assert tell_lines(FINDINGS, out) == 1
    assert out.getvalue() == "ok     a: is so\nwarn   b: is odd\nwrong  c: is not\n"


def test_a_line_is_told_before_the_next_thing_is_looked_at():
    out = io.StringIO()

    def slow():
        yield FINDINGS[0]
        assert out.getvalue() == "ok     a: is so\n"
        yield FINDINGS[1]

    assert tell_lines(slow(), out) == 0
    assert out.getvalue().endswith("warn   b: is odd\n")


def test_programs_are_told_a_list_of_the_same_four_and_of_a_smart_host_its_facts():
    out = io.StringIO()
    assert tell_json([*FINDINGS, Finding(WRONG, "d", "is not", remedy="chmod 0 /d")], out) == 1
    told = json.loads(out.getvalue())
    assert told[0] == {"verdict": "ok", "subject": "a", "text": "is so", "remedy": ""}
    assert told[2] == {"verdict": "wrong", "subject": "c", "text": "is not", "remedy": "", "facts": {"fact": 1}}
    assert told[3] == {"verdict": "wrong", "subject": "d", "text": "is not", "remedy": "chmod 0 /d"}


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

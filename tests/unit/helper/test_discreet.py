"""One text for two readers."""

from __future__ import annotations

import pytest

from helper.discreet import for_caller, for_log, hidden


@pytest.mark.parametrize(
    ("line", "to_caller", "to_log"),
    [
        ("", "", ""),
        ("plain", "plain", "plain"),
        (f"to <{hidden('bob@x')}>.", "to <***>.", "to <bob@x>."),
        (f"{hidden('a', 'A')}{hidden('b', '')} c {hidden('d')}", "A c ***", "ab c d"),
        (hidden(f"a {hidden('b', 'B')} c", "all") + " d", "all d", "a b c d"),
        (f"x {hidden('bob@x and more')}"[:-5], "x ***", "x bob@x and "),
    ],
)
def test_the_log_has_what_the_caller_is_not_shown(line, to_caller, to_log):
    assert for_caller(line) == to_caller
    assert for_log(line) == to_log

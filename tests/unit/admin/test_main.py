"""gatepost's command line: what it cannot understand is told in one line, with the status that sendmail has for it."""

from __future__ import annotations

import pytest

from admin.main import parser
from helper.version import VERSION


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["colour"],
        ["check", "--colour"],
        ["check", "more"],
        ["explain"],
        ["explain", "a", "--as"],
        ["send-test"],
        ["selftest", "root"],
        ["selftest", "--as"],
    ],
)
def test_what_cannot_be_understood_is_one_line_and_status_64(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(arguments)
    told = capsys.readouterr()
    assert (ended.value.code, told.out, told.err.count("\n")) == (64, "", 1)
    assert told.err.startswith("gatepost: usage: ")


def test_an_argument_reaches_the_terminal_without_its_escape_sequences(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["check", "\x1b]0;owned\x07"])
    assert "\x1b" not in capsys.readouterr().err


def test_version_and_help_are_no_errors(capsys):
    for option, told in (("--version", f"Gatepost {VERSION}\n"), ("--help", "send-test")):
        with pytest.raises(SystemExit) as ended:
            parser().parse_args([option])
        assert ended.value.code == 0
        assert told in capsys.readouterr().out

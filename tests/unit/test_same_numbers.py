"""Numbers that stand in two places, because neither can import the other, are the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helper.config import schema, toml
from helper.delivery import system_log
from helper.privileged import begin, protected_files
from helper.request import channel, wire
from helper.unprivileged import missing_module

ROOT = Path(__file__).parents[2]


def in_c(file: str, name: str) -> int:
    """Return a number of a C program: a macro, or a constant of an enum."""
    found = re.findall(rf"^(?:#define |    ){name}(?: = | )([0-9]+)\b", (ROOT / file).read_text(), re.MULTILINE)
    one_line = re.findall(rf"enum \{{.*\b{name} = ([0-9]+)\b", (ROOT / file).read_text())
    (number,) = found + one_line
    return int(number)


@pytest.mark.parametrize(
    ("file", "name", "number"),
    [
        ("helper/start.h", "CHANNEL", begin.CHANNEL),
        ("helper/start.h", "CHANNEL", missing_module.CHANNEL),
        ("helper/start.h", "STATUS_FAILED", missing_module.status.FAILED),
        ("frontend/wire.h", "HELLO_HEAD_OCTETS", wire.HEAD_OCTETS),
        ("frontend/answers.h", "FRAME_HEAD_OCTETS", wire.FRAME_HEAD_OCTETS),
        ("frontend/answers.h", "FRAME_CONTENT_OCTETS", wire.CONTENT_LIMIT),
        ("frontend/sendmail.c", "FRAME_MS", channel.FRAME_TIMEOUT_S * 1000),
    ],
)
def test_c_and_python_agree(file, name, number):
    assert in_c(file, name) == number


def test_the_letters_of_frames_are_those_that_c_knows():
    known = set(re.findall(r"case '(\w)':", (ROOT / "frontend/answers.c").read_text()))
    down = (wire.LINE, wire.TEXT, wire.MESSAGE, wire.READ, wire.DOUBT, wire.KNOWN, wire.UNPRIVILEGED, wire.CLOSED)
    assert known == {letter.decode() for letter in (*down, wire.STATUS)}


def test_what_may_be_read_of_a_configuration_may_be_parsed():
    assert toml.SIZE_LIMIT == protected_files.CONFIGURATION_LIMIT


def test_the_manual_tells_the_time_for_the_log():
    (option,) = (each for each in schema.TRANSPORT if each.name == "final_timeout")
    assert f"plus {system_log.TIMEOUT_S:g} s for the log" in option.meaning

"""The program that is asked for a password: what it says, and that nobody waits for it for ever."""

from __future__ import annotations

import os
import time

import pytest

from helper.failure import ConfigError
from helper.privileged.command import output_of
from helper.privileged.load import SECRET_LIMIT, Keeper
from tests.support.process import children_of, status_of, wait_for

ANYBODY = Keeper("", "", "", lambda _path, _status: None)
SHELL = "/bin/sh"


def output(script: str, timeout_s: float = 30) -> bytes:
    return output_of((SHELL, "-c", script), ANYBODY, timeout_s)


def problem(script: str, timeout_s: float = 30) -> str:
    with pytest.raises(ConfigError) as caught:
        output(script, timeout_s)
    return caught.value.problem


@pytest.mark.parametrize("script", ["echo secret", "printf secret", "echo secret; exec >&-; sleep 0.1"])
def test_says_what_the_program_says(script):
    assert output(script) == b"secret"


@pytest.mark.parametrize(
    "script",
    [
        "exec sleep 100",
        "echo secret; exec sleep 100",
        "echo secret; exec sleep 100 >&-",
        "trap '' TERM; read x; sleep 100",
    ],
    ids=["silent", "goes-on", "has-said-all-and-goes-on", "in-the-shell"],
)
def test_a_program_that_does_not_end_is_ended(script):
    began = time.monotonic()
    assert problem(script, 0.3) == "was not finished within 0.3 s"
    assert time.monotonic() - began < 10


def test_a_program_without_an_end_of_what_it_says_is_not_heard_out():
    began = time.monotonic()
    assert problem("yes; sleep 100") == f"wrote more than {SECRET_LIMIT} octets"
    assert problem(f"head -c {SECRET_LIMIT + 2} /dev/zero; sleep 100") == f"wrote more than {SECRET_LIMIT} octets"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 3", "failed with status 3"),
        ("kill -9 $$", "failed with status -9"),
        ("true", "gives nothing: a password was expected"),
        ("printf 'a\\nb\\n'", "gives more than one line, or a NUL"),
    ],
)
def test_a_program_that_fails_gives_no_password(script, expected):
    assert problem(script) == expected


def test_nobody_is_left_behind(tmp_path):
    before = children_of(os.getpid())  # servers of other tests, perhaps
    problem(f"sleep 100 & echo $! >{tmp_path}/started; wait", 0.3)
    assert children_of(os.getpid()) == before
    started = int((tmp_path / "started").read_text())
    wait_for(lambda: not status_of(started) or status_of(started)["State"][0] in "ZX", "the end of what it has started")

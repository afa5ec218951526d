"""The program that is asked for a password: what it says, and that nobody waits for it for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from helper.failure import ConfigError
from helper.password import command_output
from helper.privileged.command import output_of
from helper.privileged.protected_files import SECRET_LIMIT, Owner, service_user
from tests.support.process import children_of, status_of, wait_for

ANYBODY = Owner("", "", service_user, lambda _path, _status: None)
SHELL = "/bin/sh"


@pytest.fixture(autouse=True)
def children_are_waited_for():
    """A helper ends soon after it has ignored its children; other tests have some, and wait for them."""
    before = children_of(os.getpid())
    yield
    wait_for(lambda: children_of(os.getpid()) == before, "the end of the supervisor")
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def output(script: str, timeout_s: float = 30) -> bytes:
    return command_output(output_of((SHELL, "-c", script), ANYBODY, timeout_s)).reveal()


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
        ("true", "is empty: a password was expected"),
        ("printf 'a\\nb\\n'", "has more than one line, or a NUL"),
    ],
)
def test_a_program_that_fails_gives_no_password(script, expected):
    assert problem(script) == expected


def test_nobody_is_left_behind(tmp_path):
    before = children_of(os.getpid())  # servers of other tests, perhaps
    problem(f"sleep 100 & echo $! >{tmp_path}/started; wait", 0.3)
    wait_for(lambda: children_of(os.getpid()) == before, "the end of the supervisor")
    started = int((tmp_path / "started").read_text())
    wait_for(lambda: not status_of(started) or status_of(started)["State"][0] in "ZX", "the end of what it has started")


# A helper that its caller stops or kills

HELPER = """
import sys
sys.path.insert(0, sys.argv[1])
from helper.password import command_output
from helper.privileged.command import output_of
from helper.privileged.protected_files import Owner, service_user
output_of(("/bin/sh", "-c", sys.argv[2]), Owner("", "", service_user, lambda *_: None), float(sys.argv[3]))
"""


@pytest.fixture
def start_helper():
    """Start helpers that ask a program; return the helper and the program, once that has begun."""
    helpers = []

    def start(script, timeout_s, folder):
        pid = folder / "pid"
        arguments = (str(Path(__file__).parents[3]), f"echo $$ >{pid}; {script}", str(timeout_s))
        helpers.append(
            subprocess.Popen(["/usr/bin/python3", "-I", "-c", HELPER, *arguments], stderr=subprocess.DEVNULL)
        )
        return helpers[-1], int(wait_for(lambda: pid.exists() and pid.read_text().strip(), "the program"))

    yield start
    for helper in helpers:
        helper.kill()
        helper.wait()


def test_the_deadline_holds_for_a_program_whose_helper_is_stopped(start_helper, tmp_path):
    helper, program = start_helper("sleep 100", 0.5, tmp_path)
    supervisor = int(status_of(program)["PPid"])
    helper.send_signal(signal.SIGSTOP)
    for pid in (program, supervisor):  # nor is a zombie left of either
        wait_for(lambda pid=pid: not status_of(pid), "the end of the program and its supervisor")


def test_a_program_whose_helper_is_killed_may_finish_what_it_writes_and_ends_then(start_helper, tmp_path):
    helper, program = start_helper(f"sleep 0.3; echo whole >{tmp_path}/file; sleep 100", 30, tmp_path)
    supervisor = int(status_of(program)["PPid"])
    helper.kill()
    helper.wait()
    for pid in (program, supervisor):
        wait_for(lambda pid=pid: status_of(pid).get("State", "Z")[0] in "ZX", "the end of the program")
    assert (tmp_path / "file").read_text() == "whole\n"

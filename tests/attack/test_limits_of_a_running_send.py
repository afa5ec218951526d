"""E8: from the drop on the caller may set limits of its own helper. It harms its own send, and learns nothing by it."""

from __future__ import annotations

import secrets

import pytest

from tests.support.canary import assert_no_canary
from tests.support.misbehaviour import Delay
from tests.support.process import helper_below

CANARY = secrets.token_urlsafe(24)
LIMITS = ("nofile=0:0", "fsize=0:0", "as=1:1", "data=0:0", "stack=0:0", "cpu=0:0", "nproc=0:0", "memlock=0:0")


@pytest.mark.parametrize("limit", LIMITS)
def test_the_status_is_the_truth_and_nothing_is_shown(installation, smarthost, playground, limit):
    host = smarthost(tls="starttls", auth={"ws1": CANARY}, at={"CONNECT": Delay(0.5)})
    installation.configure_relay(host)
    with installation.start("carol@example.org", cwd=playground) as process:
        helper = helper_below(process.pid)
        done = installation.run_as("alice", "/usr/bin/prlimit", f"--pid={helper}", f"--{limit}")
        assert done.status == 0, done.stderr
        stdout, stderr = process.communicate(b"\nhello\n", timeout=30)
    host.settle()
    assert (process.returncode == 0) == (len(host.messages) == 1)
    assert stderr == b"" if process.returncode == 0 else stderr.startswith(b"sendmail: ")
    assert stderr.count(b"\n") <= 1
    assert_no_canary(CANARY, stdout, stderr, "nothing else", playground, installation.log)


def test_a_limit_that_was_lowered_cannot_be_raised_again(installation, smarthost, start_held):
    """Least of all the one of core files."""
    installation.configure_relay(smarthost())
    _, helper = start_held(installation, message=None)
    done = installation.run_as("alice", "/usr/bin/prlimit", f"--pid={helper}", "--core=unlimited:unlimited")
    assert done.status != 0


def test_nobody_elses_can_be_set(installation, smarthost, start_held):
    installation.configure_relay(smarthost())
    _, helper = start_held(installation, message=None)
    assert installation.run_as("bob", "/usr/bin/prlimit", f"--pid={helper}", "--nofile=0:0").status != 0

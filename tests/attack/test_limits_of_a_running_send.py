"""E8: from the drop on the caller may set limits of its own helper. It harms its own send, and learns nothing by it.

Before the drop the kernel refuses it: all six ids of the helper would have to be the caller's (prlimit(2)). A limit at
each system call of a send is tried by tests/load/test_limited_anywhere.py.
"""

from __future__ import annotations

import os
import secrets
import signal

import pytest

from tests.support.canary import assert_no_canary
from tests.support.misbehaviour import Delay
from tests.support.process import children_of, helper_below, status_of, wait_for

MESSAGE = b"\nhello\n"
CANARY = secrets.token_urlsafe(24)
LIMITS = ("nofile=0:0", "fsize=0:0", "as=1:1", "data=0:0", "stack=0:0", "cpu=0:0", "nproc=0:0", "memlock=0:0")

# The helper becomes the caller first, and reads root's files then.
EARLY_DROP = {
    "helper/entry/set_id.py": {
        "    entry = Entry(begin=begin": "    drop()\n    __import__('time').sleep(1)\n    entry = Entry(begin=begin"
    }
}


@pytest.mark.parametrize("limit", LIMITS)
def test_the_status_is_the_truth_and_nothing_is_shown(installation, smarthost, playground, limit):
    host = smarthost(tls="starttls", auth={"ws1": CANARY}, at={"CONNECT": Delay(0.5)})
    installation.configure_relay(host)
    with installation.start("carol@example.org", cwd=playground) as process:
        helper = helper_below(process.pid)
        done = installation.run_as("alice", "/usr/bin/prlimit", f"--pid={helper}", f"--{limit}")
        assert done.status == 0, done.stderr
        stdout, stderr = process.communicate(MESSAGE, timeout=30)
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


def limit(installation, helper, limit):
    """Let the caller set a limit of a helper."""
    return installation.run_as("alice", "/usr/bin/prlimit", f"--pid={helper}", f"--{limit}")


def test_none_can_be_set_while_it_has_rights(installation, smarthost):
    """A program for the password keeps it so for a second."""
    host, service = smarthost(tls="starttls", auth={"ws1": CANARY}), str(installation.account("mail").pw_uid)
    program = ["/bin/sh", "-c", f"sleep 1; echo {CANARY}"]
    installation.configure(installation.relay_configuration(host, auth={"user": "ws1", "password_command": program}))

    def has_rights(pid):
        return service in status_of(pid).get("Uid", "").split()

    with installation.start("carol@example.org") as process:
        helper = wait_for(lambda: next(filter(has_rights, children_of(process.pid)), 0), "a helper with rights")
        os.kill(helper, signal.SIGSTOP)
        refused = [limit(installation, helper, each) for each in LIMITS]
        assert has_rights(helper)
        os.kill(helper, signal.SIGCONT)
        _, stderr = process.communicate(MESSAGE, timeout=30)
    host.settle()
    assert all("Operation not permitted" in each.stderr and each.status == 1 for each in refused)
    assert (process.returncode, stderr, len(host.messages)) == (0, b"", 1)


def test_control_a_helper_that_drops_first_can_be_limited_before_it_has_read_anything(weakened, smarthost):
    installation = weakened(EARLY_DROP)
    installation.configure_relay(smarthost())
    with installation.start("carol@example.org") as process:
        assert limit(installation, helper_below(process.pid), "nofile=0:0").status == 0
        _, stderr = process.communicate(MESSAGE, timeout=30)
    assert (process.returncode, stderr.count(b"\n")) == (1, 1)

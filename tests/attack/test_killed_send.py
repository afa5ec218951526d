"""E7, D9: a caller that is killed, or kills, at any instant has not sent: the helper does not outlive its frontend."""

from __future__ import annotations

import signal
import time

import pytest

from tests.support.misbehaviour import Delay, Silent
from tests.support.process import helper_below, status_of, wait_for

MESSAGE = b"Subject: hello\n\nhello\n"
STEPS = ["GREETING", "EHLO", "MAIL", "DATA"]
WITH_DATA = ("8BITMIME",)  # without PIPELINING: each step waits for the one before
AFTERWARDS_S = 0.5
OUTLIVING = {
    "helper/privileged/drop.py": {"    die_with_frontend()\n": ""},
    # Doubt that nobody can be told of is a second defence.
    "helper/request/channel.py": {
        "        if not self._send(wire.frame(wire.DOUBT), FRAME_TIMEOUT_S):\n": "        if False:\n"
    },
}


@pytest.fixture
def sends():
    """Return a function that starts a send as a user; they are all ended with the test."""
    processes = []

    def start(installation, user="alice"):
        process = installation.start("carol@example.org", user=user)
        processes.append(process)
        process.stdin.write(MESSAGE)
        process.stdin.close()
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def kill_at(step, installation, smarthost, sends, user="alice", signalled=signal.SIGKILL):
    """Kill the frontend while the smart host takes its time; return the smart host, and the helper."""
    host = smarthost(at={step: Delay(AFTERWARDS_S)}, extensions=WITH_DATA)
    installation.configure_relay(host)
    process = sends(installation, user)
    helper = helper_below(process.pid)
    wait_for(lambda: step in host.acted, f"the smart host to stand at {step}")
    process.send_signal(signalled)
    process.wait()
    return host, helper


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("user", ["alice", "root"])
def test_a_frontend_that_is_killed_takes_the_helper_with_it(installation, smarthost, sends, step, user):
    host, helper = kill_at(step, installation, smarthost, sends, user)
    wait_for(lambda: not status_of(helper) or status_of(helper)["State"][0] in "ZX", "the end of the helper")
    host.settle()
    assert host.messages == []


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_so_does_one_that_is_interrupted(installation, smarthost, sends, signalled):
    host, _ = kill_at("MAIL", installation, smarthost, sends, signalled=signalled)
    host.settle()
    assert host.messages == []


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
@pytest.mark.parametrize("step", STEPS)
def test_a_helper_that_is_killed_has_not_sent(installation, smarthost, sends, step, mode):
    """The caller may kill it: after the drop it is a process of their own."""
    installation.mode(mode)
    host = smarthost(at={step: Silent()}, extensions=WITH_DATA)
    installation.configure_relay(host)
    process = sends(installation)
    helper = helper_below(process.pid)
    wait_for(lambda: step in host.acted, f"the smart host to stand at {step}")
    assert installation.run_as("alice", "/bin/kill", "-KILL", str(helper)).status == 0
    stderr = process.stderr.read()
    assert process.wait(10) == 1
    assert stderr == b"sendmail: not sent: the helper ended without an answer\n"
    host.settle()
    assert host.messages == []


def test_a_helper_that_was_stopped_goes_on(installation, smarthost, sends):
    host = smarthost(at={"EHLO": Delay(0.2)}, extensions=WITH_DATA)
    installation.configure_relay(host)
    process = sends(installation)
    helper = str(helper_below(process.pid))
    installation.run_as("alice", "/bin/kill", "-STOP", helper)
    time.sleep(0.4)
    installation.run_as("alice", "/bin/kill", "-CONT", helper)
    assert process.wait(10) == 0
    assert host.message.body == b"hello\r\n"


def test_control_a_helper_that_does_not_die_with_its_frontend_delivers(weakened, smarthost, sends):
    host, _ = kill_at("MAIL", weakened(OUTLIVING), smarthost, sends)
    host.settle()
    assert len(host.messages) == 1

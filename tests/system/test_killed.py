"""Killed at any step, frontend or helper: nothing is delivered before the end of the message was sent."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.misbehaviour import Delay
from tests.support.process import children_of, has_dropped
from tests.support.smarthost import SmartHost
from tests.system.outcome import FIVE, MESSAGE, ONE, WITH_CHUNKS, WITH_DATA, configure

DELAY_S = 0.2  # the smart host goes on afterwards with whatever has reached it
LARGE = MESSAGE + b"0123456789abcde\n" * (24 * 1024 * 1024 // 16)  # more than any socket's buffers hold
AUTH = {"ws1": "correct horse battery"}

SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
with_each_signal = pytest.mark.parametrize("number", SIGNALS, ids=[number.name for number in SIGNALS])
with_each_victim = pytest.mark.parametrize("victim", ["frontend", "helper"])
with_each_extension = pytest.mark.parametrize("extensions", [WITH_CHUNKS, WITH_DATA], ids=["chunks", "data"])

STEPS = ("GREETING", "EHLO 1", "STARTTLS", "TLS", "EHLO 2", "AUTH", "MAIL", "RCPT 1", "RCPT 5")


def wait_until(what, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until something has come to pass; the process must not end before."""
    end = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end, "what was waited for did not happen"
        assert process is None or process.poll() is None, "the send ended before"
        time.sleep(0.002)


def helper_of(frontend: int) -> int:
    """Return the process that the frontend's program has started."""
    children = Path(f"/proc/{frontend}/task/{frontend}/children").read_text().split()
    assert len(children) == 1, f"children: {children}"
    return int(children[0])


def kill(process: subprocess.Popen[bytes], victim: str, number: int) -> None:
    """Send a signal to one of the two."""
    os.kill(process.pid if victim == "frontend" else helper_of(process.pid), number)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Wait for the end; return status and standard error."""
    _, stderr = process.communicate(timeout=10)
    return process.returncode, stderr.decode()


def sending(installation, message: bytes, *args: str, **options) -> subprocess.Popen[bytes]:
    """Start a send whose message comes from a file, so that nobody has to write it."""
    file = installation.root / "message"
    file.write_bytes(message)
    with file.open("rb") as stdin:
        return installation.start(*args, stdin=stdin, **options)


def killed_at(step: str, host: SmartHost, process: subprocess.Popen[bytes], victim: str, number: int) -> None:
    """Kill one process while the smart host pauses at a step, and let the smart host go on."""
    wait_until(lambda: step in host.acted, process)
    kill(process, victim, number)


def assert_told(result: tuple[int, str], victim: str, number: int, beginning: str) -> None:
    """A killed frontend dies of the signal and says nothing; that of a killed helper tells its caller."""
    status, stderr = result
    if victim == "frontend":
        assert (status, stderr) == (-number, "")
        return
    assert status == 1
    assert stderr.startswith(beginning), stderr
    assert stderr.count("\n") == 1, stderr


@with_each_signal
@with_each_victim
@with_each_extension
@pytest.mark.parametrize("step", STEPS)
def test_killed_before_the_message_delivers_nothing(
    installation, smarthost, certificates, extensions, step, victim, number
):
    host = smarthost(tls="starttls", auth=AUTH, extensions=extensions, at={step: Delay(DELAY_S)})
    configure(installation, host, "simple")
    with sending(installation, MESSAGE, *FIVE) as process:
        killed_at(step, host, process, victim, number)
        result = ended(process)
    assert_told(result, victim, number, "sendmail: not sent: ")
    host.settle()
    assert host.messages == []
    assert host.session.content == b""


@with_each_signal
@with_each_victim
@pytest.mark.parametrize("step", ["DATA", "CONTENT"])
@pytest.mark.parametrize("recipients", [ONE, FIVE], ids=["one", "five"])
def test_killed_within_the_data_delivers_nothing(installation, smarthost, step, recipients, victim, number):
    host = smarthost(extensions=WITH_DATA, at={step: Delay(DELAY_S)})
    configure(installation, host, "simple")
    with sending(installation, LARGE, *recipients) as process:
        killed_at(step, host, process, victim, number)
        result = ended(process)
    assert_told(result, victim, number, "sendmail: not sent: ")
    host.settle()
    assert host.messages == []


@with_each_signal
@with_each_victim
@pytest.mark.parametrize("recipients", [ONE, FIVE], ids=["one", "five"])
def test_killed_within_the_only_chunk_delivers_nothing(installation, smarthost, recipients, victim, number):
    host = smarthost(extensions=WITH_CHUNKS, at={"CONTENT": Delay(DELAY_S)})
    configure(installation, host, "simple")
    with sending(installation, LARGE, *recipients) as process:
        killed_at("CONTENT", host, process, victim, number)
        result = ended(process)
    assert_told(result, victim, number, "sendmail: not sent: ")
    host.settle()
    assert host.messages == []


@with_each_signal
@with_each_victim
@with_each_extension
@pytest.mark.parametrize("recipients", [ONE, FIVE], ids=["one", "five"])
def test_killed_after_the_message_is_told_as_doubt(installation, smarthost, extensions, recipients, victim, number):
    host = smarthost(extensions=extensions, at={"MESSAGE": Delay(DELAY_S)})
    configure(installation, host, "simple")
    with sending(installation, MESSAGE, *recipients) as process:
        killed_at("MESSAGE", host, process, victim, number)
        result = ended(process)
    assert_told(result, victim, number, "sendmail: may have been sent: ")
    host.settle()
    assert len(host.messages) == 1


@with_each_signal
@with_each_victim
@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_doubt_begins_when_envelope_and_message_left_together(installation, smarthost, step, victim, number):
    host = smarthost(extensions=WITH_CHUNKS, at={step: Delay(DELAY_S)})
    configure(installation, host, "simple")
    with sending(installation, MESSAGE, *ONE) as process:
        killed_at(step, host, process, victim, number)
        result = ended(process)
    assert_told(result, victim, number, "sendmail: may have been sent: ")


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize("step", ["EHLO", "RCPT 3"])
def test_both_may_be_killed_at_once(installation, smarthost, step, user):
    host = smarthost(at={step: Delay(DELAY_S)})
    configure(installation, host, "simple")
    with sending(installation, MESSAGE, *FIVE, user=user) as process:
        wait_until(lambda: step in host.acted, process)
        helper = helper_of(process.pid)
        process.kill()
        os.kill(helper, signal.SIGKILL)
        assert ended(process) == (-signal.SIGKILL, "")
    host.settle()
    assert host.messages == []


@with_each_signal
@with_each_victim
@pytest.mark.parametrize("user", ["alice", "root"])
def test_killed_while_the_message_is_still_being_written(installation, smarthost, user, victim, number):
    host = smarthost()
    configure(installation, host, "simple")
    with installation.start(*ONE, user=user) as process:
        process.stdin.write(MESSAGE)
        process.stdin.flush()
        wait_until(lambda: any(map(has_dropped, children_of(process.pid))), process)
        time.sleep(0.1)
        kill(process, victim, number)
        result = ended(process)  # closes standard input
    assert_told(result, victim, number, "sendmail: not sent: ")
    assert host.connections == 0


@with_each_signal
@pytest.mark.parametrize("after_ms", range(0, 120, 12))
def test_killed_at_any_moment_of_the_start(installation, smarthost, number, after_ms):
    host = smarthost()
    configure(installation, host, "simple")
    with sending(installation, MESSAGE, *FIVE) as process:
        time.sleep(after_ms / 1000)
        if process.poll() is None:
            os.kill(process.pid, number)
        status, stderr = ended(process)
    host.settle()
    assert "Traceback" not in stderr
    assert (status, stderr) in ((0, ""), (-number, ""), (128 + number, "Terminated\n"))
    assert status != 0 or len(host.messages) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGALRM])
def test_what_the_caller_ignores_stays_ignored_in_the_frontend(installation, smarthost, number):
    """nohup and shells without job control start programs with signals ignored; the helper starts with none ignored."""
    host = smarthost(at={"RCPT 3": Delay(DELAY_S)})
    configure(installation, host, "simple")
    ignoring = ("/usr/bin/env", f"--ignore-signal={number.name[3:]}")
    with sending(installation, MESSAGE, *FIVE, through=ignoring) as process:
        wait_until(lambda: "RCPT 3" in host.acted, process)
        os.kill(process.pid, number)
        status, stderr = ended(process)
    host.settle()
    assert (status, stderr) == (0, "")
    assert len(host.messages) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD])
def test_signals_that_the_caller_blocks_do_not_protect_the_helper(installation, smarthost, number):
    host = smarthost()
    configure(installation, host, "simple")
    blocking = ("/usr/bin/env", f"--block-signal={number.name[3:]}")
    result = installation.send(*FIVE, stdin=MESSAGE, through=blocking)
    host.settle()
    assert (result.status, result.stderr) == (0, "")
    assert len(host.messages) == 1

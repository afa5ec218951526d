"""One send, or a crowd of them, measured: how long the callers wait, and what all processes cost."""

from __future__ import annotations

import os
import pickle
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.processes import descendants
from helper.privileged.kernel import call_function
from helper.privileged.python_prctl import PR_SET_PDEATHSIG, prctl

TIMED_OUT = -signal.SIGALRM
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Send:
    """What is run, with which file as standard input."""

    command: list[str]
    environment: dict[str, str]
    stdin: Path


@dataclass(frozen=True)
class Errand:
    """Sends, by whom, how many at once, with which file as standard error, and for how long at most."""

    sends: list[Send]
    uid: int
    gid: int
    stderr: Path
    at_once: int = 1
    time_limit_s: int = 60


@dataclass(frozen=True)
class Cost:
    """How it ended, when the last caller knew that (seconds), and the processor time of all processes (seconds).

    `start_s` is when the clock started (monotonic). The exit status is the first that was not 0; a negative one is a
    signal.
    """

    exit_status: int
    wall_s: float
    processor_s: float
    start_s: float = 0


class Runner:
    """A process between us and an errand, so that every process ends as a child of it and is accounted for."""

    def __init__(self, errand: Errand) -> None:
        self._answer, answer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self._answer)
                os.write(answer, pickle.dumps(run(errand)))
            finally:
                end_all()
                os._exit(0)
        os.close(answer)

    def cost(self) -> Cost:
        """Wait for the end of the last process, and return the cost."""
        with open(self._answer, "rb") as answer:
            octets = answer.read()
        os.waitpid(self.pid, 0)
        if not octets:
            raise SystemExit("make bench: a send could not be started")
        return pickle.loads(octets)  # our own process wrote it


class TimedOut(Exception):
    """An errand has taken too long."""


def run(errand: Errand) -> Cost:
    """Run an errand to the end of its last process. What comes before the clock starts is not its own."""
    call_function("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGALRM, time_is_up)
    signal.alarm(errand.time_limit_s)
    os.dup2(os.open(errand.stderr, os.O_WRONLY | os.O_TRUNC | os.O_APPEND), 2)
    os.chdir("/")
    os.setgroups([])
    os.setresgid(errand.gid, errand.gid, errand.gid)
    os.setresuid(errand.uid, errand.uid, errand.uid)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        return measured(errand)
    except TimedOut:
        return Cost(TIMED_OUT, errand.time_limit_s, 0)


def measured(errand: Errand) -> Cost:
    """Start the sends, and wait for the end of all that they start."""
    waiting = list(reversed(errand.sends))
    running: set[int] = set()
    exit_status, wall_s, processor_s = 0, 0.0, 0.0
    start = time.monotonic()
    while True:
        while waiting and len(running) < errand.at_once:
            running.add(spawn(waiting.pop()))
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return Cost(exit_status, wall_s, processor_s, start)
        if pid in running:
            running.remove(pid)
            wall_s = time.monotonic() - start
            exit_status = exit_status or os.waitstatus_to_exitcode(status)
        processor_s += usage.ru_utime + usage.ru_stime


def spawn(send: Send) -> int:
    """Start a send; return its process."""
    stdin = [(os.POSIX_SPAWN_OPEN, 0, str(send.stdin), os.O_RDONLY, 0)]
    environment = {"PATH": "/usr/bin:/bin", **send.environment}
    # Python ignores SIGPIPE, and a program would inherit that.
    return os.posix_spawn(send.command[0], send.command, environment, file_actions=stdin, setsigdef=[signal.SIGPIPE])


def time_is_up(*_signal: object) -> None:
    """End the wait."""
    raise TimedOut


def end_all() -> None:
    """Kill whatever is left below this process. A program that queues would try again for days."""
    while below := descendants(os.getpid()):
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        reap()


def reap() -> None:
    """Take leave of the children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    time.sleep(0.01)

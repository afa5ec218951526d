"""One send, measured: how long its caller waits, and what all its processes cost."""

from __future__ import annotations

import os
import pickle
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import prctl

TIME_LIMIT_S = 60


@dataclass(frozen=True)
class Send:
    """What is run, by whom, with which file as standard input and which one as standard error."""

    command: list[str]
    environment: dict[str, str]
    uid: int
    gid: int
    stdin: Path
    stderr: Path


@dataclass(frozen=True)
class Cost:
    """How a send ended, when its caller knew that (seconds), and the processor time of all its processes (seconds)."""

    exit_status: int
    wall_s: float
    processor_s: float


class Runner:
    """A process between us and a send, so that every process of the send ends as a child of it and is accounted for."""

    def __init__(self, send: Send) -> None:
        self._answer, answer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self._answer)
                os.write(answer, pickle.dumps(run(send)))
            finally:
                os._exit(0)
        os.close(answer)

    def cost(self) -> Cost:
        """Wait for the end of the last process, and return the cost."""
        with open(self._answer, "rb") as answer:
            octets = answer.read()
        os.waitpid(self.pid, 0)
        if not octets:
            raise SystemExit("make bench: a send took too long, or could not be started")
        return pickle.loads(octets)  # our own process wrote it


def run(send: Send) -> Cost:
    """Run a send to the end of its last process. What comes before the clock starts is not its own."""
    signal.alarm(TIME_LIMIT_S)
    prctl.set_child_subreaper(True)
    for descriptor, file, flags in ((0, send.stdin, os.O_RDONLY), (2, send.stderr, os.O_WRONLY | os.O_TRUNC)):
        os.dup2(os.open(file, flags), descriptor)
    os.chdir("/")
    os.setgroups([])
    os.setresgid(send.gid, send.gid, send.gid)
    os.setresuid(send.uid, send.uid, send.uid)

    start = time.monotonic()
    first = os.posix_spawn(send.command[0], send.command, {"PATH": "/usr/bin:/bin", **send.environment})
    exit_status, wall_s, processor_s = -1, 0.0, 0.0
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return Cost(exit_status, wall_s, processor_s)
        if pid == first:
            wall_s, exit_status = time.monotonic() - start, os.waitstatus_to_exitcode(status)
        processor_s += usage.ru_utime + usage.ru_stime

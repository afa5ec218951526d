"""Supervise: run the program of a password_command out of reach of the caller, and report what came of it.

Until the drop the helper has the caller's real user id, and the caller may stop and kill it. So a process with the
service user's ids alone starts the program, ends it at the deadline, and reports over a pipe: a helper that stands
still keeps nobody waiting and leaves no process of the service user's behind.
"""

from __future__ import annotations

import _signal
import os
import resource
import select
import time

from helper.privileged.process import prctl
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

STDOUT = 1
STDERR = 2
FIRST_OWN = 3  # descriptors from here on are the helper's: the channel, the log
NOT_EXECUTED = 127
LOOK_S = 0.001  # between one look whether it has ended and the next: with its last word, a program ends at once
SLICE_S = 0.1  # between one look whether the helper is still there and the next
GRACE_S = 1.0  # for a program whose helper was killed: it may be writing a file that others need

LATE, UNABLE = b"late", b"unable"  # what a report begins with where there is no exit status


class Patience:
    """Until when the program is waited for: its deadline, or a moment after the helper has died."""

    def __init__(self, timeout_s: float) -> None:
        self._over_s = time.monotonic() + timeout_s

    def shorten(self, *_: object) -> None:
        """Wait no longer than a moment from now; this is what the parent-death signal does."""
        self._over_s = min(self._over_s, time.monotonic() + GRACE_S)

    @property
    def left_s(self) -> float:
        """Return for how many seconds more."""
        return max(0.0, self._over_s - time.monotonic())


class Ends(Record):
    """The helper's descriptors that a supervisor uses: the pipe to report on, and what takes standard error.

    `said` is -1 where nobody is told what the program writes there.
    """

    reporting: int
    said: int


def supervise(
    command: tuple[str, ...], environment: dict[str, str], ends: Ends, helper: int, timeout_s: float, limit: int
) -> NoReturn:
    """Become the service user and nobody else, run the program, and write one report to a pipe; never return.

    The report is an exit status, LATE, or UNABLE with an error number, a line feed, and at most `limit` octets and one
    more of what the program wrote.
    """
    try:
        patience = Patience(timeout_s)
        if ends.said >= 0:
            os.dup2(ends.said, STDERR)
        reporting = keep_only(ends.reporting)
        leave_caller_behind(helper, patience)
        os.write(reporting, report_on(command, environment, patience, limit))
    finally:
        os._exit(0)


def keep_only(descriptor: int) -> int:
    """Close all descriptors of the helper's but one, and return that: nobody else may speak to the frontend."""
    os.dup2(descriptor, FIRST_OWN, inheritable=False)
    os.closerange(FIRST_OWN + 1, os.sysconf("SC_OPEN_MAX"))
    return FIRST_OWN


def leave_caller_behind(helper: int, patience: Patience) -> None:
    """Give up the caller's ids, and what the caller has set that can be set back."""
    os.setpgid(0, 0)
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
    make_clock_readable()
    group, user = os.getegid(), os.geteuid()
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    prctl.set_dumpable(0)  # the change of ids has just reset it, and other secrets may be in memory
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    _signal.signal(_signal.SIGTERM, patience.shorten)
    prctl.set_pdeathsig(_signal.SIGTERM)
    if os.getppid() != helper:
        patience.shorten()


def make_clock_readable() -> None:
    """Let the program read the processor's clock (prctl(2), PR_SET_TSC): its caller can have it killed for that."""
    try:
        prctl.set_tsc(prctl.TSC_ENABLE)
    except OSError:  # only x86 has this
        return


def report_on(command: tuple[str, ...], environment: dict[str, str], patience: Patience, limit: int) -> bytes:
    """Run the program to its end, and return the report."""
    reading, writing = os.pipe()
    supervisor = os.getpid()
    try:
        child = os.fork()
    except OSError as error:
        return b"%s %d\n" % (UNABLE, error.errno or 0)
    if child == 0:
        become(command, environment, writing, supervisor)
    os.close(writing)
    output = read_until_end(reading, patience, limit)
    if len(output) > limit:
        patience = Patience(0)  # what it says and does after that is not waited for
    status = status_of(child, patience)
    return (LATE if status is None else b"%d" % status) + b"\n" + output


def become(command: tuple[str, ...], environment: dict[str, str], writing: int, supervisor: int) -> None:
    """Execute the program; never return."""
    try:
        os.setpgid(0, 0)  # it can be killed with all that it starts
        _signal.signal(_signal.SIGTERM, _signal.SIG_DFL)
        prctl.set_pdeathsig(_signal.SIGKILL)
        if os.getppid() == supervisor:
            os.dup2(writing, STDOUT)  # all others are closed by execve: none is without O_CLOEXEC
            os.execve(command[0], command, environment)
    finally:
        os._exit(NOT_EXECUTED)


def read_until_end(reading: int, patience: Patience, limit: int) -> bytes:
    """Return what the program writes until it closes its output, one octet more than the limit at most."""
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    output = b""
    while len(output) <= limit and patience.left_s:
        if not poll.poll(min(patience.left_s, SLICE_S) * 1000):
            continue
        part = os.read(reading, limit + 1 - len(output))
        if not part:
            break
        output += part
    return output


def status_of(child: int, patience: Patience) -> int | None:
    """Return the program's exit status; None for one that had to be killed. Who has said all may go on all the same."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if not patience.left_s:
            os.killpg(child, _signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(LOOK_S)

"""Supervise: run the program of a password_command out of the caller's reach, and report the outcome.

Until the drop the helper has the caller's real uid, so the caller may stop or kill it. A process with only the service
user's ids starts the program, ends it at the deadline, and reports over a pipe. So a stopped helper delays nobody and
leaves no process of the service user behind.
"""

from __future__ import annotations

import _signal
import posix as os
import resource
import select
import time

from helper.privileged.python_prctl import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, PR_SET_TSC, PR_TSC_ENABLE, prctl
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

STDOUT = 1
STDERR = 2
FIRST_OWN = 3  # the first descriptor that the helper uses: the channel, then the log
NOT_EXECUTED = 127
LOOK_S = 0.001  # between two checks whether the program has ended: it ends soon after its last output
SLICE_S = 0.1  # between two checks whether the helper is still there
GRACE_S = 1.0  # for a program whose helper was killed: it may be writing a file that other sends need

LATE, UNABLE = b"late", b"unable"  # begin a report that has no exit status


class Patience:
    """How long to wait for the program: until its deadline, or GRACE_S after the helper has died."""

    def __init__(self, timeout_s: float) -> None:
        self._over_s = time.monotonic() + timeout_s

    def shorten(self, *_: object) -> None:
        """Wait at most GRACE_S from now. The handler of the parent-death signal."""
        self._over_s = min(self._over_s, time.monotonic() + GRACE_S)

    @property
    def left_s(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self._over_s - time.monotonic())


class Ends(Record):
    """The helper's descriptors that a supervisor uses: the pipe for the report, and the file for standard error.

    `said` is -1 if nobody reads the program's standard error.
    """

    reporting: int
    said: int


def supervise(
    command: tuple[str, ...], environment: dict[str, str], ends: Ends, helper: int, timeout_s: float, limit: int
) -> NoReturn:
    """Become the service user and nobody else, run the program, write one report to a pipe, and exit.

    The report is an exit status, LATE, or UNABLE with an error number; a line feed; and at most `limit` + 1 octets of
    the program's output.
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
    """Close all descriptors except one, and return its new number. Only the helper may speak to the frontend."""
    os.dup2(descriptor, FIRST_OWN, inheritable=False)
    os.closerange(FIRST_OWN + 1, os.sysconf("SC_OPEN_MAX"))
    return FIRST_OWN


def leave_caller_behind(helper: int, patience: Patience) -> None:
    """Give up the caller's ids, and reset what the caller has set."""
    os.setpgid(0, 0)
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
    make_clock_readable()
    group, user = os.getegid(), os.geteuid()
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    prctl(PR_SET_DUMPABLE, 0)  # the change of ids has reset it, and memory may hold other secrets
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    _signal.signal(_signal.SIGTERM, patience.shorten)
    prctl(PR_SET_PDEATHSIG, _signal.SIGTERM)
    if os.getppid() != helper:
        patience.shorten()


def make_clock_readable() -> None:
    """Let the program read the time stamp counter (prctl(2), PR_SET_TSC). The caller may have forbidden it."""
    try:
        prctl(PR_SET_TSC, PR_TSC_ENABLE)
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
        patience = Patience(0)  # it has written too much: do not wait
    status = status_of(child, patience)
    return (LATE if status is None else b"%d" % status) + b"\n" + output


def become(command: tuple[str, ...], environment: dict[str, str], writing: int, supervisor: int) -> None:
    """Execute the program, or exit."""
    try:
        os.setpgid(0, 0)  # so that it can be killed with everything that it starts
        _signal.signal(_signal.SIGTERM, _signal.SIG_DFL)
        prctl(PR_SET_PDEATHSIG, _signal.SIGKILL)
        if os.getppid() == supervisor:
            os.dup2(writing, STDOUT)  # execve closes all others: each has O_CLOEXEC
            os.execve(command[0], command, environment)
    finally:
        os._exit(NOT_EXECUTED)


def read_until_end(reading: int, patience: Patience, limit: int) -> bytes:
    """Return what the program writes until it closes its output, at most `limit` + 1 octets."""
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
    """Return the program's exit status, None if it had to be killed. It may run on after it has closed its output."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if not patience.left_s:
            os.killpg(child, _signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(LOOK_S)

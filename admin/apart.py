"""Start a process with rights other than root's for an administrator's command, and read its output.

Such a process may be traced, replaced or held up by the user whose rights it has. So it gets nothing of root's: a
session of its own, in which there is no terminal to type into (TIOCSTI, /dev/tty); pipes and /dev/null for descriptors;
a constant environment; the user's ids for good before its first step; and a deadline. What it says is bounded.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import select
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import NoReturn, Self

from helper.failure import SystemFault
from helper.privileged.begin import be_unreadable
from helper.privileged.python_prctl import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, prctl
from helper.record import Record
from helper.text import shown

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
SAID_LIMIT = 1024 * 1024  # octets, of both outputs together
LINE_LIMIT = 256 * 1024  # octets
NOT_EXECUTED = 127
OUT, ERR, CHANNEL = 1, 2, 3
ABOVE_OURS, ABOVE_ALL = 10, 2**31 - 1  # descriptors
Work = Callable[[], object]


class Apart:
    """A process apart, from its start to its end. `with` ends it and what it has left in its process group."""

    def __init__(
        self,
        who: pwd.struct_passwd | None,
        work: Work,
        time_limit_s: float,
        channel: int | None = None,
        said_limit: int = SAID_LIMIT,
    ) -> None:
        """Start `work` as this user; None: with the rights that we have, which `work` may give up.

        `channel` becomes its descriptor 3. SystemFault if the kernel would let the user look into it before that.
        """
        be_unreadable()
        sys.stdout.flush()
        self._time_limit_s, self._said_limit = time_limit_s, said_limit
        self._end = monotonic() + time_limit_s
        (inner_in, self._in), (self._out, inner_out), (self._err, inner_err) = os.pipe(), os.pipe(), os.pipe()
        inner = [inner_in, inner_out, inner_err]
        self.pid = fork()
        if self.pid == 0:
            carry_out(who, work, inner if channel is None else [*inner, channel])
        for descriptor in inner:
            os.close(descriptor)
        self._pidfd = os.pidfd_open(self.pid)
        self._status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        for descriptor in (self._in, self._out, self._err, self._pidfd):
            if descriptor >= 0:
                os.close(descriptor)

    def end(self) -> int:
        """End it, if it has not ended, and return its exit status (minus the number of the signal that ended it)."""
        if self._status is None:
            # Not reaped yet, so that nobody else has this number; a process group it has once it is apart.
            for kill in (os.kill, os.killpg):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(self.pid, signal.SIGKILL)
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status

    def write(self, octets: bytes) -> None:
        """Give it all of its standard input: less than a pipe holds, so that nobody can make us wait."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._in, octets)
        os.close(self._in)
        self._in = -1

    def said(self) -> Iterator[tuple[int, bytes]]:
        """Yield what it writes, with the descriptor, OUT or ERR, until it closes both.

        SystemFault if it says too much or its time is over.
        """
        names = {self._out: OUT, self._err: ERR}
        octets = 0
        while names:
            ready = select.select(list(names), [], [], self._left())[0]
            if not ready:
                raise SystemFault(f"it did not end within {self._time_limit_s:g} s")
            for descriptor in ready:
                part = os.read(descriptor, 65536)
                octets += len(part)
                if octets > self._said_limit:
                    raise SystemFault(f"it printed more than {self._said_limit} octets")
                if part:
                    yield names[descriptor], part
                else:
                    del names[descriptor]

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield each line that it writes as soon as it is whole, printable, whatever it holds."""
        rest = {OUT: b"", ERR: b""}
        for name, part in self.said():
            *whole, rest[name] = (rest[name] + part).split(b"\n")
            if len(rest[name]) > LINE_LIMIT:
                raise SystemFault(f"it printed a line of more than {LINE_LIMIT} octets")
            for line in whole:
                yield name, shown(line)
        for name, line in rest.items():
            if line:
                yield name, shown(line)

    def wait(self) -> int:
        """Return its exit status. SystemFault if its time is over."""
        if not self.has_ended(self._left()):
            raise SystemFault(f"it did not end within {self._time_limit_s:g} s")
        return self.end()

    def has_ended(self, within_s: float = 0) -> bool:
        """Return whether it ends within this time."""
        return self._status is not None or bool(select.select([self._pidfd], [], [], within_s)[0])

    def _left(self) -> float:
        return max(0.0, self._end - monotonic())


def fork() -> int:
    """Return the pid of the new process, 0 in it. SystemFault if there can be none."""
    try:
        return os.fork()
    except OSError as error:
        raise SystemFault(f"cannot start a second process: {error.strerror}") from None


def carry_out(who: pwd.struct_passwd | None, work: Work, descriptors: list[int]) -> NoReturn:
    """Be apart, do the work, and end: nothing of the command's goes on in this process."""
    status = 1
    try:
        take_descriptors(descriptors)
        reset_signals()
        os.setsid()
        if who is not None:
            become(who)
        os.umask(0o022)
        os.chdir("/")
        prctl(PR_SET_DUMPABLE, 0)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of ids clears it
        result = work()
        status = result if isinstance(result, int) else 0
        sys.stdout.flush()
    finally:
        os._exit(status)


def take_descriptors(descriptors: list[int]) -> None:
    """Have these as 0, 1, 2 and so on, and no others, whatever the administrator's shell left open."""
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, ABOVE_OURS) for descriptor in descriptors]
    for number, descriptor in enumerate(high):
        os.dup2(descriptor, number)
    os.closerange(len(high), ABOVE_ALL)


def reset_signals() -> None:
    """Undo what the interpreter, or the administrator's shell, ignores or blocks."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def become(who: pwd.struct_passwd) -> None:
    """Become this user for good; nothing to do for who is this user already."""
    if who.pw_uid == os.geteuid():
        return
    os.setgroups(os.getgrouplist(who.pw_name, who.pw_gid))
    os.setresgid(who.pw_gid, who.pw_gid, who.pw_gid)
    os.setresuid(who.pw_uid, who.pw_uid, who.pw_uid)


class Done(Record):
    """The result of work in a separate process: its exit status, and its output on both descriptors."""

    status: int
    stdout: bytes
    stderr: bytes


def finish(made: Apart, stdin: bytes = b"") -> Done:
    """Give a process its standard input, and return what comes of it."""
    said = {OUT: b"", ERR: b""}
    made.write(stdin)
    for name, part in made.said():
        said[name] += part
    return Done(made.wait(), said[OUT], said[ERR])


def program(*command: str, environment: Mapping[str, str] = ENVIRONMENT) -> Work:
    """Return what executes a program; the status is NOT_EXECUTED where that cannot be."""

    def execute() -> int:
        try:
            os.execve(command[0], command, environment)
        except OSError:
            return NOT_EXECUTED

    return execute


def relay(work: Work, time_limit_s: float) -> int:
    """Do work that gives root up in a process apart, print its lines as they come, and return its status."""
    with Apart(None, work, time_limit_s) as made:
        made.write(b"")
        try:
            for name, line in made.lines():
                print(line, file=sys.stdout if name == OUT else sys.stderr, flush=True)
            return made.wait()
        except SystemFault as fault:
            print(f"gatepost: {fault.problem}", file=sys.stderr)
            return 1

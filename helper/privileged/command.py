"""Command: ask a program of root's for a password or token, as the service user, before the drop.

This is the only time that the helper starts a process. After the drop a program would run with the caller's ids, and
the caller could read its memory.
"""

from __future__ import annotations

import _signal
import posix as os
import resource
import select
import time

from helper.failure import ConfigError, SystemFault
from helper.privileged import paths
from helper.privileged.accounts import account
from helper.privileged.command_files import refuse_unsafe_command
from helper.privileged.protected_files import ROOT, SECRET_LIMIT, Owner
from helper.privileged.supervise import LATE, NOT_EXECUTED, UNABLE, Ends, supervise
from helper.secret import Secret

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
SAID_LIMIT = 200  # octets of standard error that are kept of a caller's own program
TIMEOUT_S = 30.0  # enough for a key store or a token endpoint; the caller waits meanwhile
REPORT_S = 5.0  # for the supervisor, which may have to kill the program first
REPORT_LIMIT = SECRET_LIMIT + 64  # octets; less than a pipe holds, so the supervisor never blocks

MIB = 1 << 20
# What a program needs to update a token file. With lower limits a caller could make it fail in the middle of writing,
# and so destroy the token for everybody. The shell counts sizes in KiB.
LEAST = {
    resource.RLIMIT_FSIZE: (MIB, "ulimit -f 1024"),
    resource.RLIMIT_NOFILE: (64, "ulimit -n 64"),
    resource.RLIMIT_AS: (256 * MIB, "ulimit -v 262144"),
    resource.RLIMIT_DATA: (256 * MIB, "ulimit -d 262144"),
    resource.RLIMIT_CPU: (60, "ulimit -t 60"),
    resource.RLIMIT_NPROC: (16, "ulimit -u 16"),
}


def output_of(command: tuple[str, ...], owner: Owner = ROOT, timeout_s: float = TIMEOUT_S) -> Secret:
    """Return what a program writes to standard output.

    It runs without a shell, without input, without the channel to the frontend, with its owner's environment, and with
    only the service user's ids. It ends with the frontend. ConfigError if others than its owner can write it, if it
    cannot run, fails or takes too long. SystemFault if the caller's limits could break it. The error of a caller's own
    program ends with the last line that it wrote to standard error.
    """
    program = command[0]
    refuse_unsafe_command(command, owner)
    if owner.is_root:  # a caller's own program can only harm the caller
        refuse_callers_uid(program)
        refuse_tight_limits(program)
    said = os.memfd_create("said", os.MFD_CLOEXEC) if owner.environment else -1
    try:
        output = Secret(output_in(program, supervised(command, owner, said, timeout_s), timeout_s), program)
        return output if owner.is_root else one_line_of(output)
    except ConfigError as error:
        raise ConfigError(program, error.problem + last_line(said)) from None
    finally:
        if said >= 0:
            os.close(said)


def one_line_of(output: Secret) -> Secret:
    """Return the output of a caller's own program. It is checked here, while its standard error is still known."""
    from helper.password import command_output

    return command_output(output)


def output_in(program: str, report: bytes, timeout_s: float) -> bytes:
    """Return the output in a report. ConfigError if the program failed, or wrote too much."""
    head, _, output = report.partition(b"\n")
    if len(output) > SECRET_LIMIT:
        raise ConfigError(program, f"wrote more than {SECRET_LIMIT} octets")
    problem = problem_of(head, timeout_s)
    if problem:
        raise ConfigError(program, problem)
    return output


def refuse_callers_uid(program: str) -> None:
    """Raise ConfigError if we have only the service user's group: the program would run with the caller's uid.

    It would read the caller's ~/.curlrc, ~/.ssh/config or ~/.local/lib/python3, and could read the secrets.
    """
    service = account(paths.SERVICE_USER)
    if os.geteuid() != service.pw_uid:
        name = service.pw_name
        raise ConfigError(program, f"needs the launcher to be {name}:{name} 6755, or gatepost.socket")


def refuse_tight_limits(program: str) -> None:
    """Raise SystemFault if the caller set a hard limit below what a program needs."""
    for limit, (least, remedy) in LEAST.items():
        hard = resource.getrlimit(limit)[1]
        if hard != resource.RLIM_INFINITY and hard < least:
            raise SystemFault(f"a hard limit of the caller is too low for {program}: it has to allow {remedy}")


def supervised(command: tuple[str, ...], owner: Owner, said: int, timeout_s: float) -> bytes:
    """Run a program under its supervisor, and return the report, empty if none comes in time."""
    # A stopped helper must leave no zombie: it would count against the service user's number of processes.
    _signal.signal(_signal.SIGCHLD, _signal.SIG_IGN)
    helper = os.getpid()
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        return b"%s %d\n" % (UNABLE, error.errno or 0)
    if child == 0:
        supervise(command, ENVIRONMENT | owner.environment, Ends(writing, said), helper, timeout_s, SECRET_LIMIT)
    os.close(writing)
    report = read_until_end(reading, owner.frontend, time.monotonic() + timeout_s + REPORT_S)
    os.close(reading)
    return report


def read_until_end(reading: int, frontend: int, deadline_s: float) -> bytes:
    """Return the report, or the part that came before the deadline. End this process if the frontend has ended.

    Nobody waits for the answer then. The supervisor kills the program when this process dies.
    """
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    if frontend >= 0:
        poll.register(frontend, 0)  # only for its end (POLLHUP)
    report = b""
    while events := poll.poll(max(0.0, deadline_s - time.monotonic()) * 1000):
        if any(descriptor == frontend for descriptor, _ in events):
            os._exit(0)
        part = os.read(reading, REPORT_LIMIT)
        if not part:
            break
        report += part
    return report


def problem_of(head: bytes, timeout_s: float) -> str:
    """Return the problem that the head of a report tells, empty if the program succeeded."""
    if head.startswith(UNABLE):
        return f"cannot be run: {os.strerror(int(head.removeprefix(UNABLE)))}"
    if head == LATE:
        return f"was not finished within {timeout_s:g} s"
    if not head:
        return "cannot be run: no answer from it"
    if int(head) == NOT_EXECUTED:
        return "cannot be executed"
    return f"failed with status {int(head)}" if int(head) else ""


def last_line(said: int) -> str:
    """Return the last line that a caller's own program wrote to standard error, printable and bounded."""
    if said < 0:
        return ""
    # A program that opens /dev/stderr anew truncates the file. Zeros stand where the text before had been.
    octets = os.pread(said, SAID_LIMIT, max(0, os.fstat(said).st_size - SAID_LIMIT)).replace(b"\0", b"")
    text = next((line for line in reversed(octets.split(b"\n")) if line.strip()), b"").decode("ascii", "replace")
    shown = "".join(each if " " <= each <= "~" else "?" for each in text).strip()
    return f": {shown}" if shown else ""

"""Command: ask a program of root's for a password or token, as the service user, before the drop.

The only fork and exec of the helper. After the drop there is none: the program would run with the caller's ids, and the
caller could read its memory.
"""

from __future__ import annotations

import os
import select
import time

from helper.failure import ConfigError
from helper.privileged.load import ROOT, SECRET_LIMIT, Keeper, one_line, refuse_unsafe_file

TIMEOUT_S = 30.0  # a program that asks a key store or a token endpoint; the caller waits for it
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
STDOUT = 1
CHANNEL = 3
SIGKILL = 9  # on every Linux; importing signal would import enum
NOT_EXECUTED = 127
LOOK_S = 0.001  # between one look whether it has ended and the next: with its last word, a program ends at once


def output_of(command: tuple[str, ...], keeper: Keeper = ROOT, timeout_s: float = TIMEOUT_S) -> bytes:
    """Return the only line that a program writes to standard output.

    It runs without a shell, with a constant environment, with nothing on standard input, and without the channel to
    the frontend. ConfigError where others than its keeper can write it, where it cannot be run, fails, or takes too
    long.
    """
    program = command[0]
    refuse_unsafe_file(program, keeper)
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        raise ConfigError(program, f"cannot be run: {error.strerror}") from None
    if child == 0:
        become(command, writing)
    os.close(writing)
    deadline = time.monotonic() + timeout_s
    output = read_until_end(reading, deadline)
    os.close(reading)
    if len(output) > SECRET_LIMIT:
        deadline = 0.0  # what it says and does after that is not waited for
    status = status_of(child, deadline)
    if len(output) > SECRET_LIMIT:
        raise ConfigError(program, f"wrote more than {SECRET_LIMIT} octets")
    if status is None:
        raise ConfigError(program, f"was not finished within {timeout_s:g} s")
    if status != 0:
        raise ConfigError(program, "cannot be executed" if status == NOT_EXECUTED else f"failed with status {status}")
    return one_line(program, output)


def become(command: tuple[str, ...], writing: int) -> None:
    """Execute the program as the service user and nobody else; never return."""
    try:
        os.setpgid(0, 0)  # it can be killed with all that it starts
        group, user = os.getegid(), os.geteuid()
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
        os.dup2(writing, STDOUT)
        os.closerange(CHANNEL, CHANNEL + 1)  # all others are closed by execve: Python opens none without O_CLOEXEC
        os.execve(command[0], command, ENVIRONMENT)
    finally:
        os._exit(NOT_EXECUTED)


def read_until_end(reading: int, deadline: float) -> bytes:
    """Return what the program writes until it closes its output, a little more than the limit at most."""
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    output = b""
    while len(output) <= SECRET_LIMIT and poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        part = os.read(reading, SECRET_LIMIT + 1)
        if not part:
            break
        output += part
    return output


def status_of(child: int, deadline: float) -> int | None:
    """Return the program's exit status; None for one that had to be killed. Who has said all may go on all the same."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= deadline:
            os.killpg(child, SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(LOOK_S)

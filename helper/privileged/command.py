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


def output_of(command: tuple[str, ...], keeper: Keeper = ROOT) -> bytes:
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
    output = read_until_end(reading, child, time.monotonic() + TIMEOUT_S)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if output is None:
        raise ConfigError(program, f"was not finished within {TIMEOUT_S:g} s")
    if status != 0:
        raise ConfigError(program, "cannot be executed" if status == NOT_EXECUTED else f"failed with status {status}")
    if len(output) > SECRET_LIMIT:
        raise ConfigError(program, f"wrote more than {SECRET_LIMIT} octets")
    return one_line(program, output)


def become(command: tuple[str, ...], writing: int) -> None:
    """Execute the program as the service user and nobody else; never return."""
    try:
        group, user = os.getegid(), os.geteuid()
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
        os.dup2(writing, STDOUT)
        os.closerange(CHANNEL, CHANNEL + 1)  # all others are closed by execve: Python opens none without O_CLOEXEC
        os.execve(command[0], command, ENVIRONMENT)
    finally:
        os._exit(NOT_EXECUTED)


def read_until_end(reading: int, child: int, deadline: float) -> bytes | None:
    """Return what the program writes, a little more than the limit at most; None for one that had to be killed."""
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    output = b""
    while len(output) <= SECRET_LIMIT:
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            os.kill(child, SIGKILL)
            return None
        part = os.read(reading, SECRET_LIMIT + 1)
        if not part:
            break
        output += part
    os.close(reading)
    return output

"""Command: ask a program of root's for a password or token, as the service user, before the drop.

The only fork and exec of the helper. After the drop there is none: the program would run with the caller's ids, and the
caller could read its memory.
"""

from __future__ import annotations

import os
import select
import stat
import time

from helper.failure import ConfigError
from helper.privileged import paths
from helper.privileged.begin import account
from helper.privileged.load import (
    OPEN_QUIETLY,
    ROOT,
    SECRET_LIMIT,
    WRITABLE_BY_OTHERS,
    Keeper,
    one_line,
    refuse_unsafe_file,
)

TIMEOUT_S = 30.0  # a program that asks a key store or a token endpoint; the caller waits for it
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
STDOUT = 1
CHANNEL = 3
SIGKILL = 9  # on every Linux; importing signal would import enum
NOT_EXECUTED = 127
INTERPRETERS = 5  # one may be a script itself; the kernel follows no more
LINE_LIMIT = 256  # octets; the kernel looks at no more of a program (BINPRM_BUF_SIZE)
LINKS = 40  # as many as the kernel follows
BLANKS = " \t\n"
LOOK_S = 0.001  # between one look whether it has ended and the next: with its last word, a program ends at once


def output_of(command: tuple[str, ...], keeper: Keeper = ROOT, timeout_s: float = TIMEOUT_S) -> bytes:
    """Return the only line that a program writes to standard output.

    It runs without a shell, with a constant environment, with nothing on standard input, and without the channel to
    the frontend. ConfigError where others than its keeper can write it, where it cannot be run, fails, or takes too
    long.
    """
    program = command[0]
    refuse_unsafe_command(command, keeper)
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


def refuse_unsafe_command(command: tuple[str, ...], keeper: Keeper = ROOT) -> None:
    """Raise ConfigError for a command in which others than its keeper decide what is executed, or what it reads.

    The program, and what its `#!` line names, are the keeper's alone. What a path among the arguments names is the
    keeper's or the service user's, and nobody else can write it: an interpreter may be about to execute it.
    """
    program, *arguments = command
    refuse_unsafe_program(program, keeper)
    for _ in range(INTERPRETERS):
        interpreter, argument = interpreter_of(program)
        if not interpreter:
            break
        if not interpreter.startswith("/"):
            raise ConfigError(program, "names no absolute path in its #! line")
        refuse_unsafe_program(interpreter, keeper)
        program = interpreter
        arguments += [argument, *argument.split()]
    owner = keeper.replace(refuse_writable=refuse_writable_by_strangers) if keeper is ROOT else keeper
    for argument in arguments:
        refuse_unsafe_argument(argument, owner)


def refuse_unsafe_program(program: str, keeper: Keeper) -> None:
    """Raise ConfigError for a program that others than its keeper can write, or exchange under any of its names."""
    refuse_unsafe_file(program, keeper)
    for name in names_of(program):
        refuse_strangers_folders(name, keeper)


def interpreter_of(program: str) -> tuple[str, str]:
    """Return what a `#!` line names (execve(2)): the interpreter, and all the rest as one argument; empty for none."""
    try:
        descriptor = os.open(program, os.O_RDONLY | OPEN_QUIETLY)
    except OSError:
        return "", ""  # no interpreter could read it either
    try:
        line = os.read(descriptor, LINE_LIMIT).partition(b"\n")[0]
    finally:
        os.close(descriptor)
    if not line.startswith(b"#!"):
        return "", ""
    interpreter, _, argument = os.fsdecode(line[2:]).replace("\t", " ").strip().partition(" ")
    return interpreter, argument.strip()


def refuse_unsafe_argument(argument: str, owner: Keeper) -> None:
    """Raise ConfigError for an argument that names what others can write, or could put there.

    It names an absolute path if it is one or has one after `=`. A regular file counts also where it is named from /,
    in which the program runs, or after other words (-f/path, @/path, file:/path).
    """
    value = argument.partition("=")[2]
    before, slash, rest = argument.partition("/")
    if argument.startswith("/") or value.startswith("/"):
        refuse_unsafe_path(argument if argument.startswith("/") else value, owner)
    loosely = [argument, value] + ([slash + rest] if not any(blank in before for blank in BLANKS) else [])
    for word in loosely:
        if os.path.isfile(path := os.path.join("/", word)):
            refuse_unsafe_path(path, owner)


def refuse_unsafe_path(path: str, owner: Keeper) -> None:
    """Raise ConfigError for a file that others can write or exchange, and for one that they could make.

    What is neither a file nor a folder (a socket of an agent's, a device) is nothing that an interpreter executes.
    """
    try:
        status = os.stat(path)
    except OSError:
        status = None
    if status is not None:
        if stat.S_IFMT(status.st_mode) not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFIFO):
            return
        owner.refuse_writable(path, status)
    for name in names_of(path):
        refuse_strangers_folders(name, owner)
    if status is None:
        refuse_where_all_can_make_it(path)


def refuse_where_all_can_make_it(path: str) -> None:
    """Raise ConfigError for a file that is not there, in a folder like /tmp: somebody could make it in time."""
    folder = os.path.dirname(path)
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    if os.stat(folder).st_mode & stat.S_IWOTH:
        raise ConfigError(path, "is not there, and everybody could make it: name a file in a directory of root's")


def names_of(path: str) -> list[str]:
    """Return a path, and every name that the kernel comes by on the way to it: what links lead to, of folders too."""
    names = [path]
    for name in names:  # grows meanwhile
        at = name
        while at != os.path.dirname(at) and len(names) < LINKS:
            if os.path.islink(at):
                names.append(os.path.join(os.path.dirname(at), os.readlink(at)) + name[len(at) :])
            at = os.path.dirname(at)
    return names


def refuse_strangers_folders(path: str, owner: Keeper) -> None:
    """Raise ConfigError for a folder on the way, as far as there is one, in which others can put or exchange things."""
    folder = os.path.dirname(path)
    while folder != os.path.dirname(folder):
        try:
            status = os.stat(folder)
        except OSError:
            pass  # what is above it decides
        else:
            owner.refuse_writable(folder, status)
        folder = os.path.dirname(folder)


def refuse_writable_by_strangers(path: str, status: os.stat_result) -> None:
    """Raise ConfigError for what others than root and the service user can write; a sticky folder is safe (/tmp)."""
    service = account(paths.SERVICE_USER)
    if status.st_uid not in (0, service.pw_uid):
        raise ConfigError(path, f"must belong to root or {service.pw_name}, because a program is given it: chown root")
    by_others = stat.S_IWOTH if status.st_gid == service.pw_gid else WRITABLE_BY_OTHERS
    is_sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    if status.st_mode & by_others and not is_sticky:
        raise ConfigError(path, f"can be written by others than root and {service.pw_name}: chmod go-w")


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

"""Command files: who may write what the command for a password executes, and what it is given to read."""

from __future__ import annotations

import os
import stat

from helper.failure import ConfigError
from helper.privileged import paths
from helper.privileged.accounts import account
from helper.privileged.path_walk import steps
from helper.privileged.protected_files import (
    OPEN_QUIETLY,
    ROOT,
    Owner,
    chown,
    is_writable_by_others,
    refuse_unsafe_file,
)

INTERPRETERS = 5  # one may be a script itself; the kernel follows no more
LINE_LIMIT = 256  # octets; the kernel looks at no more of a program (BINPRM_BUF_SIZE)
BLANKS = " \t\n"


def refuse_unsafe_command(command: tuple[str, ...], owner: Owner = ROOT) -> None:
    """Raise ConfigError for a command in which others than its owner decide what is executed, or what it reads.

    The program, and what its `#!` line names, are the owner's alone. What a path among the arguments names is the
    owner's or the service user's, and nobody else can write it: an interpreter may be about to execute it.
    """
    program, *arguments = command
    refuse_unsafe_file(program, owner)
    for _ in range(INTERPRETERS):
        interpreter, argument = interpreter_of(program)
        if not interpreter:
            break
        if not interpreter.startswith("/"):
            raise ConfigError(program, "has no absolute path in its #! line")
        refuse_unsafe_file(interpreter, owner)
        program = interpreter
        arguments += [argument, *argument.split()]
    owner = owner.replace(refuse_writable=refuse_writable_by_strangers) if owner.is_root else owner
    for argument in arguments:
        refuse_unsafe_argument(argument, owner)


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


def refuse_unsafe_argument(argument: str, owner: Owner) -> None:
    """Raise ConfigError for an argument that names what others can write, or could put there.

    It names an absolute path if it is one, or has one after `=` or after one letter of an option (-I/path). A regular
    file counts also where it is named from /, in which the program runs, or after other words (@/path, file:/path).
    """
    value = argument.partition("=")[2]
    before, slash, rest = argument.partition("/")
    letters = argument[2:] if argument.startswith("-") else ""
    for word in (argument, value, letters):
        if word.startswith("/"):
            refuse_unsafe_path(word, owner)
    loosely = [argument, value] + ([slash + rest] if not any(blank in before for blank in BLANKS) else [])
    for word in loosely:
        if os.path.isfile(path := os.path.join("/", word)):
            refuse_unsafe_path(path, owner)


def refuse_unsafe_path(path: str, owner: Owner) -> None:
    """Raise ConfigError for a file that others can write or exchange, and for one that they could make.

    What is neither a file nor a directory (a socket of an agent's, a device) is nothing that an interpreter executes.
    """
    try:
        itself = os.stat(path)
    except OSError:
        itself = None
    if itself is not None:
        if stat.S_IFMT(itself.st_mode) not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFIFO):
            return
        owner.refuse_writable(path, itself)
    try:
        for place, status in steps(path):
            owner.refuse_writable(place, status)
    except OSError:
        pass  # the way ends here: what is above decides
    if itself is None:
        refuse_where_all_can_make_it(path)


def refuse_where_all_can_make_it(path: str) -> None:
    """Raise ConfigError for a file that is not there, in a directory like /tmp: somebody could make it in time."""
    directory = os.path.dirname(path)
    while not os.path.exists(directory):
        directory = os.path.dirname(directory)
    if os.stat(directory).st_mode & stat.S_IWOTH:
        raise ConfigError(path, "is not there, and everybody could make it: name a file in a directory of root's")


def refuse_writable_by_strangers(path: str, status: os.stat_result) -> None:
    """Raise ConfigError for what others than root and the service user can write."""
    service = account(paths.SERVICE_USER)
    name = service.pw_name
    if status.st_uid not in (0, service.pw_uid):
        raise ConfigError(path, f"must belong to root or {name}, because a program is given it: {chown(status)} root")
    is_service_groups = status.st_gid == service.pw_gid and not status.st_mode & stat.S_IWOTH
    if is_writable_by_others(status) and not is_service_groups:
        raise ConfigError(path, f"can be written by others than root and {name}: chmod go-w")

"""Command files: check who can write what a password_command executes and reads."""

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

INTERPRETERS = 5  # an interpreter may be a script itself; the kernel follows no more than this
LINE_LIMIT = 256  # octets; the kernel reads no more of a program (BINPRM_BUF_SIZE)
BLANKS = " \t\n"


def refuse_unsafe_command(command: tuple[str, ...], owner: Owner = ROOT) -> None:
    """Raise ConfigError if others than the owner can change what a command executes or reads.

    The program, and what its `#!` line names, must belong to the owner alone. A file among the arguments must belong to
    the owner or the service user, and nobody else may be able to write it: an interpreter might execute it.
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
    """Return the interpreter of a `#!` line, and the rest of the line as one argument (execve(2)); empty if none."""
    try:
        descriptor = os.open(program, os.O_RDONLY | OPEN_QUIETLY)
    except OSError:
        return "", ""  # an interpreter could not read it either
    try:
        line = os.read(descriptor, LINE_LIMIT).partition(b"\n")[0]
    finally:
        os.close(descriptor)
    if not line.startswith(b"#!"):
        return "", ""
    interpreter, _, argument = os.fsdecode(line[2:]).replace("\t", " ").strip().partition(" ")
    return interpreter, argument.strip()


def refuse_unsafe_argument(argument: str, owner: Owner) -> None:
    """Raise ConfigError for an argument that names a file that others can write or create.

    An absolute path counts by itself, after `=`, and after the letter of an option (-I/path). A regular file counts
    also relative to /, where the program runs, and after other text (@/path, file:/path).
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
    """Raise ConfigError for a file that others can write, exchange or create.

    An interpreter executes only files and directories, so others (an agent's socket, a device) are allowed.
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
        pass  # the path ends here: the directories above decide
    if itself is None:
        refuse_where_all_can_make_it(path)


def refuse_where_all_can_make_it(path: str) -> None:
    """Raise ConfigError for a missing file in a directory like /tmp, because anybody could create it."""
    directory = os.path.dirname(path)
    while not os.path.exists(directory):
        directory = os.path.dirname(directory)
    if os.stat(directory).st_mode & stat.S_IWOTH:
        raise ConfigError(
            path, "does not exist, and every user could create it: name a file in a directory that only root can write"
        )


def refuse_writable_by_strangers(path: str, status: os.stat_result) -> None:
    """Raise ConfigError for a file or directory that others than root and the service user can write."""
    service = account(paths.SERVICE_USER)
    name = service.pw_name
    if status.st_uid not in (0, service.pw_uid):
        raise ConfigError(
            path, f"must belong to root or {name}, because it is an argument of a command: {chown(status)} root"
        )
    is_service_groups = status.st_gid == service.pw_gid and not status.st_mode & stat.S_IWOTH
    if is_writable_by_others(status) and not is_service_groups:
        raise ConfigError(path, f"can be written by users other than root and {name}: chmod go-w")

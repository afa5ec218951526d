"""Landlock: rights to files, ports and signals that a process gives up for good (landlock(7)).

What a kernel knows is told by its ABI: 1 files (Linux 5.13), 3 truncating (6.2), 4 TCP (6.7), 6 signals and abstract
sockets (6.12). Not covered by any: what is open already, UDP, sockets with a path, modes and owners.
"""

from __future__ import annotations

import posix as os
import stat
import sys

from helper.privileged.kernel import call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# linux/landlock.h; the numbers are the same on all processors that Gatepost is built for.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
TELL_ABI = 1
PATH_BENEATH, NET_PORT = 1, 2
READ_FILE, READ_DIRECTORY = 1 << 2, 1 << 3
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
ABSTRACT_SOCKETS, SIGNALS = 1 << 0, 1 << 1

FIRST_WITH_TCP, FIRST_WITH_SCOPES = 4, 6
# How many rights to files the first ABIs know: from 2 moving between directories, from 3 truncating, from 5 ioctl.
FILE_RIGHTS = (0, 13, 14, 15, 15, 16)
ANY_PORT = 0  # to bind(2): one that the kernel chooses


def abi() -> int:
    """Return the newest ABI that the kernel knows, 0 if there is no Landlock."""
    try:
        return call(CREATE_RULESET, 0, 0, TELL_ABI)
    except OSError:
        return 0


def leave_only_reading(known: int, ports: Collection[int] | None, *, may_bind: bool) -> None:
    """Give up all rights to files but reading, TCP but to these ports, and signals and abstract sockets of others.

    Where `ports` is None, TCP goes to any. OSError if the kernel, which knows this ABI, refuses.
    """
    files = (1 << FILE_RIGHTS[min(known, len(FILE_RIGHTS) - 1)]) - 1
    network = BIND_TCP | (CONNECT_TCP if ports is not None else 0)
    scopes = ABSTRACT_SOCKETS | SIGNALS
    ruleset = create(files, network if known >= FIRST_WITH_TCP else 0, scopes if known >= FIRST_WITH_SCOPES else 0)
    allow_reading(ruleset, "/")
    if known >= FIRST_WITH_TCP:
        for port in ports or ():
            allow_port(ruleset, CONNECT_TCP, port)
        if may_bind:
            allow_port(ruleset, BIND_TCP, ANY_PORT)
    enforce(ruleset)


def leave_only_reading_of(paths: Iterable[str]) -> None:
    """Give up reading, except these files and the content of these directories; missing ones are ignored."""
    ruleset = create(READ_FILE | READ_DIRECTORY, 0, 0)
    for path in paths:
        allow_reading(ruleset, path)
    enforce(ruleset)


def create(files: int, network: int, scopes: int) -> int:
    """Return a ruleset that gives up these rights."""
    fields = [files, network, scopes]
    while not fields[-1]:  # an older kernel knows only the beginning of the struct
        fields.pop()
    attributes = b"".join(word(field) for field in fields)
    return call(CREATE_RULESET, attributes, len(attributes), 0)


def allow_reading(ruleset: int, path: str) -> None:
    """Keep the right to read a file, or everything in a directory."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rights = READ_FILE | READ_DIRECTORY if is_directory else READ_FILE
        call(ADD_RULE, ruleset, PATH_BENEATH, word(rights) + descriptor.to_bytes(4, sys.byteorder), 0)
    finally:
        os.close(descriptor)


def allow_port(ruleset: int, right: int, port: int) -> None:
    """Keep a right to a port of TCP."""
    call(ADD_RULE, ruleset, NET_PORT, word(right) + word(port), 0)


def enforce(ruleset: int) -> None:
    """Enforce the ruleset on this process until it ends."""
    try:
        call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def word(number: int) -> bytes:
    """Return 64 bits as they stand in a struct."""
    return number.to_bytes(8, sys.byteorder)

"""Standard input into a sealed memory file, moved by the kernel where the kind of input allows it."""

from __future__ import annotations

import errno
import fcntl
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Move = Callable[[int, int], int]  # target and most octets to how many were moved, 0 at the end

STDIN = 0
PART_OCTETS = 1024 * 1024
NO_EXEC_SEAL = 0x0008  # MFD_NOEXEC_SEAL: where vm.memfd_noexec is 2, no other memory file can be made
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def memory_file(limit: int, dot_ends: bool) -> int:
    """Return a sealed memory file with what stands on standard input, from its current offset to its end.

    At most one octet more than `limit` is taken (0: no limit), which is enough to see that it is exceeded. With
    `dot_ends`, a line with a lone dot ends a message that is typed at a terminal. OSError where the kernel refuses.
    """
    memory = create()
    if dot_ends and os.isatty(STDIN):
        copy_lines(memory)
    else:
        copy(memory, limit + 1 if limit else None)
    seal(memory)
    return memory


def create() -> int:
    """Return a new memory file that can be sealed (memfd_create(2))."""
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        return os.memfd_create("message", flags | NO_EXEC_SEAL)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a kernel older than 6.3 does not know the flag
            raise
    return os.memfd_create("message", flags)


def seal(memory: int) -> None:
    """Let nobody change a memory file any more (fcntl(2))."""
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, SEALS)


def copy(memory: int, most: int | None) -> None:
    """Move standard input to the memory file: all of it, or so many octets."""
    move = way_to_move()
    moved = 0
    while most is None or moved < most:
        wanted = PART_OCTETS if most is None else min(PART_OCTETS, most - moved)
        try:
            count = move(memory, wanted)
        except OSError as error:
            # Some file systems and devices know no splice; whatever was moved before stays where it is.
            if move is read_and_write or error.errno not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
            move = read_and_write
            continue
        if not count:
            return
        moved += count


def way_to_move() -> Move:
    """Return the kernel's way to move this kind of input: no octet passes through us."""
    mode = os.fstat(STDIN).st_mode
    if stat.S_ISFIFO(mode):
        return splice
    if stat.S_ISREG(mode):
        return sendfile
    return read_and_write


def splice(memory: int, most: int) -> int:
    """Move octets from a pipe (splice(2))."""
    return os.splice(STDIN, memory, most)


def sendfile(memory: int, most: int) -> int:
    """Move octets from a file, from its offset on (sendfile(2))."""
    return os.sendfile(memory, STDIN, None, most)


def read_and_write(memory: int, most: int) -> int:
    """Move octets from anything that can be read: a terminal, a socket, a device."""
    octets = os.read(STDIN, most)
    write_all(memory, octets)
    return len(octets)


def copy_lines(memory: int) -> None:
    """Copy what is typed, up to a line with a lone dot or the end of input."""
    for line in lines():
        if line in (b".\n", b"."):
            return
        write_all(memory, line)


def lines() -> Iterator[bytes]:
    """Return the lines of standard input; a terminal gives one at a time, but need not."""
    rest = b""
    while octets := os.read(STDIN, PART_OCTETS):
        *complete, rest = (rest + octets).split(b"\n")
        yield from (line + b"\n" for line in complete)
    if rest:
        yield rest


def write_all(target: int, octets: bytes) -> None:
    """Write all octets."""
    while octets:
        octets = octets[os.write(target, octets) :]


def drain() -> None:
    """Read a pipe to its end, so that a failure of ours does not kill the program that writes into it (SIGPIPE)."""
    if stat.S_ISFIFO(os.fstat(STDIN).st_mode):
        while os.read(STDIN, PART_OCTETS):
            pass

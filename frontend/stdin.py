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
TYPED_OCTETS = 4096  # a terminal gives one line at a time, and no longer one (termios(3), "Canonical mode")
DRAIN_PART_OCTETS = 64 * 1024
DRAINED_OCTETS = 256 * 1024 * 1024  # who has more to say than any message has never ends
UNLIMITED = 1 << 62
POLL_IN = 0x001  # poll(2)
POLL_OUT = 0x004
POLL_HANG_UP = 0x010
NO_EXEC_SEAL = 0x0008  # MFD_NOEXEC_SEAL: where vm.memfd_noexec is 2, no other memory file can be made
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def memory_file(limit: int, dot_ends: bool) -> int:
    """Return a sealed memory file with what stands on standard input, from its current offset to its end.

    At most one octet more than `limit` is taken (0: no limit), which is enough to see that it is exceeded. With
    `dot_ends`, a line with a lone dot ends a message that is typed at a terminal. OSError where the kernel refuses.
    """
    memory = create()
    most = limit + 1 if limit else UNLIMITED
    if dot_ends and os.isatty(STDIN):
        copy_typed(memory, most)
    else:
        copy(memory, most)
    refuse_hung_up()
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


def refuse_hung_up() -> None:
    """Raise OSError for a terminal that was hung up: that it gives no more is no end of a message.

    Who is waiting for it is told so by read(2), but who comes later reads an end of file, and isatty(3) says no.
    """
    if not stat.S_ISCHR(os.fstat(STDIN).st_mode):
        return
    import select  # few messages come from a device

    poll = select.poll()
    poll.register(STDIN, 0)
    if any(events & POLL_HANG_UP for _, events in poll.poll(0)):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def copy(memory: int, most: int) -> None:
    """Move standard input to the memory file, at most so many octets."""
    move = way_to_move()
    moved = 0
    while moved < most:
        try:
            count = move(memory, min(PART_OCTETS, most - moved))
        except BlockingIOError:
            wait(STDIN, POLL_IN)
            continue
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


def copy_typed(memory: int, most: int) -> None:
    """Copy what is typed, up to a line with a lone dot or the end of input, at most so many octets."""
    for octets in until_lone_dot(iter(read_typed, b"")):
        write_all(memory, octets[:most])
        most -= len(octets)
        if most <= 0:
            return


def read_typed() -> bytes:
    """Return what is typed next, nothing at the end of input."""
    return read(TYPED_OCTETS)


def until_lone_dot(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Return what stands before a line with a lone dot, however the text and its lines are cut into parts."""
    at_line_start, held = True, b""
    for part in parts:
        text, held = held + part, b""
        if at_line_start and text.startswith(b".\n"):
            return
        if (end := text.find(b"\n.\n")) >= 0:
            yield text[: end + 1]
            return
        if text.endswith(b"\n.") or (at_line_start and text == b"."):
            text, held = text[:-1], b"."  # the next part tells what it is; without one it was the end
        if text:
            at_line_start = text.endswith(b"\n")
            yield text


def read(most: int) -> bytes:
    """Read what comes next on standard input, nothing at its end."""
    while True:
        try:
            return os.read(STDIN, most)
        except BlockingIOError:
            wait(STDIN, POLL_IN)


def write_all(target: int, octets: bytes) -> None:
    """Write all octets."""
    while octets:
        try:
            octets = octets[os.write(target, octets) :]
        except BlockingIOError:
            wait(target, POLL_OUT)


def wait(descriptor: int, event: int) -> None:
    """Wait until a descriptor that some other program has made non-blocking can be read or written again.

    The flag belongs to the open file (fcntl(2)), which we share with that program: it is not ours to take away.
    """
    import select  # few callers leave it so: ssh, programs of an event loop

    poll = select.poll()
    poll.register(descriptor, event)
    poll.poll()


def drain() -> None:
    """Read a pipe or socket to its end, so that a failure of ours does not kill the program that writes into it.

    It would get SIGPIPE, and be what its own caller complains of. Nothing that goes wrong here changes the outcome.
    """
    try:
        mode, drained = os.fstat(STDIN).st_mode, 0
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            while drained < DRAINED_OCTETS and (octets := read(DRAIN_PART_OCTETS)):
                drained += len(octets)
    except (OSError, MemoryError):
        return

"""The message of a frontend that may lie, checked before anything is made of it; and what a session has collected."""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from helper.failure import WireError
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mmap import mmap

# A copy of what is not more than this costs less than to load what maps it.
COPIED_OCTETS = 128 * 1024
ALL_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class Message(Record):
    """What the caller gave on standard input; `octets` are cut at the limit, `size_octets` is the whole."""

    octets: bytes | mmap
    size_octets: int

    def release(self) -> None:
        """Give the memory back now: a failure's traceback could keep it, and a session has many messages."""
        if not isinstance(self.octets, bytes):
            self.octets.close()


def open_message(descriptor: int, size_limit: int | None) -> Message:
    """Return the content of the memory file that the frontend gave: a large one's is mapped, read-only; close it.

    WireError where it is no memory file, or one that could still be changed while we read it: only sealed contents
    are the same at each look (memfd_create(2), fcntl(2); threat G1). A terabyte of nothing costs its sender nothing
    (threat G2), so no more is read than the limit, in octets, and one that shows that it is exceeded. MemoryError
    where it does not fit into the caller's address space.
    """
    try:
        refuse_unsealed(descriptor)
        return content(descriptor, size_limit)
    finally:
        os.close(descriptor)


def refuse_unsealed(descriptor: int) -> None:
    """Raise WireError for what is no memory file, or one that could still change."""
    try:
        seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
        status = os.fstat(descriptor)
    except OSError:
        raise WireError("the message is not a memory file") from None
    if not stat.S_ISREG(status.st_mode) or seals & ALL_SEALS != ALL_SEALS:
        raise WireError("the message is not a sealed memory file")


def content(descriptor: int, size_limit: int | None) -> Message:
    """Return what a memory file holds that nobody else can change."""
    size = os.fstat(descriptor).st_size
    length = size if size_limit is None else min(size, size_limit + 1)
    try:
        octets = os.pread(descriptor, length, 0) if length <= COPIED_OCTETS else mapped(descriptor, length)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:  # a limit of the caller's, and no lie
            raise MemoryError from None
        raise WireError("the message cannot be read") from None
    return Message(octets, size)


def mapped(descriptor: int, length: int) -> mmap:
    """Return a memory file as memory of ours, which it stays when its descriptor is closed."""
    import mmap

    return mmap.mmap(descriptor, length, mmap.MAP_SHARED, mmap.PROT_READ)

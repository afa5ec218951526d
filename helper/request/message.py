"""The message, from a frontend that may lie (so it is checked first) or from a session."""

from __future__ import annotations

import errno
import fcntl
import posix as os
import stat

from helper.failure import WireError
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mmap import mmap

# Up to this size, copying the message costs less than loading the mmap module.
COPIED_OCTETS = 128 * 1024
ALL_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class Message(Record):
    """The caller's message. `octets` may be cut off at the limit, `size_octets` counts all of it."""

    octets: bytes | mmap
    size_octets: int

    def release(self) -> None:
        """Free the memory now. A failure's traceback could keep it, and a session may have many messages."""
        if not isinstance(self.octets, bytes):
            self.octets.close()


def open_message(descriptor: int, size_limit: int | None) -> Message:
    """Return the content of the frontend's memory file, and close the descriptor. A large file is mapped read-only.

    WireError if it is not a memory file, or not sealed: an unsealed file can change while it is read (memfd_create(2),
    fcntl(2); threat G1). At most `size_limit` and one octet are read, because a sparse file of a terabyte costs
    its sender nothing (threat G2). MemoryError if the content does not fit into the caller's address space.
    """
    try:
        refuse_unsealed(descriptor)
        return content(descriptor, size_limit)
    finally:
        os.close(descriptor)


def refuse_unsealed(descriptor: int) -> None:
    """Raise WireError if this is not a memory file, or not sealed."""
    try:
        seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
        status = os.fstat(descriptor)
    except OSError:
        raise WireError("the message is not a memory file") from None
    if not stat.S_ISREG(status.st_mode) or seals & ALL_SEALS != ALL_SEALS:
        raise WireError("the message is not a sealed memory file")


def content(descriptor: int, size_limit: int | None) -> Message:
    """Return the content of a sealed memory file."""
    size = os.fstat(descriptor).st_size
    length = size if size_limit is None else min(size, size_limit + 1)
    try:
        octets = os.pread(descriptor, length, 0) if length <= COPIED_OCTETS else mapped(descriptor, length)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:  # the caller's limit (ulimit -v), not a lie
            raise MemoryError from None
        raise WireError("the message cannot be read") from None
    return Message(octets, size)


def mapped(descriptor: int, length: int) -> mmap:
    """Map a memory file. The mapping stays when the descriptor is closed."""
    import mmap

    return mmap.mmap(descriptor, length, mmap.MAP_SHARED, mmap.PROT_READ)

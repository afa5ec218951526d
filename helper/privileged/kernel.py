"""Kernel: system calls that Python has no function for.

By `_ctypes`, what the module ctypes is made of: that one takes six times as long to import, and allocates memory that
can be written and executed, for callbacks that nobody here wants.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

try:
    import _ctypes
except ImportError:  # an interpreter of the caller's own that was built without libffi
    CAN_CALL = False
else:
    CAN_CALL = True

    # Generic to the type checker alone: at run time these classes take no parameter.
    class Long(_ctypes._SimpleCData):  # type: ignore[type-arg]
        """A C long, as syscall(2) wants its arguments and gives its result."""

        _type_ = "l"

    class Octet(_ctypes._SimpleCData):  # type: ignore[type-arg]
        """One octet of memory."""

        _type_ = "c"

    class SystemCall(_ctypes.CFuncPtr):
        """The C library's syscall(2)."""

        _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
        _restype_ = Long


class Memory:
    """Octets at an address that the kernel can be told, for as long as this lives."""

    def __init__(self, octets: bytes) -> None:
        kind: Any = type("Octets", (_ctypes.Array,), {"_type_": Octet, "_length_": len(octets)})
        self._octets = kind.from_buffer_copy(octets)
        self.size_octets = len(octets)

    @property
    def pointer(self) -> bytes:
        """Return the address as it stands in a struct."""
        return _ctypes.addressof(self._octets).to_bytes(8, sys.byteorder)


def call(number: int, *arguments: int | bytes) -> int:
    """Return the result of a system call; octets are given by their address. OSError where the kernel refuses.

    Where there is no way to call, it is as if the kernel did not know the number (ENOSYS).
    """
    if not CAN_CALL:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    # An address is one of the ways to make a function, which the type checker does not know.
    syscall = SystemCall(_ctypes.dlsym(_ctypes.dlopen(None, 0), "syscall"))  # type: ignore[arg-type]
    result: int = syscall(Long(number), *(each if isinstance(each, bytes) else Long(each) for each in arguments))
    if result == -1:
        number = _ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result

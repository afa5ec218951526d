"""Kernel: system calls that Python has no function for.

By `_ctypes`, what the module ctypes is made of: that one takes six times as long to import, and allocates memory that
can be written and executed, for callbacks that nobody here wants.
"""

from __future__ import annotations

import _ctypes
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# Generic to the type checker alone: at run time these classes take no parameter.
class Long(_ctypes._SimpleCData):  # type: ignore[type-arg]
    """A C long, as syscall(2) wants its arguments and gives its result."""

    _type_ = "l"


class Int(_ctypes._SimpleCData):  # type: ignore[type-arg]
    """A C int, as the C library's other functions give their results."""

    _type_ = "i"


class Octet(_ctypes._SimpleCData):  # type: ignore[type-arg]
    """One octet of memory."""

    _type_ = "c"


class SystemCall(_ctypes.CFuncPtr):
    """The C library's syscall(2)."""

    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = Long


class Function(_ctypes.CFuncPtr):
    """One of the C library's functions that give an int, -1 for an error."""

    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = Int


class Memory:
    """Octets at an address that the kernel can be told, for as long as this lives."""

    def __init__(self, octets: bytes) -> None:
        kind: Any = type("Octets", (_ctypes.Array,), {"_type_": Octet, "_length_": len(octets)})
        self._octets = kind.from_buffer_copy(octets)
        self.size_octets = len(octets)

    @property
    def address(self) -> int:
        """Return the address."""
        return _ctypes.addressof(self._octets)

    @property
    def pointer(self) -> bytes:
        """Return the address as it stands in a struct."""
        return self.address.to_bytes(8, sys.byteorder)

    @property
    def octets(self) -> bytes:
        """Return what stands there now."""
        return bytes(self._octets)


def call(number: int, *arguments: int | bytes) -> int:
    """Return the result of a system call; octets are given by their address. OSError where the kernel refuses."""
    return result_of(SystemCall(address_of("syscall")), Long(number), *map(argument, arguments))


def call_function(name: str, *arguments: int | bytes) -> int:
    """Return the result of a function of the C library's, as call() does; it knows the number on every processor."""
    return result_of(Function(address_of(name)), *map(argument, arguments))


def address_of(name: str) -> Any:
    """Return where a function of the C library is."""
    program: Any = None  # this one, which the type checker does not know as a name
    return _ctypes.dlsym(_ctypes.dlopen(program, 0), name)


def argument(value: int | bytes) -> Any:
    """Return a value as a function of C wants it."""
    return value if isinstance(value, bytes) else Long(value)


def result_of(function: Any, *arguments: Any) -> int:
    """Call a function, and raise OSError for -1."""
    result: int = function(*arguments)
    if result == -1:
        number = _ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result

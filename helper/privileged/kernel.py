"""Kernel: system calls that Python has no function for.

`_ctypes` is the C half of ctypes. Importing ctypes itself takes six times as long, and allocates writable and
executable memory for callbacks, which are not needed here.
"""

from __future__ import annotations

import _ctypes
import posix as os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# Only the type checker sees these classes as generic. At run time they take no parameter.
class Long(_ctypes._SimpleCData):  # type: ignore[type-arg]
    """A C long: the arguments and the result of syscall(2)."""

    _type_ = "l"


class Int(_ctypes._SimpleCData):  # type: ignore[type-arg]
    """A C int: the result of other functions of the C library."""

    _type_ = "i"


class Octet(_ctypes._SimpleCData):  # type: ignore[type-arg]
    """One octet of memory."""

    _type_ = "c"


class SystemCall(_ctypes.CFuncPtr):
    """The C library's syscall(2)."""

    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = Long


class Function(_ctypes.CFuncPtr):
    """A function of the C library that returns an int, -1 for an error."""

    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = Int


class Memory:
    """Octets at a fixed address, which is valid as long as this object lives."""

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
        """Return the address as a pointer in a C struct."""
        return self.address.to_bytes(8, sys.byteorder)

    @property
    def octets(self) -> bytes:
        """Return the octets that are there now."""
        return bytes(self._octets)


def call(number: int, *arguments: int | bytes) -> int:
    """Return the result of a system call. Octets are passed by address. OSError if the kernel refuses."""
    return result_of(SystemCall(address_of("syscall")), Long(number), *map(argument, arguments))


def call_function(name: str, *arguments: int | bytes) -> int:
    """Return the result of a C library function, as call() does. The library knows the number on every architecture."""
    return result_of(Function(address_of(name)), *map(argument, arguments))


def address_of(name: str) -> Any:
    """Return the address of a function of the C library."""
    program: Any = None  # None means this program; the type checker expects a name
    return _ctypes.dlsym(_ctypes.dlopen(program, 0), name)


def argument(value: int | bytes) -> Any:
    """Return a value as an argument of a C function."""
    return value if isinstance(value, bytes) else Long(value)


def result_of(function: Any, *arguments: Any) -> int:
    """Call a function, and raise OSError for -1."""
    result: int = function(*arguments)
    if result == -1:
        number = _ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result

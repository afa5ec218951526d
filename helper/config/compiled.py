"""The configuration compiled: what `gatepost check` leaves beside gatepost.toml, so that sends need not parse TOML.

It holds, whole, what it was made from: the octets of the file and what the machine said. It is used where all of that
is exactly what is found now, and ignored otherwise: it can make a send faster, never different.
"""

from __future__ import annotations

import binascii
import marshal
import sys

from helper.config.values import Authentication, Configuration, Host, Policy, Router, ThisHost, Transport
from helper.record import Record
from helper.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHECKSUM_OCTETS = 4
RECORDS = {record.__name__: record for record in (Authentication, Configuration, Host, Policy, Router, Transport)}


def compile_configuration(configuration: Configuration, source: bytes, machine: ThisHost) -> bytes:
    """Return the octets of the compiled copy of a configuration that these octets and this machine gave."""
    whole: Any = (origin(source, machine), packed(configuration))
    octets = marshal.dumps(whole)
    return checksum(octets) + octets


def compiled_configuration(octets: bytes, source: bytes, machine: ThisHost) -> Configuration | None:
    """Return what a compiled copy holds, None where it is of another file, machine or version, or no copy at all.

    The octets come from a file that root alone can write, like the compiled modules of the program itself.
    """
    head, octets = octets[:CHECKSUM_OCTETS], octets[CHECKSUM_OCTETS:]
    if head != checksum(octets):  # marshal must not be given what it did not write: it can run wild
        return None
    try:
        made_from, content = marshal.loads(octets)
        if made_from != origin(source, machine):
            return None
        configuration = unpacked(content)
    except (ValueError, TypeError, EOFError, KeyError, AttributeError):
        return None
    return configuration if isinstance(configuration, Configuration) else None


def checksum(octets: bytes) -> bytes:
    """Return what tells a whole copy from a damaged one. Nobody but root could forge it."""
    return binascii.crc32(octets).to_bytes(CHECKSUM_OCTETS, "big")


def origin(source: bytes, machine: ThisHost) -> tuple[object, ...]:
    """Return everything that the values of a configuration depend on."""
    return VERSION, sys.hexversion, source, machine.host_name, machine.mailname, machine.has_aliases


def packed(value: Any) -> Any:
    """Return a value with its Records as tuples of their class's name and their fields."""
    if isinstance(value, Record):
        return type(value).__name__, {name: packed(field) for name, field in vars(value).items()}
    return ("", tuple(map(packed, value))) if isinstance(value, tuple) else value


def unpacked(value: Any) -> Any:
    """Return the value that was packed so."""
    if not isinstance(value, tuple):
        return value
    name, content = value
    if not name:
        return tuple(map(unpacked, content))
    return RECORDS[name](**{field: unpacked(packed_field) for field, packed_field in content.items()})

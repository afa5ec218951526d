"""The compiled configuration: `gatepost check` writes it beside gatepost.toml, so that sends need not parse TOML.

It holds, whole, what it was made from: the octets of the file and what the machine said. It is used where all of that
is exactly what is found now, and ignored otherwise: it can make a send faster, never different.
"""

from __future__ import annotations

import marshal

from helper.config.values import Authentication, Configuration, Host, Policy, Router, Transport, needs_of
from helper.privileged.compiled_copy import checksum, origin
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from helper.privileged.compiled_copy import Facts

RECORDS = {record.__name__: record for record in (Authentication, Configuration, Host, Policy, Router, Transport)}


def compile_configuration(configuration: Configuration, source: bytes, machine: Facts) -> bytes:
    """Return the octets of the compiled copy of a configuration that these octets and this machine gave."""
    whole: Any = (origin(source, machine), needs_of(configuration), packed(configuration))
    octets = marshal.dumps(whole)
    return checksum(octets) + octets


def unpacked_configuration(values: Any) -> Configuration | None:
    """Return the configuration that was packed so; None for values of which this version makes none."""
    try:
        configuration = unpacked(values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return configuration if isinstance(configuration, Configuration) else None


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

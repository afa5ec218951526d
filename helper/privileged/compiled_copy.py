"""The compiled copy of the configuration: check that it is whole and still up to date (config/compiled.py makes it)."""

from __future__ import annotations

import binascii
import marshal
import sys

from helper.privileged.paths import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Facts = tuple[bytes, bytes, bool]  # of the machine: its full name, /etc/mailname, whether /etc/aliases exists

CHECKSUM_OCTETS = 4
NEEDS = 4  # the fields of acquire.Needs


def content_of(octets: bytes, source: bytes, machine: Facts) -> tuple[Any, Any] | None:
    """Return the needs and the configuration as plain values, None if the copy was made from anything else.

    The octets come from a file that only root can write, like the compiled modules of the program.
    """
    head, octets = octets[:CHECKSUM_OCTETS], octets[CHECKSUM_OCTETS:]
    if head != checksum(octets):  # marshal is unsafe with octets that it did not write
        return None
    try:
        made_from, needs, configuration = marshal.loads(octets)
    except (ValueError, TypeError, EOFError):
        return None
    is_whole = isinstance(needs, tuple) and len(needs) == NEEDS
    return (needs, configuration) if is_whole and made_from == origin(source, machine) else None


def checksum(octets: bytes) -> bytes:
    """Return a checksum that detects a damaged copy. Only root could forge one."""
    return binascii.crc32(octets).to_bytes(CHECKSUM_OCTETS, "big")


def origin(source: bytes, machine: Facts) -> tuple[object, ...]:
    """Return everything that the values of a configuration depend on."""
    return VERSION, sys.hexversion, source, machine

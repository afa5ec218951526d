"""The compiled copy of the configuration: is it whole, and made from exactly what is found now? (config/compiled.py)"""

from __future__ import annotations

import binascii
import marshal
import sys

from helper.privileged.paths import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Facts = tuple[bytes, bytes, bool]  # of the machine: its full name, /etc/mailname, whether there are /etc/aliases

CHECKSUM_OCTETS = 4
NEEDS = 4  # the fields of acquire.Needs


def content_of(octets: bytes, source: bytes, machine: Facts) -> tuple[Any, Any] | None:
    """Return what has to be opened, and the configuration as plain values; None for a copy of anything else.

    The octets come from a file that root alone can write, like the compiled modules of the program itself.
    """
    head, octets = octets[:CHECKSUM_OCTETS], octets[CHECKSUM_OCTETS:]
    if head != checksum(octets):  # marshal must not be given what it did not write: it can run wild
        return None
    try:
        made_from, needs, configuration = marshal.loads(octets)
    except (ValueError, TypeError, EOFError):
        return None
    is_whole = isinstance(needs, tuple) and len(needs) == NEEDS
    return (needs, configuration) if is_whole and made_from == origin(source, machine) else None


def checksum(octets: bytes) -> bytes:
    """Return what tells a whole copy from a damaged one. Nobody but root could forge it."""
    return binascii.crc32(octets).to_bytes(CHECKSUM_OCTETS, "big")


def origin(source: bytes, machine: Facts) -> tuple[object, ...]:
    """Return everything that the values of a configuration depend on."""
    return VERSION, sys.hexversion, source, machine

"""A password or token that cannot be shown by accident."""

from __future__ import annotations


class Secret:
    """Hold a secret in memory that is overwritten by forget(); repr, str and exceptions never show it.

    Only the octets held here are overwritten: what reveal() gave out is the receiver's to keep short-lived. `expires`
    is the time from which on it is worth nothing, such as 2026-11-28T12:00:00Z, empty if nobody has said one;
    `source` is the file that says so.
    """

    __slots__ = ("_octets", "expires", "source")

    def __init__(self, octets: bytes, source: str = "", expires: str = "") -> None:
        self._octets = bytearray(octets)
        self.source = source
        self.expires = expires

    def reveal(self) -> bytes:
        """Return the secret's octets; empty after forget()."""
        return bytes(self._octets)

    def forget(self) -> None:
        """Overwrite the secret."""
        self._octets[:] = bytes(len(self._octets))
        self._octets.clear()

    def __repr__(self) -> str:
        return "<secret>"

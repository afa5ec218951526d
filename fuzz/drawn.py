"""Drawn: choices and numbers out of the octets of an input, for harnesses that need more than one text."""

from __future__ import annotations

from typing import TypeVar

Choice = TypeVar("Choice")

PIECES_LIMIT = 99


class Drawn:
    """An input that is used up: numbers from its end, texts from its beginning; used up, it gives 0 and nothing."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._start = 0
        self._end = len(octets)

    @property
    def octets(self) -> bytes:
        """What is left."""
        return self._octets[self._start : self._end]

    def number(self, limit: int) -> int:
        """Return a number below a limit of at most 65536."""
        start = max(self._start, self._end - (1 if limit <= 256 else 2))
        drawn, self._end = self._octets[start : self._end], start
        return int.from_bytes(drawn, "big") % limit

    def is_so(self) -> bool:
        """Return yes or no."""
        return self.number(2) == 1

    def choice(self, choices: tuple[Choice, ...]) -> Choice:
        """Return one of these."""
        return choices[self.number(len(choices))]

    def text(self, stop: bytes = b"\0") -> bytes:
        """Return what stands before the next stop, or all there is."""
        found = self._octets.find(stop, self._start, self._end)
        start, end = self._start, self._end if found < 0 else found
        self._start = min(self._end, end + len(stop))
        return self._octets[start:end]

    def pieces(self, octets: bytes, limit: int = 8) -> list[bytes]:
        """Return octets cut into pieces no longer than a limit, but for the last one: they are at most a hundred."""
        found: list[bytes] = []
        at = 0
        while at < len(octets):
            size = self.number(limit) + 1 if self._start < self._end and len(found) < PIECES_LIMIT else len(octets)
            found.append(octets[at : at + size])
            at += size
        return found

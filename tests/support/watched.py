"""Octets that note how they are searched, where that is slow."""

from __future__ import annotations

from typing import ClassVar


class Watched(bytes):
    """Notes each search for more than one octet, and what counts or cuts; what is made of it notes as well."""

    slow: ClassVar[list[tuple[str, bytes]]] = []

    def __bytes__(self):
        return self

    def __getitem__(self, place):
        return watched(super().__getitem__(place))

    def __radd__(self, before):
        return Watched(before + memoryview(self))

    def __contains__(self, octets):
        self.note("in", octets)
        return super().__contains__(octets)

    def note(self, search, octets):
        if len(octets) > 1 or search in ("count", "split", "translate"):
            self.slow.append((search, octets))


def watched(result):
    return Watched(result) if isinstance(result, bytes) else result


def noting(search):
    def look(self, octets, *rest):
        self.note(search, octets)
        return watched(getattr(bytes, search)(self, octets, *rest))

    return look


for each in ("find", "rfind", "count", "replace", "split", "translate", "lstrip", "rstrip"):
    setattr(Watched, each, noting(each))

"""The canary sweep: a password that nobody may see must not stand anywhere, in any of the forms that it travels in."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import astuple, is_dataclass
from pathlib import Path


def assert_no_canary(canary: str, *places: object) -> None:
    """Look for the canary in texts, octets, files, folders with all that is in them, lists, and results of sends.

    Sought in clear, as hex, and inside any base64, as in that of PLAIN's NUL, user, NUL, password.
    """
    assert len(canary) >= 8, "a canary as short as this is found everywhere"
    traces = traces_of(canary.encode())
    searched = 0
    for place, octets in contents(places):
        searched += 1
        for name, trace in traces.items():
            assert trace not in octets, f"the canary stands {name} in {place}"
    assert searched, "there was nothing to search"


def traces_of(canary: bytes) -> dict[str, bytes]:
    """Return what to look for."""
    traces = {
        "in clear": canary,
        "in clear, reversed": canary[::-1],
        "in hex": canary.hex().encode(),
        "in upper-case hex": canary.hex().upper().encode(),
        "in UTF-16": canary.decode().encode("utf-16-le"),
    }
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + canary)
        # The characters at both ends depend on the neighbours too.
        sure = encoded[(before * 8 + 5) // 6 : (before + len(canary)) * 8 // 6]
        traces[f"in base64 at {before}"] = sure
        traces[f"in URL-safe base64 at {before}"] = sure.translate(bytes.maketrans(b"+/", b"-_"))
    return traces


def contents(place: object, name: str = "") -> Iterator[tuple[str, bytes]]:
    """Return every text in a place, with a name for it."""
    if isinstance(place, str):
        yield name or "a text", place.encode("utf-8", "surrogateescape")
    elif isinstance(place, (bytes, bytearray)):
        yield name or "some octets", bytes(place)
    elif isinstance(place, Path) and place.is_dir():
        for file in place.rglob("*"):
            yield str(file), str(file).encode("utf-8", "surrogateescape")
            if file.is_file():
                yield str(file), file.read_bytes()
    elif isinstance(place, Path):
        yield str(place), place.read_bytes()
    elif is_dataclass(place) and not isinstance(place, type):
        yield from contents(astuple(place), type(place).__name__)
    elif isinstance(place, dict):
        yield from contents([*place.keys(), *place.values()], name)
    elif isinstance(place, (list, tuple)):
        for item in place:
            yield from contents(item, name)
    elif place is not None and not isinstance(place, (int, float)):
        raise TypeError(f"nothing is known about searching a {type(place).__name__}")

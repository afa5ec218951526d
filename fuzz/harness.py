"""Harness: a module of promises by its name, what it begins with, and a check that it is kept in linear time."""

from __future__ import annotations

import importlib
import json
import time
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
NAMES = tuple(sorted(file.stem for file in (HERE / "promises").glob("[a-z]*.py")))
SAMPLES = HERE.parent / "tests/samples"  # messages and command lines of real programs
TAKE_MESSAGES = ("bodies", "compose", "conversions", "headers")

# Of processor time, with room for a busy machine and for the instrumentation: an input of 64 KiB has four seconds. What
# looks at each octet as often as there are octets takes hours.
AT_ONCE_S = 0.5
PER_OCTET_S = 50e-6
STRETCHED_OCTETS = 64 * 1024


def harness(name: str) -> ModuleType:
    """Return the module of a harness."""
    return importlib.import_module(f"fuzz.promises.{name}")


def seeds_of(name: str) -> tuple[bytes, ...]:
    """Return the seeds of a harness, the samples that it can take among them."""
    seeds: tuple[bytes, ...] = harness(name).SEEDS
    if name in TAKE_MESSAGES:
        seeds += tuple(file.read_bytes() for file in sorted(SAMPLES.glob("*/*.stdin")))
    if name == "commandlines":
        vectors = (json.loads(file.read_text()) for file in sorted(SAMPLES.glob("*/*.argv.json")))
        seeds += tuple("\0".join(vector[1:]).encode() for vector in vectors)
    return seeds


def check_in_time(module: ModuleType, octets: bytes) -> None:
    """Check an input, and that this is done in linear time."""
    start = time.thread_time()
    module.check(octets)
    spent = time.thread_time() - start
    allowed = AT_ONCE_S + PER_OCTET_S * len(octets)
    assert spent <= allowed, f"{len(octets)} octets took {spent:.2f} s"


def stretched(octets: bytes) -> bytes:
    """Return an input many times over: what is slow for long inputs only shows itself."""
    return (octets * (STRETCHED_OCTETS // max(1, len(octets)) + 1))[:STRETCHED_OCTETS]

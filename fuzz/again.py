"""Check files again, without a fuzzer: `python3 -m fuzz.again NAME FILE...`. A broken promise is a traceback."""

from __future__ import annotations

import sys
from pathlib import Path

from fuzz.harness import check_in_time, harness, stretched


def main(name: str, *files: str) -> None:
    """Check each file as it is, and many times over."""
    for file in files:
        octets = Path(file).read_bytes()
        print(f"{file}: {octets!r}")
        check_in_time(harness(name), octets)
        check_in_time(harness(name), stretched(octets))


if __name__ == "__main__":
    main(*sys.argv[1:])

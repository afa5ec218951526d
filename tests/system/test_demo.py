"""`make demo` works, and the README shows what it prints."""

from __future__ import annotations

import fcntl
import re
import subprocess
from pathlib import Path

from tests.support.installation import CHECKOUT

LOCK = Path("/run/gatepost-demo.lock")  # the demo has one place and one set of accounts


def run_demo() -> str:
    """Run what `make demo` runs, alone on this machine, and return what it prints."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = ["/usr/bin/python3", "-I", "packaging/demo.py"]
        done = subprocess.run(
            command, cwd=CHECKOUT, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    return done.stdout + done.stderr


def without_chance(text: str) -> list[str]:
    """Return the words of a text; dates, numbers and identifiers differ each time."""
    text = re.sub(r"\b[0-9a-f]{24}\b", "ID", text)
    text = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), +|\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b", "", text)
    return re.sub(r"\d+", "0", text).split()


def test_the_readme_shows_what_the_demo_prints():
    readme = (CHECKOUT / "README.md").read_text()
    (shown,) = re.findall(r"^This is what `make demo` prints:\n\n```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert without_chance(shown) == without_chance(run_demo())

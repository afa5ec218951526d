"""Search with every harness in turn, and say what came of it: `python3 -m fuzz.every SECONDS [NAME...]`.

Status 1 if a promise was broken: the input is in build/fuzz/found, and the report of it in build/fuzz/log.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fuzz import programs
from fuzz.harness import HERE, NAMES, harness, seeds_of

BUILD = HERE.parent / "build/fuzz"
PYTHON = BUILD / "venv/bin/python"
C_PROGRAMS = ("find_account", "answers")
PROGRAMS = "programs"  # fuzz/programs.py: no fuzzer leads it
INPUT_LIMIT = 4096  # octets; longer ones are made by stretching
OPTIONS = (f"-max_len={INPUT_LIMIT}", "-timeout=60", "-rss_limit_mb=1500", "-print_final_stats=1", "-verbosity=1")


def main(seconds: str, *names: str) -> int:
    """Search for so many seconds with each harness of these names, or with all."""
    every = (*NAMES, *C_PROGRAMS, PROGRAMS)
    unknown = [name for name in names if name not in every]
    if unknown:
        print(f"there is no harness {unknown[0]}; there are: {' '.join(every)}", file=sys.stderr)
        return 1
    broken = [name for name in names or every if not search(name, seconds)]
    print(f"broken promises: {' '.join(broken)}" if broken else "all promises hold")
    return 1 if broken else 0


def search(name: str, seconds: str) -> bool:
    """Search with one harness and print a line. False if a promise was broken."""
    if name == PROGRAMS:
        return programs.main(seconds) == 0
    corpus, found, log = (BUILD / folder / name for folder in ("corpus", "found", "log"))
    for folder in (corpus, found, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    options = [*OPTIONS, f"-max_total_time={seconds}", f"-artifact_prefix={found}/"]
    program = [BUILD / name] if name in C_PROGRAMS else [PYTHON, "-m", "fuzz.one", name]
    seeds, words = begin(name)
    options.append(f"-dict={words}")
    with log.open("wb") as report:
        done = subprocess.run(
            [*program, *options, corpus, seeds], cwd=HERE.parent, stdout=report, stderr=report, check=False
        )
    runs, peak = figure(log, "number_of_executed_units"), figure(log, "peak_rss_mb")
    verdict = "" if done.returncode == 0 else f": BROKEN, see {log}"
    print(f"{name:20} {runs:>10} executions, {peak} MiB{verdict}", flush=True)
    return done.returncode == 0


def begin(name: str) -> tuple[Path, Path]:
    """Write the seeds and the words of a harness where libFuzzer reads them, and return folder and file."""
    if name in C_PROGRAMS:
        return HERE / "c/seeds" / name, HERE / f"c/{name}.words"
    seeds, words = BUILD / "seeds" / name, BUILD / "words" / name
    seeds.mkdir(parents=True, exist_ok=True)
    words.parent.mkdir(parents=True, exist_ok=True)
    for number, octets in enumerate(seeds_of(name)):
        (seeds / str(number)).write_bytes(octets)
    quoted = ("".join(f"\\x{octet:02x}" for octet in word) for word in harness(name).WORDS)
    words.write_text("".join(f'"{word}"\n' for word in quoted))
    return seeds, words


def figure(log: Path, label: str) -> str:
    """Return a figure of libFuzzer's own report."""
    return log.read_text("utf-8", "replace").rpartition(f"stat::{label}:")[2].partition("\n")[0].strip() or "?"


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))

"""The memory of all processes of a send, looked at again and again until it has ended."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import Cost, Runner
from bench.processes import descendants, octets_of

MEMORY_FILE = "/memfd:"


@dataclass
class Peak:
    """The most that was seen at any one time, in KiB.

    `alone` is what the send costs a machine on which nobody else uses the same programs: private memory and, once for
    all its processes, the pages of files. `pss` shares those with whoever has them mapped at the time, the benchmark
    itself among them. Neither has the memory file. `high_water` is the sum of each process's own peak (VmHWM).
    """

    alone: int = 0
    pss: int = 0
    memory_file: int = 0
    high_water_of: dict[int, int] = field(default_factory=dict)

    @property
    def high_water(self) -> int:
        """Return the sum of the peaks of all processes."""
        return sum(self.high_water_of.values())


def watch(runner: Runner) -> tuple[Cost, Peak]:
    """Look until the send ends; return its cost, which the watching has spoilt, and the peak."""
    peak = Peak()
    not_of_the_send = (b"", octets_of(f"/proc/{os.getpid()}/cmdline"))  # a zombie, and a fork that is still ours
    while runner_lives(runner):
        pids = descendants(runner.pid)
        look(peak, [pid for pid in pids if octets_of(f"/proc/{pid}/cmdline") not in not_of_the_send])
    return runner.cost(), peak


def runner_lives(runner: Runner) -> bool:
    """Return whether the runner is neither gone nor a zombie."""
    return octets_of(f"/proc/{runner.pid}/cmdline") != b""


def look(peak: Peak, pids: list[int]) -> None:
    """Add up what these processes have now."""
    private = pss = 0
    files: dict[tuple[str, ...], int] = {}
    memory_files: dict[int, int] = {}
    for pid in pids:
        for words, sizes in mappings(pid):
            if words[5:] and words[5].startswith(MEMORY_FILE):
                continue
            pss += sizes.get("Pss", 0)
            if words[4] == "0":
                private += sizes.get("Pss", 0)
            else:
                private += sizes.get("Anonymous", 0)
                key = (words[3], words[4], words[2])
                files[key] = max(files.get(key, 0), sizes.get("Rss", 0) - sizes.get("Anonymous", 0))
        memory_files |= memory_files_of(pid)
        peak.high_water_of[pid] = max(peak.high_water_of.get(pid, 0), high_water(pid))
    peak.alone = max(peak.alone, private + sum(files.values()))
    peak.pss = max(peak.pss, pss)
    peak.memory_file = max(peak.memory_file, sum(memory_files.values()))


def mappings(pid: int) -> list[tuple[list[str], dict[str, int]]]:
    """Return each mapping of a process: the words of its line in maps(5), and its sizes in KiB."""
    found: list[tuple[list[str], dict[str, int]]] = []
    for line in octets_of(f"/proc/{pid}/smaps").decode("utf-8", "replace").splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            found.append((words, {}))
        elif words[-1] == "kB":
            found[-1][1][words[0].rstrip(":")] = int(words[1])
    return found


def memory_files_of(pid: int) -> dict[int, int]:
    """Return the memory files that a process holds open: KiB by inode."""
    sizes: dict[int, int] = {}
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            if os.readlink(link).startswith(MEMORY_FILE):
                status = link.stat()
                sizes[status.st_ino] = status.st_blocks // 2
    except OSError:
        pass  # it has ended, or closed the file
    return sizes


def high_water(pid: int) -> int:
    """Return VmHWM of a process in KiB."""
    lines = octets_of(f"/proc/{pid}/status").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(b"VmHWM:")), 0)

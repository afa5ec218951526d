"""The figures as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from measure import Cost
from memory import Peak

OURS = "gatepost"


@dataclass
class Figures:
    """What was measured of one program with one workload; costs in the order of the rounds."""

    costs: list[Cost] = field(default_factory=list)
    peaks: list[Peak] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)

    @property
    def wall_ms(self) -> float:
        """Return the median of the time that the caller waited."""
        return 1000 * median(cost.wall_s for cost in self.costs)

    @property
    def processor_ms(self) -> float:
        """Return the median of the processor time of all processes."""
        return 1000 * median(cost.processor_s for cost in self.costs)

    def peak_mib(self, which: str) -> float:
        """Return the median of one kind of peak memory."""
        return median(getattr(peak, which) for peak in self.peaks) / 1024


Results = dict[str, dict[str, Figures]]  # workload, program


def ratios(figures: dict[str, Figures], peer: str) -> list[float]:
    """Return our time over the peer's, round by round."""
    pairs = zip(figures[OURS].costs, figures[peer].costs, strict=True)
    return [ours.wall_s / theirs.wall_s for ours, theirs in pairs]


def machine() -> dict[str, object]:
    """Say where this was measured, and how busy the machine was with other things just before."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def as_text(results: Results, where: dict[str, object], notes: list[str]) -> str:
    """Return the tables and how to read them."""
    lines = [", ".join(f"{name} {value}" for name, value in where.items()), ""]
    for workload, figures in results.items():
        rounds = len(next(iter(figures.values())).costs)
        lines += [
            f"{workload} ({rounds} rounds)",
            f"  {'':10}{'ms':>8}{'ours/its':>18}{'CPU ms':>9}{'turns':>7}"
            f"{'memory':>9}{'PSS':>8}{'VmHWM':>8}{'file':>7}",
        ]
        lines += [row(program, figures) for program in figures]
        lines.append("")
    return "\n".join([*lines, *LEGEND, *notes])


LEGEND = (
    "ms: median time until the caller's program ends. ours/its: median (quartiles) of the ratios round by round.",
    "CPU: of all processes of a send. turns: how often the client waits for the smart host (without TCP's and TLS's).",
    "Memory in MiB, median of the peaks of all processes of a send. memory: private, and mapped files once; PSS: as",
    "the kernel shares it among all who run; VmHWM: each process's peak, added up; file: the memory file with the",
    "message, which is in none of the others but VmHWM.",
)


def row(program: str, figures: dict[str, Figures]) -> str:
    """Return the line of one program."""
    own = figures[program]
    memory = [own.peak_mib(which) for which in ("alone", "pss", "high_water", "memory_file")]
    compared = ""
    if program != OURS:
        low, middle, high = quartiles(ratios(figures, program))
        compared = f"{middle:.2f} ({low:.2f}-{high:.2f})"
    return (
        f"  {program:10}{own.wall_ms:8.1f}{compared:>18}{own.processor_ms:9.1f}{median(own.turns):7.0f}"
        f"{memory[0]:9.1f}{memory[1]:8.1f}{memory[2]:8.1f}{memory[3]:7.1f}"
    )


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile."""
    ordered = sorted(values)
    return ordered[len(ordered) // 4], median(ordered), ordered[(3 * len(ordered)) // 4]


def as_json(results: Results, where: dict[str, object], notes: list[str]) -> str:
    """Return everything, each round included."""
    return json.dumps(
        {
            "machine": where,
            "notes": notes,
            "workloads": {
                workload: {program: as_dict(program, figures) for program in figures}
                for workload, figures in results.items()
            },
        },
        indent=1,
    )


def as_dict(program: str, figures: dict[str, Figures]) -> dict[str, object]:
    """Return the figures of one program."""
    own = figures[program]
    return {
        "wall_ms": round(own.wall_ms, 3),
        "ratio_of_gatepost": None if program == OURS else round(median(ratios(figures, program)), 4),
        "processor_ms": round(own.processor_ms, 3),
        "turns": median(own.turns),
        "memory_mib": {which: round(own.peak_mib(which), 3) for which in ("alone", "pss", "high_water", "memory_file")},
        "rounds_ms": [round(1000 * cost.wall_s, 3) for cost in own.costs],
    }

"""The comparison as text and as JSON."""

from __future__ import annotations

import json
from statistics import median

from bench.figures import OURS, Figures, Outcome, Results
from bench.machine import described

MEMORY = ("alone", "pss", "high_water", "memory_file")
LEGEND = (
    "ms: median time until the caller's program ends; of a crowd, until the last has ended.",
    "ours/its: median (quartiles) of the ratios round by round. CPU: of all processes of a send, or of the crowd.",
    "turns: how often the client waits for the smart host (without TCP's and TLS's), on its longest connection.",
    "Memory in MiB, median of the peaks of all processes of a send. memory: private, and mapped files once; PSS: as",
    "the kernel shares it among all who run; VmHWM: each process's peak, added up; file: the memory file with the",
    "message, which is in none of the others but VmHWM.",
)


def as_text(results: Results, where: dict[str, object], notes: list[str]) -> str:
    """Return the tables and how to read them."""
    lines = [described(where), ""]
    for workload, outcome in results.items():
        lines.append(f"{workload} ({outcome.rounds} rounds)")
        lines.append(
            f"  {'':10}{'ms':>8}{'ours/its':>20}{'CPU ms':>9}{'turns':>7}{'memory':>9}{'PSS':>8}{'VmHWM':>8}{'file':>7}"
        )
        lines += [row(program, outcome) for program in outcome.figures]
        lines += [f"  {program:10}{reason}" for program, reason in outcome.absent.items()]
        lines.append("")
    return "\n".join([*lines, *LEGEND, *notes])


def row(program: str, outcome: Outcome) -> str:
    """Return the line of one program."""
    own = outcome.figures[program]
    compared = ""
    if program != OURS:
        low, middle, high = outcome.ratio(program)
        compared = f"{middle:.2f} ({low:.2f}-{high:.2f})"
    return f"  {program:10}{own.wall_ms:8.1f}{compared:>20}{own.processor_ms:9.1f}{watched(own)}"


def watched(own: Figures) -> str:
    """Return the columns that only some workloads have."""
    if not own.peaks:
        return f"{'-':>7}{'-':>9}{'-':>8}{'-':>8}{'-':>7}"
    memory = [own.peak_mib(which) for which in MEMORY]
    return f"{median(own.turns):7.0f}{memory[0]:9.1f}{memory[1]:8.1f}{memory[2]:8.1f}{memory[3]:7.1f}"


def as_markdown(results: Results, where: dict[str, object], notes: list[str]) -> str:
    """Return the table of docs/benchmarks.md, with our time over each peer's, and processor time beside Exim's."""
    programs = list(dict.fromkeys(program for outcome in results.values() for program in outcome.figures))
    head = ["work", *(f"{program} ms" for program in programs), "CPU ms", "CPU, Exim's", "PSS MiB"]
    rows = [head, ["---"] * len(head)]
    rows += [[workload, *markdown_cells(outcome, programs)] for workload, outcome in results.items()]
    return "\n".join([*("| " + " | ".join(cells) + " |" for cells in rows), "", described(where), "", *notes])


def markdown_cells(outcome: Outcome, programs: list[str]) -> list[str]:
    """Return the cells of one workload."""
    own, exim = outcome.figures[OURS], outcome.figures.get("exim")
    times = []
    for program in programs:
        figures = outcome.figures.get(program)
        ratio = "" if program == OURS or figures is None else f" ({outcome.ratio(program)[1]:.2f})"
        times.append("-" if figures is None else f"{figures.wall_ms:.1f}{ratio}")
    beside = "-" if exim is None else f"{exim.processor_ms:.1f} ({own.processor_ms / exim.processor_ms:.2f})"
    pss = f"{own.peak_mib('pss'):.1f}" if own.peaks else "-"
    if exim is not None and exim.peaks and own.peaks:
        pss += f" ({own.peak_mib('pss') / exim.peak_mib('pss'):.2f})"
    return [*times, f"{own.processor_ms:.1f}", beside, pss]


def as_json(results: Results, where: dict[str, object], notes: list[str]) -> str:
    """Return everything, each round included."""
    workloads = {workload: outcome_as_dict(outcome) for workload, outcome in results.items()}
    return json.dumps({"machine": where, "notes": notes, "workloads": workloads}, indent=1)


def outcome_as_dict(outcome: Outcome) -> dict[str, object]:
    """Return the figures of all programs with one workload."""
    return {
        **{program: figures_as_dict(program, outcome) for program in outcome.figures},
        **{program: {"absent": reason} for program, reason in outcome.absent.items()},
    }


def figures_as_dict(program: str, outcome: Outcome) -> dict[str, object]:
    """Return the figures of one program."""
    own = outcome.figures[program]
    low, middle, high = (None, None, None) if program == OURS else (round(one, 4) for one in outcome.ratio(program))
    return {
        "wall_ms": round(own.wall_ms, 3),
        "ratio_of_gatepost": middle,
        "ratio_quartiles": None if program == OURS else [low, high],
        "processor_ms": round(own.processor_ms, 3),
        "turns": median(own.turns) if own.turns else None,
        "memory_mib": {which: round(own.peak_mib(which), 3) for which in MEMORY} if own.peaks else None,
        "rounds_ms": [round(1000 * cost.wall_s, 3) for cost in own.costs],
    }

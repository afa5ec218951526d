"""The comparison as a picture: for each workload, a dot for each program on a logarithmic scale, and the ratio."""

from __future__ import annotations

from collections.abc import Callable

from bench.figures import OURS, Outcome, Results
from bench.machine import described
from bench.svg import Drawing, LogScale, rounded

WIDTH, COLUMNS = 880, 2
PANEL_WIDTH, ROW, TOP, GAP = 430, 16, 40, 34
NAMES_END, SCALE_START, SCALE_END, VALUE_END, RATIO_END = 62, 70, 300, 368, 420
MEMORY_OF = "1 KiB, TLS + AUTH"

Panel = tuple[str, str, dict[str, float], Callable[[str], float], dict[str, str]]


def as_svg(results: Results, where: dict[str, object]) -> str:
    """Return the picture."""
    panels = [time_panel(workload, outcome) for workload, outcome in results.items()]
    if MEMORY_OF in results:
        panels.append(memory_panel(results[MEMORY_OF]))
    rows = max(len(values) + len(absent) for _, _, values, _, absent in panels)
    panel_height = TOP + rows * ROW + GAP
    lines = -(-len(panels) // COLUMNS)
    drawing = Drawing(WIDTH, lines * panel_height + 20, "Gatepost beside its peers")
    for number, panel in enumerate(panels):
        x = (number % COLUMNS) * (WIDTH - PANEL_WIDTH * (COLUMNS - 1))
        draw_panel(drawing, x, (number // COLUMNS) * panel_height, panel)
    drawing.text(2, lines * panel_height + 8, f"Less is better; logarithmic scales. {described(where)}", "small")
    return str(drawing)


def time_panel(workload: str, outcome: Outcome) -> Panel:
    """Return what the panel of a workload shows."""
    values = {program: own.wall_ms for program, own in outcome.figures.items()}
    return workload, "ms", values, lambda peer: outcome.ratio(peer)[1], outcome.absent


def memory_panel(outcome: Outcome) -> Panel:
    """Return what the panel of the memory shows."""
    values = {program: own.peak_mib("pss") for program, own in outcome.figures.items() if own.peaks}
    return f"memory (PSS), {MEMORY_OF}", "MiB", values, lambda peer: values[OURS] / values[peer], outcome.absent


def draw_panel(drawing: Drawing, x: float, y: float, panel: Panel) -> None:
    """Draw one panel with its upper left corner at x, y."""
    title, unit, values, ratio, absent = panel
    drawing.text(x + 2, y + 14, title, "title")
    drawing.text(x + VALUE_END, y + 28, unit, "small", "end")
    drawing.text(x + RATIO_END, y + 28, "ours/its", "small", "end")
    scale = LogScale(values.values(), x + SCALE_START, x + SCALE_END)
    bottom = y + TOP + (len(values) + len(absent)) * ROW - 6
    for tick in scale.ticks():
        drawing.line(scale.at(tick), y + TOP - 8, scale.at(tick), bottom, "grid")
        drawing.text(scale.at(tick), bottom + 10, rounded(tick), "small", "middle")
    for number, program in enumerate([*values, *absent]):
        at = y + TOP + number * ROW
        kind = "ours" if program == OURS else ""
        drawing.text(x + NAMES_END, at + 4, program, kind, "end")
        if program in absent:
            reason = "failed" if absent[program].startswith("failed") else "not possible"
            drawing.text(x + SCALE_START, at + 4, reason, "small")
            continue
        drawing.line(x + SCALE_START, at, scale.at(values[program]), at, "stem")
        drawing.dot(scale.at(values[program]), at, kind)
        drawing.text(x + VALUE_END, at + 4, rounded(values[program]), kind, "end")
        drawing.text(x + RATIO_END, at + 4, "" if kind else f"{ratio(program):.2f}", "", "end")

"""Where the time of a send goes, as a picture: for each workload the phases one below the other, as they follow."""

from __future__ import annotations

from bench.machine import described
from bench.phases import Breakdown
from bench.svg import Drawing, rounded

WIDTH, ROW, TOP, GAP = 880, 16, 30, 14
NAMES_END, START, END, VALUE_END = 250, 260, 820, 870


def phases_as_svg(breakdowns: list[Breakdown], where: dict[str, object]) -> str:
    """Return the picture."""
    heights = [TOP + len(breakdown.phases_ms) * ROW + GAP for breakdown in breakdowns]
    drawing = Drawing(WIDTH, sum(heights) + 20, "Where the time of a send goes")
    for number, breakdown in enumerate(breakdowns):
        draw_breakdown(drawing, sum(heights[:number]), breakdown)
    drawing.text(2, sum(heights) + 8, f"Milliseconds; medians. {described(where)}", "small")
    return str(drawing)


def draw_breakdown(drawing: Drawing, y: float, breakdown: Breakdown) -> None:
    """Draw one panel with its upper edge at y."""
    total = sum(breakdown.phases_ms.values())
    drawing.text(2, y + 16, f"{breakdown.workload}: {rounded(total)} ms", "title")
    before = 0.0
    for number, (title, lasting) in enumerate(breakdown.phases_ms.items()):
        at = y + TOP + number * ROW
        left, right = (START + (END - START) * moment / total for moment in (before, before + lasting))
        drawing.text(NAMES_END, at + 4, title, "small", "end")
        drawing.line(START, at, END, at, "grid")
        drawing.line(left, at, right, at, "bar")
        drawing.text(VALUE_END, at + 4, rounded(lasting), "small", "end")
        before += lasting

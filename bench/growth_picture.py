"""The cost as work grows, as a picture: both scales logarithmic, with a line that grows as the work does beside it."""

from __future__ import annotations

from bench.fit import exponent, verdict
from bench.growth import Curve
from bench.machine import described
from bench.svg import Drawing, LogScale, rounded

WIDTH, COLUMNS = 880, 3
PANEL_WIDTH, PANEL_HEIGHT = 293, 230
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 44, 34
PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def growth_as_svg(curves: list[Curve], where: dict[str, object]) -> str:
    """Return the picture."""
    lines = -(-len(curves) // COLUMNS)
    drawing = Drawing(WIDTH, lines * PANEL_HEIGHT + 20, "What a send costs as its work grows")
    for number, curve in enumerate(curves):
        draw_curve(drawing, (number % COLUMNS) * PANEL_WIDTH, (number // COLUMNS) * PANEL_HEIGHT, curve)
    legend = "Thick: processor time, ms. Dashed: memory, MiB. Thin: what grows as the work does."
    drawing.text(2, lines * PANEL_HEIGHT + 8, f"{legend} {described(where)}", "small")
    return str(drawing)


def draw_curve(drawing: Drawing, x: float, y: float, curve: Curve) -> None:
    """Draw one panel with its upper left corner at x, y."""
    left, right, top, bottom = x + LEFT, x + PANEL_WIDTH - RIGHT, y + TOP, y + PANEL_HEIGHT - BOTTOM
    across = LogScale(curve.sizes, left, right)
    up = LogScale([*curve.processor_ms, *curve.memory_mib], bottom, top)
    drawing.text(x + 2, y + 14, curve.series.name, "title")
    drawing.text(x + 2, y + 28, f"processor time {verdict(exponent(curve.sizes, curve.processor_ms))}", "small")
    for tick in across.ticks(5):
        drawing.line(across.at(tick), top, across.at(tick), bottom, "grid")
        drawing.text(across.at(tick), bottom + 12, short(tick), "small", "middle")
    for tick in up.ticks():
        drawing.line(left, up.at(tick), right, up.at(tick), "grid")
        drawing.text(left - 4, up.at(tick) + 3, rounded(tick), "small", "end")
    drawing.text(right, bottom + 24, curve.series.unit, "small", "end")
    last = curve.processor_ms[-1]
    linear = [(size, last * size / curve.sizes[-1]) for size in curve.sizes]
    drawing.curve([(across.at(size), up.at(cost)) for size, cost in linear if cost >= min(curve.processor_ms)], "grid")
    drawing.curve(points(across, up, curve.sizes, curve.memory_mib), "dashed")
    drawing.curve(points(across, up, curve.sizes, curve.processor_ms), "ours-line")


def points(across: LogScale, up: LogScale, sizes: list[int], costs: list[float]) -> list[tuple[float, float]]:
    """Return where a curve goes."""
    return [(across.at(size), up.at(cost)) for size, cost in zip(sizes, costs, strict=True)]


def short(value: float) -> str:
    """Return a number with a prefix for its thousands."""
    return next((f"{value / factor:g} {letter}" for factor, letter in PREFIXES if value >= factor), f"{value:g}")

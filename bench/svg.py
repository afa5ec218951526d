"""A drawing as SVG, by hand. One grey that can be read on white and on black, one colour for what is ours."""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.sax.saxutils import escape

STYLE = """
  text { font-family: sans-serif; font-size: 11px; fill: #768390 }
  .title { font-size: 12px; font-weight: bold }
  .ours { fill: #d9691e; font-weight: bold }
  .small { font-size: 9px }
  line, polyline { stroke: #768390; fill: none }
  .grid { stroke-opacity: 0.3 }
  .stem { stroke-width: 2; stroke-opacity: 0.45 }
  .ours-line { stroke: #d9691e; stroke-width: 2 }
  .bar { stroke: #d9691e; stroke-width: 10 }
  .dashed { stroke-dasharray: 4 3; stroke-width: 2 }
  circle { fill: #768390 }
"""


class Drawing:
    """Lines, dots and words; coordinates in pixels from the upper left corner."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" role="img">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>'
        )
        self._parts: list[str] = []

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """Write words; `anchor` is which part of them is at x."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str = "") -> None:
        """Draw a line."""
        self._parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>')

    def dot(self, x: float, y: float, kind: str = "") -> None:
        """Draw a dot."""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="{kind}"/>')

    def curve(self, points: Iterable[tuple[float, float]], kind: str = "") -> None:
        """Draw straight lines from point to point."""
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{joined}" class="{kind}"/>')

    def __str__(self) -> str:
        return "\n".join([self._head, *self._parts, "</svg>\n"])


class LogScale:
    """Where a value is between two pixels, by its logarithm."""

    def __init__(self, values: Iterable[float], start: float, end: float) -> None:
        positive = [value for value in values if value > 0]
        self._least, self._most = 0.8 * min(positive), 1.25 * max(positive)
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """Return the pixel of a value; what is not positive is at the start."""
        share = math.log(max(value, self._least) / self._least) / math.log(self._most / self._least)
        return self._start + share * (self._end - self._start)

    def ticks(self, most: int = 6) -> list[float]:
        """Return round values: as many of each decade as there is room for."""
        decades = range(math.floor(math.log10(self._least)), math.ceil(math.log10(self._most)) + 1)
        for steps in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1,)):
            ticks = [step * 10.0**decade for decade in decades for step in steps]
            ticks = [tick for tick in ticks if self._least <= tick <= self._most]
            if len(ticks) <= most:
                break
        return ticks[:: math.ceil(len(ticks) / most) or 1]


def rounded(value: float) -> str:
    """Return a number with three digits, or all that stand before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

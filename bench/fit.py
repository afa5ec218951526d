"""Does a cost grow as the work does? The exponent of its growth, without what even the smallest work costs."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Growth of less than this share of the smallest work's cost is not to be told from noise.
NOTICEABLE = 0.2
# What a busy machine can add to the last point. A cost of n * log(n) would stay below it, one of n ** 1.5 would not.
LINEAR = 1.25


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """Return k where the cost grows as size ** k between the two last points; None if too little is added to tell.

    The cost of the first point is taken off first: it is the interpreter's start, not the work.
    """
    base = costs[0]
    if costs[-2] - base < NOTICEABLE * base or costs[-1] - base < NOTICEABLE * base:
        return None
    return math.log((costs[-1] - base) / (costs[-2] - base)) / math.log(sizes[-1] / sizes[-2])


def verdict(k: float | None) -> str:
    """Say what an exponent means."""
    if k is None:
        return "too little is added to tell"
    return f"{'linear' if k <= LINEAR else 'MORE THAN LINEAR'}: size ** {k:.2f}"


def per_unit(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return what one unit of work more costs, from the first point to the last."""
    return (costs[-1] - costs[0]) / (sizes[-1] - sizes[0])

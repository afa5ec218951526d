"""The cost as work grows, as text and as JSON."""

from __future__ import annotations

import json

from bench.fit import exponent, per_unit, verdict
from bench.growth import Curve
from bench.machine import described
from bench.svg import rounded

LEGEND = (
    "CPU: ms of all processes of a send. ms: until the caller knew, without a pause of the smart host's in which the",
    "memory is looked at. Both the least of some rounds. Memory in MiB: private, and mapped files once, at its peak;",
    "file: the memory file with the message. The verdict is on the two last points, after the cost of the first, which",
    "is that of any send, has been taken off.",
)
KINDS = ("processor_ms", "memory_mib")


def growth_as_text(curves: list[Curve], where: dict[str, object]) -> str:
    """Return the tables and how to read them."""
    lines = [described(where), ""]
    for curve in curves:
        lines.append(f"{curve.series.name}")
        lines.append(f"  {curve.series.unit:>14}{'CPU ms':>10}{'ms':>10}{'memory':>10}{'file':>10}")
        columns = (curve.processor_ms, curve.wall_ms, curve.memory_mib, curve.memory_file_mib)
        lines += [
            f"  {size:14,}" + "".join(f"{column[number]:10.1f}" for column in columns)
            for number, size in enumerate(curve.sizes)
        ]
        time_ns = 1_000_000 * per_unit(curve.sizes, curve.processor_ms)
        octets = (1 << 20) * per_unit(curve.sizes, curve.memory_mib)
        lines.append(f"  processor time: {growth(curve, 'processor_ms')}; {rounded(time_ns)} ns for each")
        lines.append(f"  memory: {growth(curve, 'memory_mib')}; {rounded(octets)} octets for each")
        lines.append("")
    return "\n".join([*lines, *LEGEND])


def growth(curve: Curve, kind: str) -> str:
    """Say how one kind of cost grows."""
    return verdict(exponent(curve.sizes, getattr(curve, kind)))


def growth_as_json(curves: list[Curve], where: dict[str, object]) -> str:
    """Return everything."""
    series = {
        curve.series.name: {
            "unit": curve.series.unit,
            "sizes": curve.sizes,
            **{kind: getattr(curve, kind) for kind in ("processor_ms", "wall_ms", "memory_mib", "memory_file_mib")},
            "exponents": {kind: exponent(curve.sizes, getattr(curve, kind)) for kind in KINDS},
        }
        for curve in curves
    }
    return json.dumps({"machine": where, "series": series}, indent=1)

"""What was measured, and what can be said of it: medians, ratios pair by pair, quartiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from bench.measure import Cost
from bench.memory import Peak

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


@dataclass
class Outcome:
    """All programs with one workload: the figures of some, and why there are none of others."""

    figures: dict[str, Figures] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """Return how often each program was measured."""
        return len(self.figures[OURS].costs)

    def ratios(self, peer: str) -> list[float]:
        """Return our time over the peer's, round by round."""
        pairs = zip(self.figures[OURS].costs, self.figures[peer].costs, strict=True)
        return [ours.wall_s / theirs.wall_s for ours, theirs in pairs]

    def ratio(self, peer: str) -> tuple[float, float, float]:
        """Return the lower quartile, the median and the upper quartile of the ratios."""
        return quartiles(self.ratios(peer))


Results = dict[str, Outcome]  # by workload
AWAY = " ms away, TLS + AUTH"


def faster_from(results: Results, peer: str) -> str | None:
    """Say from which distance on a send with TLS and AUTH is faster than a peer's; None if that was not measured.

    From one that was measured on, at which our median is shorter, and at all longer ones.
    """
    measured = [name for name, outcome in results.items() if name.endswith(AWAY) and peer in outcome.figures]
    distances = sorted(int(name.removesuffix(AWAY)) for name in measured)
    if not distances:
        return None
    slower = [away for away in distances if results[f"{away}{AWAY}"].ratio(peer)[1] >= 1]
    faster = [away for away in distances if not slower or away > slower[-1]]
    if not faster:
        return f"With TLS and AUTH, not faster than {peer} up to {distances[-1]} ms away."
    return f"With TLS and AUTH, faster than {peer} from {faster[0]} ms away on."


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile."""
    ordered = sorted(values)
    return ordered[len(ordered) // 4], median(ordered), ordered[(3 * len(ordered)) // 4]

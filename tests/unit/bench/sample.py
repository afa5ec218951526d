"""Results of a benchmark that nobody has run."""

from __future__ import annotations

from bench.figures import OURS, Figures, Outcome
from bench.measure import Cost
from bench.memory import Peak

MACHINE = {"processor": "Some & Sons <fast>", "processors": 2}


def figures(*wall_s: float, peak_kib: int = 0) -> Figures:
    """Return figures of that many rounds, half of the time spent by processors; watched once if there is a peak."""
    peaks = [Peak(alone=peak_kib, pss=peak_kib // 2)] if peak_kib else []
    return Figures([Cost(0, one, one / 2) for one in wall_s], peaks, [4] * len(peaks))


def outcome(**programs: Figures) -> Outcome:
    """Return an outcome in which esmtp took no part."""
    return Outcome(programs, {"esmtp": "knows no implicit TLS"})


RESULTS = {
    "1 KiB, TLS + AUTH": outcome(
        **{OURS: figures(0.02, 0.03, 0.04, peak_kib=2048), "curl": figures(0.04, 0.02, 0.02, peak_kib=4096)}
    ),
    "200 messages, 50 at once": outcome(**{OURS: figures(1.5), "curl": figures(3.0)}),
}

"""Time budget: the time that several waits share, so that nobody is kept longer than the sum that was promised."""

from __future__ import annotations

from time import monotonic

from helper import status
from helper.failure import HostFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.config.values import Transport


class TimeBudget:
    """So many seconds from now. Each wait has its own time-out, and ends with this one too."""

    def __init__(self, seconds: float, purpose: str = "", clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._over_s = clock() + seconds
        self._seconds = f"{seconds:g} s{purpose}"

    def deadline(self, timeout_s: float) -> float:
        """Return when a wait that begins now has to end, by the monotonic clock."""
        return min(self._clock() + timeout_s, self._over_s)

    def left(self, timeout_s: float) -> float:
        """Return how many seconds a wait that begins now may take, none if the time is over."""
        return max(0.0, self.deadline(timeout_s) - self._clock())

    def within(self, timeout_s: float) -> str:
        """Return how it is told that a wait has ended in vain: `within 30 s`, or by the time that all waits share."""
        return f"within {self._seconds}" if self._is_over() else f"within {timeout_s:g} s"

    def check(self) -> None:
        """Raise HostFailed if no time is left to begin anything."""
        if self._is_over():
            raise HostFailed(f"not tried {self.within(0)}", status.TEMPORARY)

    def _is_over(self) -> bool:
        return self._clock() >= self._over_s


def up_to_the_end_of_the_message(transport: Transport, clock: Callable[[], float] = monotonic) -> TimeBudget:
    """Return the time for all hosts, addresses, look-ups and commands until the end of the message goes out.

    The reply to the message has final_timeout for itself, kept back from the beginning: else a server that was slow
    before would leave no time to hear that it took the message, and the doubt would be of our making. So everything
    ends within the sum of the four.
    """
    seconds = transport.connect_timeout_s + transport.command_timeout_s + transport.data_timeout_s
    return TimeBudget(seconds, ", the time for everything before the end of the message", clock)

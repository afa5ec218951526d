"""The channel behind gatepost.socket: its frontend is no parent, whose death the kernel would tell by itself."""

from __future__ import annotations

import fcntl
import os

from helper.delivery.channel import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper import wire


class DoorChannel(Channel):
    """The connection to the frontend; from request to status, whatever happens at its other end ends this process.

    Neither an end nor another octet has its place there, so that the kernel's signal for either (O_ASYNC in fcntl(2),
    begin.choose_signal) is what the parent-death signal is to a helper that the frontend's process has started.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._descriptor = descriptor

    def request(self) -> tuple[wire.Request, int | None] | None:
        """Return the next request, as Channel does."""
        received = super().request()
        if received is not None:
            self._signal_events(os.O_ASYNC)
            self._refuse_more()  # what came before the signal was on
        return received

    def finish(self, status: int) -> None:
        """Give the exit status, after which the frontend may go, or ask for more."""
        self._signal_events(0)
        super().finish(status)

    def _signal_events(self, flag: int) -> None:
        """Turn the signal on (O_ASYNC) or off (0)."""
        flags = fcntl.fcntl(self._descriptor, fcntl.F_GETFL)
        fcntl.fcntl(self._descriptor, fcntl.F_SETFL, flags & ~os.O_ASYNC | flag)

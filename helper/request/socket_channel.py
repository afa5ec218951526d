"""The channel behind gatepost.socket: its frontend is no parent, whose death the kernel would tell by itself."""

from __future__ import annotations

import fcntl
import os
import select
import stat

from helper.failure import WireError
from helper.request.channel import Channel, close


class SocketChannel(Channel):
    """The connection to a frontend that has passed one end of a pipe with its hello, and holds the other one.

    Nothing is ever written to the pipe, so that the kernel's signal for it (O_ASYNC in fcntl(2)) tells the end of the
    frontend and nothing else. O_ASYNC on the connection itself would not do: with two processors, the signal of an
    answer that has been read may be raised after that. SIGIO ends this process, as it ends all that do not handle it.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._pipe = -1

    def watch(self) -> None:
        """As Channel does."""
        super().watch()
        self._signal_end(os.O_ASYNC)
        poll = select.poll()
        poll.register(self._pipe, 0)
        if poll.poll(0):  # it ended before the signal was on
            raise WireError("the frontend has ended")

    def unwatch(self) -> None:
        """As Channel does."""
        self._signal_end(0)

    def _keep(self, descriptor: int | None) -> None:
        """Keep the end of the pipe. WireError for anything else."""
        if descriptor is None or not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            close(descriptor)
            raise WireError("no pipe came with the hello")
        self._pipe = descriptor
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())

    def _signal_end(self, flag: int) -> None:
        """Turn the signal on (O_ASYNC) or off (0)."""
        if self._pipe >= 0:
            flags = fcntl.fcntl(self._pipe, fcntl.F_GETFL)
            fcntl.fcntl(self._pipe, fcntl.F_SETFL, flags & ~os.O_ASYNC | flag)

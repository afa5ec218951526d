"""The channel behind gatepost.socket. Its frontend is not the parent, so there is no parent-death signal."""

from __future__ import annotations

import fcntl
import posix as os
import select
import stat

from helper.failure import WireError
from helper.request.channel import Channel, close


class SocketChannel(Channel):
    """The connection to a frontend that passes one end of a pipe with its hello and keeps the other end.

    Nothing is ever written to the pipe, so the kernel's signal for it (O_ASYNC in fcntl(2)) means that the frontend has
    ended. O_ASYNC on the connection itself is not good enough: with two processors, the signal for an answer may come
    after the answer was read. SIGIO ends this process, because it has no handler.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._pipe = -1

    def watch(self) -> None:
        """Do what Channel does, and have the kernel signal the end of the frontend."""
        super().watch()
        self._signal_end(os.O_ASYNC)
        poll = select.poll()
        poll.register(self._pipe, 0)
        if poll.poll(0):  # it ended before the signal was turned on
            raise WireError("the frontend has ended")

    def unwatch(self) -> None:
        """Turn the signal off."""
        self._signal_end(0)

    def _keep(self, descriptor: int | None) -> None:
        """Keep the end of the pipe. WireError if anything else came, or nothing."""
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

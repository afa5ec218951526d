"""The system log, by a socket of our own: syslog(3) waits for ever for a reader that does not come."""

from __future__ import annotations

import _socket
import errno
import posix as os
import select
import time

DEV_LOG = "/dev/log"
TIMEOUT_S = 5.0  # for one line; whoever sends is kept no longer
NAME = "gatepost"  # never argv[0] (CVE-2023-6246)
MAIL = 2 << 3  # facility (RFC 3164, section 4.1.1)
ERROR, INFORMATIONAL = 3, 6  # severities


class SystemLog:
    """A connection to the log's socket, made now, while nothing shuts us in."""

    def __init__(self, path: str = DEV_LOG) -> None:
        self._path = path
        self._socket = connected(path)

    def write(self, severity: int, line: str) -> None:
        """Write a line as syslog(3) does. Where nobody takes it in time, it is given up in silence."""
        deadline = time.monotonic() + TIMEOUT_S
        octets = f"<{MAIL | severity}>{time.strftime('%b %e %H:%M:%S')} {NAME}[{os.getpid()}]: {line}".encode("ascii")
        if self._socket is not None and sent(self._socket, octets, deadline):
            return
        self._socket = connected(self._path)  # who reads the log may have been started anew
        if self._socket is not None:
            sent(self._socket, octets, deadline)


def connected(path: str) -> _socket.socket | None:
    """Return a socket that is connected to a log, of either kind that there is; None if nobody listens."""
    for kind in (_socket.SOCK_DGRAM, _socket.SOCK_STREAM):
        found = _socket.socket(_socket.AF_UNIX, kind | _socket.SOCK_NONBLOCK)
        try:
            found.connect(path)
        except OSError as error:
            found.close()
            if error.errno != errno.EPROTOTYPE:
                return None
        else:
            return found
    return None


def sent(connection: _socket.socket, octets: bytes, deadline: float) -> bool:
    """Send a line, or give it up at the deadline; False if nobody is at the other end any more."""
    is_stream = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_TYPE) == _socket.SOCK_STREAM
    rest = memoryview(octets + b"\0" if is_stream else octets)  # what ends a line in a stream
    room = select.poll()
    room.register(connection, select.POLLOUT)
    while rest:
        try:
            rest = rest[connection.send(rest, _socket.MSG_NOSIGNAL) :]
        except BlockingIOError:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not room.poll(left_s * 1000):
                return True
        except OSError:
            return False
    return True

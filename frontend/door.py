"""Door: the second way to a helper, where the kernel ignores the set-id bit: systemd starts one for gatepost.socket."""

from __future__ import annotations

import _socket

from frontend.paths import SOCKET

TIMEOUT_S = 30.0  # for a connection; who listens takes it at once, unless the machine is overloaded

NO_ANSWER = f"sendmail: not sent: the helper behind {SOCKET} ended without an answer (too many at once?)".encode()


def knock() -> _socket.socket:
    """Return a connection to a helper that is started for it. OSError where nobody listens there, or answers."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.settimeout(TIMEOUT_S)
        connection.connect(SOCKET)
        connection.settimeout(None)
    except OSError:
        connection.close()
        raise
    return connection


def why_closed(closed: bytes, error: OSError) -> bytes:
    """Return the line that tells why the set-id door is closed, and what is wrong with this one where there is one."""
    if isinstance(error, FileNotFoundError):
        return closed
    return closed + f", and {SOCKET} cannot be connected to: {error.strerror or 'nobody answers'}".encode()

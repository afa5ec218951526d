"""Connect to the first address of a server that answers, within one time-out for all of them (RFC 8305)."""

from __future__ import annotations

import _socket
import errno
import posix as os
import select
from time import monotonic

from helper import status
from helper.failure import HostFailed
from helper.network.connection import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.network.resolve import Address
    from helper.network.time_budget import TimeBudget

ATTEMPT_DELAY_S = 0.25  # between one address and the next (RFC 8305, section 5)
TCP_FASTOPEN_CONNECT = 30  # linux/tcp.h; Python has no name for it
# No way there from here: of all failures the one that tells least about the server.
NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class Race:
    """Attempts to connect to the addresses of one server, each begun a little after the last; the first one wins.

    `address` is the one to tell of: the winner's, else that of the most telling failure. `left` are the addresses that
    have neither won nor failed.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        interface: bytes | None,
        budget: TimeBudget,
        timeout_s: float,
        *,
        client_speaks_first: bool,
    ) -> None:
        """Begin to connect to the first address, from the address of an interface if one is given, without waiting."""
        self.address = addresses[0]
        self.left = list(addresses)
        self._waiting = list(addresses)
        self._under_way: dict[int, Attempt] = {}
        self._failure = OSError()
        self._interface = interface
        self._speaks_first = client_speaks_first
        self._hello = b""
        self._allowance = budget
        self._timeout_s = timeout_s
        self._deadline = budget.deadline(timeout_s)
        # However short the time, the last address has its turn.
        self._delay_s = min(ATTEMPT_DELAY_S, timeout_s / (len(addresses) + 1))
        self._poll = select.poll()
        self._begin_next()

    def winner(self, hello: bytes = b"") -> Connection:
        """Return the first connection that stands, and close the others. HostFailed if none does in time.

        `hello` is what the client says first, if it does.
        """
        self._hello = hello
        for attempt in list(self._under_way.values()):
            self._say_hello(attempt)
        while self._under_way or self._waiting:
            for attempt in self._ended():
                error = attempt.socket.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR)
                if not error:
                    return self._won_by(attempt)
                self._lost_by(attempt, OSError(error, os.strerror(error)))
            if not self._under_way or monotonic() >= self._next_s:
                self._begin_next()
        raise HostFailed(f"connecting: {(self._failure.strerror or 'failed').lower()}", status.TEMPORARY)

    def abort(self) -> None:
        """Close all attempts."""
        for attempt in self._under_way.values():
            attempt.socket.close()
        self._under_way.clear()

    def _begin_next(self) -> None:
        """Begin to connect to the next address that does not fail at once."""
        self._next_s = monotonic() + self._delay_s
        while self._waiting:
            address = self._waiting.pop(0)
            try:
                attempt = Attempt(address, self._interface, self._speaks_first)
            except OSError as error:
                self._note(address, error)
                continue
            self._under_way[attempt.descriptor] = attempt
            self._poll.register(attempt.descriptor, select.POLLOUT)
            self._say_hello(attempt)
            if attempt.descriptor in self._under_way:
                return

    def _say_hello(self, attempt: Attempt) -> None:
        """Let the kernel begin a connection that it has a cookie for, with the hello in the first packet (RFC 7413)."""
        if not self._hello or not attempt.is_held_back:
            return
        try:
            attempt.said_octets = attempt.socket.send(self._hello, _socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return  # there is no cookie any more, and a connection begins as usual
        except OSError as error:
            self._lost_by(attempt, error)

    def _ended(self) -> list[Attempt]:
        """Wait until attempts end, or the next address has its turn. HostFailed at the deadline."""
        until_s = min(self._deadline, self._next_s) if self._waiting else self._deadline
        left_s = until_s - monotonic()
        events = self._poll.poll(left_s * 1000) if left_s > 0 and self._under_way else []
        if not events and monotonic() >= self._deadline:
            self._give_up()
        return [self._under_way[descriptor] for descriptor, _ in events]

    def _give_up(self) -> None:
        for attempt in self._under_way.values():
            self.address = attempt.address
        self.abort()
        self.left.clear()
        raise HostFailed(f"connecting: no answer {self._allowance.within(self._timeout_s)}", status.TEMPORARY)

    def _won_by(self, attempt: Attempt) -> Connection:
        del self._under_way[attempt.descriptor]
        self.abort()
        self.address = attempt.address
        self.left.remove(attempt.address)
        rest = self._hello[attempt.said_octets :] if self._hello else None
        return Connection(attempt.socket, self._allowance, rest)

    def _lost_by(self, attempt: Attempt, error: OSError) -> None:
        """Note a failure, and let the next address have its turn at once."""
        del self._under_way[attempt.descriptor]
        self._poll.unregister(attempt.descriptor)
        attempt.socket.close()
        self._note(attempt.address, error)
        self._next_s = 0.0

    def _note(self, address: Address, error: OSError) -> None:
        """Keep the failure that tells most: the last one, unless it only says that there is no way from here."""
        self.left.remove(address)
        if error.errno not in NO_WAY or self._failure.errno in NO_WAY or self._failure.errno is None:
            self._failure = error
            self.address = address


class Attempt:
    """A connection that is being made. OSError if the kernel says no at once."""

    def __init__(self, address: Address, interface: bytes | None, speaks_first: bool) -> None:
        self.address = address
        self.said_octets = 0
        self.is_held_back = False  # until we speak: for TCP Fast Open
        self.socket = _socket.socket(address.family, _socket.SOCK_STREAM | _socket.SOCK_NONBLOCK)
        self.descriptor = self.socket.fileno()
        try:
            self.socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            if interface is not None:
                self.socket.bind((interface, 0))
            may_be_held_back = speaks_first and opens_fast(self.socket)
            self.socket.connect(address.name)
            self.is_held_back = may_be_held_back  # with a cookie, connect() returns at once and sends nothing
        except BlockingIOError:
            return
        except OSError:
            self.socket.close()
            raise


def opens_fast(connecting: _socket.socket) -> bool:
    """Ask for TCP Fast Open, which saves a round trip from the second connection on; False if it is turned off."""
    try:
        connecting.setsockopt(_socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
    except OSError:
        return False
    return True

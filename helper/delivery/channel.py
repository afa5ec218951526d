"""The helper's end of the socketpair: a request with its message in, answers out (helper/wire.py)."""

from __future__ import annotations

import _socket
import os
import select
import sys
from time import monotonic

from helper import wire
from helper.discreet import for_caller
from helper.failure import WireError

# From the first octet of a request to its last; until the first one we wait as long as the caller's input lasts.
REQUEST_TIMEOUT_S = 60
INT_OCTETS = 4
# Room for exactly one descriptor. CMSG_SPACE would be rounded up, and two would fit (threat G3).
ONE_DESCRIPTOR = _socket.CMSG_LEN(INT_OCTETS)


class Channel:
    """The connection to the frontend, which may be anything that a user can write."""

    def __init__(self, descriptor: int) -> None:
        self._socket = _socket.socket(fileno=descriptor)
        if self._socket.family != _socket.AF_UNIX or self._socket.type != _socket.SOCK_STREAM:
            raise WireError("the channel is no stream socket")
        try:
            self._socket.getpeername()
        except OSError:  # one that listens would keep us waiting for ever
            raise WireError("the channel is no connected socket") from None
        self.is_in_doubt = False
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def announce(self, size_limit: int | None) -> None:
        """Tell the frontend that a request is welcome, and how many octets a message may have."""
        self._answer(wire.LIMIT, (size_limit or 0).to_bytes(8, "big"))

    def request(self) -> tuple[wire.Request, int | None] | None:
        """Return the next request and the descriptor that came with it; None where the frontend has ended without one.

        WireError for anything else, an end inside the request among it. Descriptors that came are closed then.
        """
        self.is_in_doubt = False
        self._poll.poll()
        deadline = monotonic() + REQUEST_TIMEOUT_S
        head, descriptor = self._head()
        if not head:
            return None
        try:
            head += self._receive(wire.HEAD_OCTETS - len(head), deadline)
            request = wire.parse_request(self._receive(wire.fields_length(head), deadline))
            if descriptor is not None and not isinstance(request, wire.Submission):
                raise WireError("a message came with a request that sends none")
            self._refuse_more()
        except WireError:
            if descriptor is not None:
                os.close(descriptor)
            raise
        return request, descriptor

    def say(self, line: str) -> None:
        """Give the caller a line to read."""
        self._answer(wire.LINE, for_caller(line).encode("ascii", "backslashreplace")[: wire.LINE_LIMIT])

    def show(self, line: str) -> None:
        """Give the caller a line of what was asked for."""
        self._answer(wire.OUTPUT, for_caller(line).encode("ascii", "backslashreplace")[: wire.LINE_LIMIT])

    def doubt(self) -> None:
        """Tell the frontend that from now on the message may be delivered, whatever becomes of us."""
        self.is_in_doubt = True
        self._answer(wire.DOUBT, b"")

    def finish(self, status: int) -> None:
        """Give the exit status, which ends the answer to a request."""
        self._answer(wire.STATUS, status.to_bytes(1, "big"))

    def _head(self) -> tuple[bytes, int | None]:
        """Return the first octets and the descriptor that came with them, if one did; nothing at the end."""
        try:
            received = self._socket.recvmsg(wire.HEAD_OCTETS, ONE_DESCRIPTOR, _socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:  # a frontend that has ended without reading that a request is welcome
            return b"", None
        octets, ancillary, flags, _ = received
        descriptors = [
            int.from_bytes(content[at : at + INT_OCTETS], sys.byteorder)
            for level, kind, content in ancillary
            if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS)
            for at in range(0, len(content), INT_OCTETS)
        ]
        if flags & _socket.MSG_CTRUNC or len(descriptors) > 1:
            for descriptor in descriptors:
                os.close(descriptor)
            raise WireError("more than one descriptor came with the request")
        return octets, descriptors[0] if descriptors else None

    def _receive(self, length: int, deadline: float) -> bytes:
        """Return exactly so many octets. The kernel drops descriptors that come with them: no room is given."""
        octets = bytearray()
        while len(octets) < length:
            if not self._poll.poll(max(0, deadline - monotonic()) * 1000):
                raise WireError("the request was not finished in time")
            try:
                part = self._socket.recv(min(length - len(octets), 1024 * 1024))
            except ConnectionResetError:
                part = b""
            if not part:
                raise WireError("the frontend ended inside the request")
            octets += part
        return bytes(octets)

    def _refuse_more(self) -> None:
        """Refuse octets after the request, and a frontend that has died since: its message must not be delivered.

        In a session, too: the next request comes once this one has its status.

        From here on the kernel sees to that by itself (drop.die_with_frontend).
        """
        if self._poll.poll(0):
            raise WireError("the frontend has ended, or sent more than a request")

    def _answer(self, letter: bytes, content: bytes) -> None:
        """Send an answer; a frontend that is gone or does not read for a minute is not waited for."""
        octets = wire.answer(letter, content)
        try:
            self._socket.settimeout(REQUEST_TIMEOUT_S)
            self._socket.sendall(octets, _socket.MSG_NOSIGNAL)
        except OSError:
            return
        finally:
            self._socket.settimeout(None)

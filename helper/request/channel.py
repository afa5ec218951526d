"""The helper's end of the socketpair: the hello and answers in, text and questions out (helper/request/wire.py)."""

from __future__ import annotations

import _socket
import posix as os
import select
import sys
from time import monotonic

from helper import status
from helper.discreet import for_caller
from helper.failure import InputError, WireError
from helper.request import wire

# The time for the hello, for an answer that has begun, and for the frontend to read a frame. There is no limit for the
# beginning of an answer, because the caller's input may take any time.
FRAME_TIMEOUT_S = 60.0
# A frontend of this version sends the hello at once. One of the version before would wait for a frame for ever.
SILENCE_S = 5.0
INT_OCTETS = 4
ERRNO_MAX = 4095  # of Linux (include/linux/err.h)
# Room for exactly one descriptor. CMSG_SPACE would be rounded up, and two would fit (threat G3).
ONE_DESCRIPTOR = _socket.CMSG_LEN(INT_OCTETS)


class Idle(Exception):
    """The caller has sent nothing for too long."""


class Gone(Exception):
    """The frontend has ended early, or was told to start another version of the helper."""


class Channel:
    """The connection to the frontend, which may be any program that a user can write.

    Every read and write is preceded by poll(2), because the frontend can make the socket blocking at any time.

    The hello sets `input_kind`, what standard input is, and `arguments`, the caller's command line.
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = _socket.socket(fileno=descriptor)
        if self._socket.family != _socket.AF_UNIX or self._socket.type != _socket.SOCK_STREAM:
            raise WireError("the channel is not a stream socket")
        try:
            self._socket.getpeername()
        except OSError:  # one that listens would keep us waiting for ever
            raise WireError("the channel is not a connected socket") from None
        self.is_in_doubt = False
        self._pending = b""  # the rest of a frame that was written in part
        self._is_stalled = False  # it has read nothing for FRAME_TIMEOUT_S, so it is shown nothing more
        self._input = select.poll()
        self._input.register(self._socket, select.POLLIN)
        self._output = select.poll()
        self._output.register(self._socket, select.POLLOUT)
        self.input_kind = wire.OTHER
        self.arguments: tuple[bytes, ...] = ()
        self._is_received = False

    # The hello and the questions

    def receive(self) -> None:
        """Read the hello, once. WireError if it is invalid or cut off, Gone if there is none."""
        if self._is_received:
            return
        deadline = monotonic() + FRAME_TIMEOUT_S
        if not self._input.poll(SILENCE_S * 1000):
            self._send(wire.refusal_of_version_1(status.FAILED), FRAME_TIMEOUT_S)
            raise Gone
        head, descriptor = self._head(wire.HEAD_OCTETS)
        self._keep(descriptor)
        head += self._read_exactly(wire.HEAD_OCTETS - len(head), deadline)
        self.input_kind, count, total = wire.parse_hello(head)
        self.arguments = wire.parse_arguments(self._read_exactly(total, deadline), count)
        self._is_received = True

    def message(self, size_limit: int | None, dot_ends: bool) -> int:
        """Return the descriptor of the caller's message. The frontend claims that it is a sealed memory file.

        InputError if standard input cannot be read, WireError if the frontend answers with anything else.
        """
        self._ask(wire.MESSAGE, (size_limit or 0).to_bytes(8, "big") + bytes([dot_ends]))
        letter, content, descriptor = self._answer(None)
        if (letter, content) == (wire.FILE, b"") and descriptor is not None:
            return descriptor
        close(descriptor)
        number = int.from_bytes(content[:INT_OCTETS], "big")
        if letter == wire.UNREADABLE and len(content) == INT_OCTETS and number <= ERRNO_MAX and descriptor is None:
            raise InputError(input_problem(number))
        raise WireError("no message came")

    def octets(self, most: int, idle_s: float) -> bytes:
        """Return the next octets of standard input, at most `most`, none at its end.

        Idle if nothing comes for `idle_s` seconds.
        """
        self._ask(wire.READ, most.to_bytes(2, "big"))
        letter, content, descriptor = self._answer(idle_s)
        close(descriptor)
        if letter != wire.OCTETS or descriptor is not None or len(content) > most:
            raise WireError("no octets of standard input came")
        return content

    def watch(self) -> None:
        """Raise WireError if the frontend has ended, or has sent something unasked.

        From now on the kernel ends this process when the frontend ends, by the parent-death signal
        (drop.die_with_frontend).
        """
        if self._input.poll(0):
            raise WireError("the frontend has ended, or has sent something unasked")

    def unwatch(self) -> None:
        """Allow the frontend to end, or to answer a question."""

    # Text, doubt and status

    def say(self, line: str) -> None:
        """Write a line to the caller's standard error."""
        self._show(wire.LINE, for_caller(line).encode("ascii", "backslashreplace")[: wire.LINE_LIMIT])

    def show(self, line: str) -> None:
        """Write a line to the caller's standard output."""
        self.write(for_caller(line).encode("ascii", "backslashreplace")[: wire.LINE_LIMIT] + b"\n")

    def write(self, text: bytes) -> None:
        """Write text to the caller's standard output."""
        for at in range(0, len(text), wire.CONTENT_LIMIT):
            self._show(wire.TEXT, text[at : at + wire.CONTENT_LIMIT])

    def doubt(self) -> None:
        """Tell the frontend that from now on the message may be delivered, even if this process is killed.

        WireError if it cannot be told. The message must not be sent then.
        """
        if not self._send(wire.frame(wire.DOUBT), FRAME_TIMEOUT_S):
            raise WireError("the frontend does not read what it is told")
        self.is_in_doubt = True

    def know(self) -> None:
        """Tell the frontend that the doubt is over: the caller knows the outcome."""
        if self.is_in_doubt:
            self.is_in_doubt = False
            self._send(wire.frame(wire.KNOWN), FRAME_TIMEOUT_S)

    def finish(self, status: int, *, drain: bool = False) -> None:
        """Send the exit status, the last frame. With `drain` the frontend first reads standard input to its end."""
        self.unwatch()
        self._send(wire.frame(wire.STATUS, bytes([status, drain])), FRAME_TIMEOUT_S)

    def ask_for_unprivileged(self) -> None:
        """Ask the frontend to start the unprivileged helper."""
        self._send(wire.frame(wire.UNPRIVILEGED), FRAME_TIMEOUT_S)

    def ask_for_socket(self, line: str) -> None:
        """Ask the frontend to use gatepost.socket. If the socket is not open, the caller gets this line."""
        self._send(
            wire.frame(wire.CLOSED, line.encode("ascii", "backslashreplace")[: wire.LINE_LIMIT]), FRAME_TIMEOUT_S
        )

    # Sending

    def _ask(self, letter: bytes, content: bytes) -> None:
        """Send a question. WireError if the frontend does not read it."""
        self.unwatch()
        if not self._send(wire.frame(letter, content), FRAME_TIMEOUT_S):
            raise WireError("the frontend does not read what it is asked")

    def _show(self, letter: bytes, content: bytes) -> None:
        """Send text. Send nothing more to a frontend that has stopped reading."""
        if not self._is_stalled and not self._send(wire.frame(letter, content), FRAME_TIMEOUT_S):
            self._is_stalled = True

    def _send(self, octets: bytes, timeout_s: float) -> bool:
        """Send a frame after the rest of the one before. Return whether all of it was sent.

        If the frontend reads nothing for `timeout_s` seconds, a frame of which nothing was sent is forgotten. The rest
        of a frame that was sent in part is kept, and goes out before the next one: no frame is ever cut off.
        """
        begun, rest = len(self._pending), self._pending + octets
        total = len(rest)
        while rest:
            try:
                sent = self._socket.send(rest, _socket.MSG_NOSIGNAL | _socket.MSG_DONTWAIT)
            except BlockingIOError:
                if not self._output.poll(timeout_s * 1000):
                    break
                continue
            except OSError:  # the frontend has ended
                self._is_stalled = True
                return False
            rest = rest[sent:]
        sent_octets = total - len(rest)
        self._pending = rest if sent_octets > begun else rest[: begun - sent_octets]
        return not rest

    # Receiving

    def _keep(self, descriptor: int | None) -> None:
        """Refuse a descriptor with the hello. Only a helper behind the socket needs one."""
        close(descriptor)
        if descriptor is not None:
            raise WireError("a descriptor came with the hello")

    def _answer(self, idle_s: float | None) -> tuple[bytes, bytes, int | None]:
        """Return letter, content and descriptor of the next frame. Idle if none begins in time."""
        if not self._input.poll(None if idle_s is None else idle_s * 1000):
            raise Idle
        deadline = monotonic() + FRAME_TIMEOUT_S
        head, descriptor = self._head(wire.FRAME_HEAD_OCTETS)
        try:
            head += self._read_exactly(wire.FRAME_HEAD_OCTETS - len(head), deadline)
            content = self._read_exactly(int.from_bytes(head[1:], "big"), deadline)
        except WireError:
            close(descriptor)
            raise
        return head[:1], content, descriptor

    def _head(self, most: int) -> tuple[bytes, int | None]:
        """Return the first octets, and the descriptor that came with them, if any. Gone at the end."""
        try:
            received = self._socket.recvmsg(most, ONE_DESCRIPTOR, _socket.MSG_CMSG_CLOEXEC | _socket.MSG_DONTWAIT)
        except ConnectionResetError:  # the frontend has ended without reading everything
            raise Gone from None
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
            raise WireError("more than one descriptor came at once")
        if not octets:
            raise Gone
        return octets, descriptors[0] if descriptors else None

    def _read_exactly(self, length: int, deadline: float) -> bytes:
        """Return exactly `length` octets. The kernel drops any descriptor that comes with them."""
        octets = bytearray()
        while len(octets) < length:
            if not self._input.poll(max(0.0, deadline - monotonic()) * 1000):
                raise WireError("a frame was not finished in time")
            try:
                part = self._socket.recv(min(length - len(octets), 1024 * 1024), _socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except ConnectionResetError:
                part = b""
            if not part:
                raise WireError("the frontend ended inside a frame")
            octets += part
        return bytes(octets)


def close(descriptor: int | None) -> None:
    """Close a received descriptor, if there is one."""
    if descriptor is not None:
        os.close(descriptor)


def input_problem(number: int) -> str:
    """Return the sentence for an errno of reading standard input."""
    import errno  # few inputs cannot be read

    if number in (errno.EBADF, errno.EISDIR):
        return "standard input cannot be read: it is a directory, or not open for reading"
    if number == errno.EFBIG:
        return "the message is larger than the caller may write (ulimit -f)"
    return f"standard input cannot be read: {os.strerror(number)}"

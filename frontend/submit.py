"""Submit: hand a request to the helper and relay what it answers."""

from __future__ import annotations

import _socket
import sys

from frontend.stdin import write_all
from helper import status, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

CHANNEL = 3
STDOUT = 1
STDERR = 2
NO_ANSWER = b"sendmail: not sent: the helper ended without an answer"
NO_ANSWER_IN_DOUBT = b"sendmail: may have been sent: the helper ended while the smart host was taking the message"


def show(line: bytes, target: int = STDERR) -> None:
    """Write a line to standard error or output, which may be closed; a terminal is not to be steered by it."""
    clean = bytes(octet if 0x20 <= octet < 0x7F else ord("?") for octet in line)
    try:
        write_all(target, clean + b"\n")
    except OSError:
        return


def show_output(line: bytes) -> None:
    """Write a line to standard output."""
    show(line, STDOUT)


class Helper:
    """The connection to the helper; `show` is given each line for standard error, `output` what was asked for."""

    was_given_a_message = False  # one of them was: what goes wrong from then on is no proof that nothing was sent

    def __init__(self, show: Callable[[bytes], None], output: Callable[[bytes], None] = show_output) -> None:
        self._socket = open_channel()
        self._show = show
        self._output = output
        self._is_in_doubt = False
        self._no_answer = NO_ANSWER
        self._received = bytearray()
        self._status: int | None = None

    def size_limit(self) -> int | None:
        """Wait until the helper is ready; return the size limit in octets (0: none), None where it has failed."""
        while self._status is None:
            letter, content = self._answer()
            if letter == wire.LIMIT:
                return int.from_bytes(content, "big")
            self._take(letter, content)
        return None

    def submit(self, request: wire.Request, message: int | None = None) -> None:
        """Send a request, and the descriptor of the message with it. A helper that is gone has said why."""
        self._status, self._is_in_doubt = None, False
        Helper.was_given_a_message |= message is not None
        octets = wire.request_octets(request)
        descriptors = [] if message is None else [message.to_bytes(4, sys.byteorder)]
        ancillary = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptor) for descriptor in descriptors]
        try:
            sent = self._socket.sendmsg([octets], ancillary)
            self._socket.sendall(octets[sent:])
        except OSError:
            return

    def outcome(self) -> int:
        """Show every line that comes, and return the exit status; without a status byte nothing was sent."""
        while self._status is None:
            self._take(*self._answer())
        return self._status

    def _take(self, letter: bytes, content: bytes) -> None:
        if letter == wire.LINE:
            self._show(content)
        elif letter == wire.OUTPUT:
            self._output(content)
        elif letter == wire.DOUBT:
            self._is_in_doubt = True
        elif letter == wire.CLOSED:
            self._do_without_kernel(content)
        elif letter == wire.PERSONAL:
            self._do_without_set_id()
        elif letter == wire.STATUS:
            self._status = content[0]

    def _do_without_kernel(self, closed: bytes) -> None:
        """Take the other door where there is one; else show why the first is closed. The status of that follows."""
        problem = self._take_other_door()
        if problem is not None:
            from frontend.door import why_closed

            self._show(why_closed(closed, problem))

    def _do_without_set_id(self) -> None:
        """Have a helper of the caller's own; who has no configuration of their own takes the other door first."""
        from frontend import personal

        if personal.is_configured() or self._take_other_door() is not None:
            self._socket.close()
            self._socket = personal_channel()

    def _take_other_door(self) -> OSError | None:
        """Go on with a helper that systemd starts for us; return why that cannot be."""
        from frontend import door  # few callers find the first one closed

        try:
            connection = door.knock()
        except OSError as error:
            return error
        self._socket.close()
        self._socket, self._no_answer = connection, door.NO_ANSWER
        self._received.clear()
        return None

    def _answer(self) -> tuple[bytes, bytes]:
        """Return the next answer; a helper that died is a failure that we have to put into words ourselves."""
        while (answer := wire.parse_answer(self._received)) is None:
            try:
                octets = self._socket.recv(64 * 1024)
            except OSError:
                octets = b""
            if not octets:
                self._show(NO_ANSWER_IN_DOUBT if self._is_in_doubt else self._no_answer)
                return wire.STATUS, bytes([status.FAILED])
            self._received += octets
        letter, content, length = answer
        del self._received[:length]
        return letter, content


def open_channel() -> _socket.socket:
    """Return the channel that sendmail has left us; who was not started by it (from a checkout, by pip) has none."""
    try:
        return _socket.socket(fileno=CHANNEL)
    except OSError:
        return personal_channel()


def personal_channel() -> _socket.socket:
    """Return the channel to a helper of the caller's own, which is started here."""
    from frontend import personal  # few sends are without privilege

    personal.start_by_default()
    return _socket.socket(fileno=CHANNEL)

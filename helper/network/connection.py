"""Connection: one connection, with deadlines. Only connecting and looking up names know sockets as well.

Everything is non-blocking, so that each wait is one poll with one deadline, however slow the peer (threat I9), and
writing never waits for a server that waits for us to read.
"""

from __future__ import annotations

import _socket
import select
from time import monotonic

from helper import status
from helper.failure import HostFailed, ReplyError
from helper.network.time_budget import TimeBudget
from helper.smtp.reply import ReplySyntax, take_reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.network.tls import TlsLayer
    from helper.smtp.reply import Reply

RECEIVE_OCTETS = 64 * 1024
HELD_BACK_OCTETS = 256 * 1024  # what write() collects at most before it is sent
# Replies to a group of pipelined commands, taken in while the group is being written: 50,000 of some 80 octets.
HEARD_LIMIT = 4 * 1024 * 1024


class Connection:
    """A connection to a server; private once secure() has been called. Of no use after a HostFailed."""

    def __init__(self, connected: _socket.socket, budget: TimeBudget, hello: bytes | None) -> None:
        """Take over a connected socket that does not block.

        `hello` is what is left to send of the first flight of a TLS handshake, None if the server speaks first.
        """
        self._socket = connected
        self._allowance = budget
        self._heard = bytearray()
        self._unsent = bytearray(hello or b"")
        self._said_hello = hello is not None
        self._tls: TlsLayer | None = None
        self._replies_due = 1  # to what was written; the greeting is due unasked
        self._is_over = False  # the server has closed its side, or the connection broke
        self._sent_octets = 0  # what the kernel has taken
        self._is_inside_message = False  # some of it was written, and its end was not
        self._has_said_goodbye = False
        self._has_ended_tls = False
        self._message_end: int | None = None  # what _sent_octets reaches when the message is out

    @property
    def message_is_out(self) -> bool:
        """Return whether the kernel has taken the end of the message: from now on it may be delivered."""
        return self._message_end is not None and self._sent_octets >= self._message_end

    def secure(self, layer: TlsLayer, timeout_s: float) -> None:
        """Start TLS. HostFailed if the handshake fails, or if the server sent anything before it.

        Text between the reply to STARTTLS and the handshake can be from an attacker on the network, and would be
        accepted as if it had come through TLS (CVE-2011-0411, CVE-2021-38371).
        """
        deadline = self._allowance.deadline(timeout_s)
        try:
            self._send(deadline)
            if not self._said_hello and (self._heard or self._has_arrived()):
                problem = (
                    "the server sent octets before the handshake: a port without TLS, or an attacker on the network"
                )
                raise HostFailed(f"TLS: {problem}", status.PROTOCOL)
            flight, is_finished = layer.shake_hands(b"")
            while not is_finished:
                self._unsent += flight
                self._send(deadline)
                octets = self._receive(deadline)
                if self._is_over:
                    raise HostFailed("TLS: the connection was lost during the handshake", status.TEMPORARY)
                flight, is_finished = layer.shake_hands(octets)
        except TimeoutError:
            within = self._allowance.within(timeout_s)
            raise HostFailed(f"TLS: the handshake was not finished {within}", status.TEMPORARY) from None
        self._unsent += flight  # goes out with the first command
        self._tls = layer
        self._hear(b"")  # with the end of the handshake, the greeting may have come already

    def command(self, octets: bytes, name: str) -> None:
        """Hold commands back until a reply is wanted; each line of them will have one.

        ReplyError if the server has said more than it was asked: each later reply would be taken for the one to
        the next command, and the refusal of the last recipient be read after the message has gone.
        """
        if not self._replies_due:
            self._listen()
            if self._heard:
                raise ReplyError(name, "came before the command")
        self._replies_due += octets.count(b"\n")
        self.write(octets)

    def write(self, octets: bytes) -> None:
        """Hold octets back until a reply is wanted."""
        self._unsent += self._tls.encrypt(octets) if self._tls else octets

    def may_go_on(self, octets: bytes, timeout_s: float) -> bool:
        """Write octets of a message, sending when they are many; False if it is of no use to write more of it.

        A server that has gone, or answers before the end, has not taken the message: what it said is read next, and
        the end is not sent. HostFailed if the server takes nothing in time.
        """
        self._listen()
        if self._is_over or (self._heard and not self._replies_due):
            return False
        self.write(octets)
        self._is_inside_message = True
        try:
            if len(self._unsent) >= HELD_BACK_OCTETS:
                self._send(self._allowance.deadline(timeout_s))
        except TimeoutError:
            within = self._allowance.within(timeout_s)
            raise HostFailed(f"the message: not accepted {within}", status.TEMPORARY) from None
        return True

    def end_message(self, timeout_s: float) -> None:
        """Note that what was written last ends the message; all replies from now on share this time."""
        self._allowance = TimeBudget(timeout_s)
        self._is_inside_message = False
        self._message_end = self._sent_octets + len(self._unsent)
        self._replies_due += 1

    def read_reply(self, command: str, timeout_s: float) -> Reply:
        """Send what was held back and return the next reply.

        HostFailed if none comes in time or the connection is lost; ReplyError if what comes is none.
        """
        deadline = self._allowance.deadline(timeout_s)
        try:
            self._send(deadline)
            while (reply := self._take_reply(command)) is None:
                self._hear(self._receive(deadline))
        except TimeoutError:
            within = self._allowance.within(timeout_s)
            raise HostFailed(f"{command}: no reply {within}", status.TEMPORARY) from None
        self._replies_due -= 1
        return reply

    def say_goodbye(self) -> None:
        """Send QUIT, and what is held back before it, as far as the kernel takes it now; nobody waits for an answer.

        Not inside a message that is left unfinished: it would be a part of it, and all that a short chunk still lacks.
        The end of TLS goes with it. Where replies are still due, it waits for close(): some servers that hear it take
        the client for gone, and neither finish with the message nor say what became of it.
        """
        if self._is_inside_message:
            return
        self.write(b"QUIT\r\n")
        self._has_said_goodbye = True
        if self._replies_due:
            self._send_now()
        else:
            self._end_tls()

    def close(self) -> None:
        """Close without another octet of what is held back, which could be the end of a message."""
        if self._has_said_goodbye and not self._unsent:
            self._end_tls()
        self._socket.close()

    def _end_tls(self) -> None:
        """Send what ends TLS, once, and what is held back before it."""
        if self._tls is not None and not self._has_ended_tls:
            self._has_ended_tls = True
            self._unsent += self._tls.end()
        self._send_now()

    def _send_now(self) -> None:
        """Send what is held back as far as the kernel takes it now."""
        if self._unsent and not self._is_over:
            self._send_some()

    def _take_reply(self, command: str) -> Reply | None:
        try:
            reply = take_reply(self._heard)
        except ReplySyntax as error:
            raise ReplyError(command, error.problem) from None
        if reply is None and self._is_over:
            raise HostFailed(f"{command}: the connection was lost before the reply", status.TEMPORARY)
        return reply

    def _send(self, deadline: float) -> None:
        """Hand all that was held back to the kernel, listening meanwhile; a server that has gone is no error yet.

        What a server said before it went, such as a refusal, is more than the fact that it went.
        """
        while self._unsent and not self._is_over:
            self._send_some()
            if self._unsent and not self._is_over:
                listening = select.POLLIN if len(self._heard) < HEARD_LIMIT else 0
                if self._wait(select.POLLOUT | listening, deadline) & select.POLLIN:
                    self._listen()

    def _send_some(self) -> None:
        try:
            count = self._socket.send(self._unsent, _socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return
        except OSError:
            self._is_over = True
            return
        self._sent_octets += count
        del self._unsent[:count]

    def _hear(self, octets: bytes) -> None:
        self._heard += self._tls.decrypt(octets) if self._tls else octets

    def _listen(self) -> None:
        """Take in what has arrived, without waiting."""
        if not self._is_over and len(self._heard) < HEARD_LIMIT:
            self._hear(self._receive_now() or b"")

    def _receive(self, deadline: float) -> bytes:
        """Wait for octets; none at all means that the connection is over."""
        while (octets := self._receive_now()) is None:
            self._wait(select.POLLIN, deadline)
        return octets

    def _receive_now(self) -> bytes | None:
        """Return what has arrived, None for nothing yet."""
        try:
            octets = self._socket.recv(RECEIVE_OCTETS)
        except BlockingIOError:
            return None
        except OSError:
            octets = b""
        self._is_over = self._is_over or not octets
        return octets

    def _has_arrived(self) -> bool:
        """Return whether the kernel has received octets."""
        try:
            return bool(self._socket.recv(1, _socket.MSG_PEEK))
        except OSError:
            return False

    def _wait(self, events: int, deadline: float) -> int:
        """Wait for one of the events and return those that came. TimeoutError at the deadline (monotonic clock)."""
        poll = select.poll()
        poll.register(self._socket, events)
        left_s = deadline - monotonic()
        ready = poll.poll(left_s * 1000) if left_s > 0 else []
        if not ready:
            raise TimeoutError
        return ready[0][1]

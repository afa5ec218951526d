"""The octets of one connection, seen from a server whose connection suffers one fault."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from tests.support.faults import CORRUPTIONS, DEAF, Fault, Record, Tap
from tests.support.received import Session
from tests.support.stream import Gone, Stream

PAUSE_S = 0.001
HANGING_UP_S = 30  # a client that has not hung up by then never will


class FaultyStream(Stream):
    """A stream with a tap at each layer. TLS goes through memory, so that its octets pass the taps too."""

    def __init__(
        self, connection: socket.socket, session: Session, stopping: threading.Event, fault: Fault | None
    ) -> None:
        super().__init__(connection, session, stopping)
        self.record = Record()
        places = [(way, layer) for way in ("out", "in") for layer in ("clear", "carried")]
        self._taps = {place: Tap(fault if fault and (fault.way, fault.layer) == place else None) for place in places}
        self._tls: ssl.SSLObject | None = None
        self._from_wire, self._to_wire = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._unheard = b""  # carried after the place where the incoming stream is cut
        self._is_broken = False  # what is carried no longer tells the client what is said
        self._ended = False

    # What the server says

    def send(self, octets: bytes) -> None:
        self.record.meant += octets
        self._let_out("clear", octets, self._carry)

    def _carry(self, octets: bytes) -> None:
        if self._tls is not None:
            self._tls.write(octets)
            carried = self._to_wire.read()
        else:
            carried = octets
        try:
            self._let_out("carried", carried, self._write)
        finally:
            if not self._is_broken:
                self.record.crossed += octets

    def _let_out(self, layer: str, octets: bytes, onwards: Callable[[bytes], None]) -> None:
        before, fault, after = self._taps["out", layer].split(octets)
        if fault is None:
            onwards(before)
            return
        self.record.acted = True
        if fault.kind in CORRUPTIONS:
            self._is_broken = layer == "carried"
            onwards(before + fault.corrupted(after))
            return
        if before:
            onwards(before)
        if fault.kind != "pause":
            self._is_broken = layer == "carried"
            self._end(fault)
        time.sleep(PAUSE_S)
        onwards(after)

    def say_goodbye_and_go_on_in_clear(self, octets: bytes) -> None:
        """End TLS with a close_notify, and say this behind it."""
        assert self._tls is not None
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._let_out("carried", self._to_wire.read() + octets, self._write)

    def _write(self, octets: bytes) -> None:
        try:
            self._connection.settimeout(HANGING_UP_S)
            self._connection.sendall(octets)
        except OSError as error:
            raise Gone(f"closed by the client ({error})") from None

    # What the server hears

    def _receive(self, timeout_s: float) -> bool:
        if self._over:
            return False
        tap = self._taps["in", "clear"]
        if tap.left == 0 and timeout_s:
            self._cut(tap)
        octets = b"" if tap.left == 0 else self._listen(timeout_s)
        if not octets:
            return False
        octets = octets[: tap.left]
        tap.passed += len(octets)
        self._session.transcript.append(("C", octets))
        self._input += octets
        return bool(octets)

    def _listen(self, timeout_s: float) -> bytes:
        """Return what came in, in clear; nothing where nothing came."""
        octets = self._decrypted(b"") if self._tls is not None else b""
        while not octets and (carried := self._listen_to_carrier(timeout_s)) is not None:
            octets = self._decrypted(carried)
        self.record.heard += octets
        return octets

    def _listen_to_carrier(self, timeout_s: float) -> bytes | None:
        tap = self._taps["in", "carried"]
        if tap.left == 0:
            if timeout_s:
                self._cut(tap)
            return None
        try:
            self._connection.settimeout(timeout_s)
            octets = self._connection.recv(65536)
        except (TimeoutError, BlockingIOError):
            return None
        except OSError as error:
            self._over = f"closed by the client ({error})"
            return None
        if not octets:
            self._over = "closed by the client"
            return None
        octets, self._unheard = octets[: tap.left], octets[tap.left :] if tap.left is not None else b""
        tap.passed += len(octets)
        return octets

    def _decrypted(self, carried: bytes) -> bytes:
        if self._tls is None:
            return carried
        self._from_wire.write(carried)
        octets = b""
        try:
            while part := self._tls.read(65536):
                octets += part
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:  # an alert of the client's
            self._over = f"closed by the client ({error})"
        return octets

    def _cut(self, tap: Tap) -> NoReturn:
        assert tap.fault is not None
        self.record.acted = True
        self._end(tap.fault)

    # TLS

    def shake_hands(self, context: ssl.SSLContext) -> None:
        assert not self._input, "octets before the handshake"
        tls = context.wrap_bio(self._from_wire, self._to_wire, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._carry_handshake(self._to_wire.read())
            except ssl.SSLError as error:
                self._session.tls_error = str(error)
                with contextlib.suppress(Gone):
                    self._carry_handshake(self._to_wire.read())
                raise Gone("the TLS handshake failed") from None
            carried = self._listen_to_carrier(HANGING_UP_S)
            if carried is None:
                raise Gone(self._over or "the client was silent")
            self._from_wire.write(carried)
        self._tls = tls
        self._session.tls = tls.version()
        self._carry_handshake(self._to_wire.read())

    def _carry_handshake(self, octets: bytes) -> None:
        if octets:
            self._let_out("carried", octets, self._write)

    def first_octet(self) -> bytes:
        # Whether it is a handshake, OpenSSL says.
        return b"\x16"

    def channel_binding(self) -> tuple[bytes, bytes] | None:
        if self._tls is None or self._tls.version() != "TLSv1.2":
            return None
        return b"tls-unique", self._tls.get_channel_binding("tls-unique") or b""

    # The end

    def _end(self, fault: Fault) -> NoReturn:
        self._ended = True
        if fault.kind == "close":
            self._hang_up()
        elif fault.kind == "silent":
            self._drain()
        elif fault.kind == DEAF:
            self.record.heard_all = False
            self.wait_for_end()
        else:
            self.reset()
        raise Gone(f"the fault: {fault}")

    def close(self) -> None:
        if not self._ended:
            with contextlib.suppress(Gone, OSError):
                self.flush()
        if not self._ended:  # by the fault
            self._ended = True
            self._hang_up()
        self._connection.close()
        self.record.passed = {place: tap.passed for place, tap in self._taps.items()}

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
        self._drain()

    def _drain(self) -> None:
        """Take what the client still says until it hangs up."""
        octets = self._unheard
        self._connection.settimeout(HANGING_UP_S)
        with contextlib.suppress(OSError):
            while more := self._connection.recv(65536):
                octets += more
        self._connection.close()
        self.record.heard += self._decrypted(octets)

    def reset(self) -> None:
        self._ended = True
        self.record.heard_all = False
        with contextlib.suppress(OSError):
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

"""A real mail server on loopback, with another certificate at each of its three addresses, and what arrives there."""

from __future__ import annotations

import itertools
import secrets
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.support.certificates import Certificate, Certificates
from tests.support.process import children_of, wait_for
from tests.support.realservers.world import HOSTNAME, Program, connections, own_addresses, start

USER = "ws1"
MAILBOXES = ("carol", "dave")  # at example.org; nobody else is known there
INTERNATIONAL = "j\u00f6rg"  # the same, where SMTPUTF8 is offered
NOT_YOURS = "somebody@example.net"  # a reverse-path that USER may not have
SIZE_LIMIT = 5_000_000
PORTS = itertools.count(2587)  # each server of a test process has two others


@dataclass(frozen=True)
class Endpoint:
    """One address and port, with what Installation.configure_relay wants to know of a smart host."""

    tls: str
    port: int
    certificate: Certificate
    auth: Mapping[str, str]
    etc: Mapping[str, str]  # for Installation.send: makes the name stand for the address
    address: str = HOSTNAME
    allow_plaintext_auth: bool = False


@dataclass(frozen=True)
class Arrival:
    """A message in a mailbox. Its line ends are CRLF, whatever the server writes."""

    mailbox: str
    reverse_path: bytes
    octets: bytes

    @property
    def header(self) -> bytes:
        """Return the header section without the empty line that ends it."""
        return self.octets.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        """Return what follows the empty line."""
        return self.octets.partition(b"\r\n\r\n")[2]


class RealServer:
    """Run between `with` and its end. AssertionError with what the program said where it does not start."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self.folder = folder
        self._certificates = certificates
        self.password = secrets.token_urlsafe(18)  # of USER
        self.addresses = own_addresses()
        self.ports = {"starttls": next(PORTS), "implicit": next(PORTS)}
        self._program = self.program()
        self._process: subprocess.Popen[bytes]

    def program(self) -> Program:
        """Return what is started."""
        raise NotImplementedError

    def endpoint(self, tls: str, certificate: str = "good") -> Endpoint:
        """Return where to connect to."""
        etc = {"hosts": f"127.0.0.1 localhost\n{self.addresses[certificate]} {HOSTNAME}\n"}
        presented = getattr(self._certificates, certificate)
        return Endpoint(tls, self.ports[tls], presented, {USER: self.password}, etc)

    # What came of a send

    def arrivals(self) -> list[Arrival]:
        """Return what lies in the mailboxes, once every connection has ended and no message is under way."""
        self.settle()
        return [arrival_in(file) for file in sorted(self._mailboxes())]

    def settle(self) -> None:
        """Wait until the server has nothing to do."""
        wait_for(self._is_idle, "the server to have nothing to do")

    def empty(self) -> None:
        """Settle, and take the messages out of the mailboxes."""
        self.settle()
        for file in self._mailboxes():
            file.unlink()

    def said(self) -> str:
        """Return what the server has said and logged."""
        files = [self.folder / "said", *self._root.glob("var/log/**/*log")]
        return "".join(file.read_text("utf-8", "replace") for file in files)

    # Beginning and end

    def __enter__(self) -> Self:
        self._process = start(self._program, self.folder, self._certificates)
        try:
            wait_for(self._is_ready, "a server that takes connections")
        except BaseException as error:
            error.add_note(self.said())
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        wait_for(lambda: not self._is_listening(), "the server's end")
        shutil.rmtree(self.folder)

    @property
    def _root(self) -> Path:
        """The server's root folder, as the first process of its namespaces has it; none once that has ended."""
        first = (children_of(self._process.pid) or [0])[0]
        return Path(f"/proc/{first}/root{self.folder}/mount/root")

    def _mailboxes(self) -> list[Path]:
        return list(self._root.glob("mail/*/new/*"))

    def _is_idle(self) -> bool:
        assert self._process.poll() is None, "the server has ended"
        under_way = (file for queue in self._program.queues for file in self._root.glob(queue))
        return not connections(self.addresses.values(), self.ports.values()) and next(under_way, None) is None

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, "the server has ended"
        try:
            for address in self.addresses.values():
                socket.create_connection((address, self.ports["implicit"]), timeout=10).close()
                with socket.create_connection((address, self.ports["starttls"]), timeout=10) as connection:
                    assert connection.recv(4) == b"220 "
        except ConnectionRefusedError:
            return False
        return True

    def _is_listening(self) -> bool:
        with socket.socket() as connection:
            return connection.connect_ex((self.addresses["good"], self.ports["starttls"])) == 0


def arrival_in(file: Path) -> Arrival:
    """Read a message in a maildir. At the top stands its reverse-path; OpenSMTPD leaves the null one out."""
    octets = file.read_bytes().replace(b"\n", b"\r\n")
    name, _, reverse_path = octets.partition(b"\r\n")[0].partition(b": ")
    return Arrival(file.parts[-3], reverse_path.strip(b"<>") if name.lower() == b"return-path" else b"", octets)

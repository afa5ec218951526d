"""A name server on loopback that says what a test wants, also what no honest one would."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset

PORT = 53
Zone = Mapping[tuple[str, str], list[str] | None]


class NameServer:
    """Answers from a zone: (name, kind) to records in presentation format; None: the name does not exist.

    A name of which nothing is said exists without records of that kind. `change` may bend each answer. Where `signed`
    says that it verifies signatures, answers have the AD bit for who asks with it.
    """

    def __init__(
        self, zone: Zone, change: Callable[[dns.message.Message], bytes | None] | None = None, signed: bool = False
    ) -> None:
        self.address = f"127.77.{os.getpid() >> 8 & 255}.{os.getpid() & 255 or 1}"
        self.zone = zone
        self.change = change or dns.message.Message.to_wire
        self.signed = signed
        self.asked: list[tuple[str, str]] = []

    @property
    def resolv_conf(self) -> str:
        """The /etc/resolv.conf of who is to ask it."""
        return f"nameserver {self.address}\noptions timeout:1 attempts:1\n"

    def answer(self, octets: bytes) -> bytes | None:
        """Return the answer to a query, None to stay silent."""
        query = dns.message.from_wire(octets)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if self.signed:
            response.flags |= query.flags & dns.flags.AD
        question_name = question.name
        if alias := self.zone.get((name, "CNAME")):
            response.answer.append(dns.rrset.from_text(question_name, 60, "IN", "CNAME", *alias))
            question_name = dns.name.from_text(alias[0])
            name = question_name.to_text(omit_final_dot=True).lower()
        records = self.zone.get((name, kind), [])
        if records is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif records:
            response.answer.append(dns.rrset.from_text(question_name, 60, "IN", kind, *records))
        return self.change(response)


@contextlib.contextmanager
def name_server(
    zone: Zone, change: Callable[[dns.message.Message], bytes | None] | None = None, signed: bool = False
) -> Iterator[NameServer]:
    """Run a name server by UDP until the end of the block."""
    server = NameServer(zone, change, signed)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((server.address, PORT))
        sock.settimeout(0.1)
        ended = threading.Event()
        thread = threading.Thread(target=serve, args=(server, sock, ended))
        thread.start()
        try:
            yield server
        finally:
            ended.set()
            thread.join()


def serve(server: NameServer, sock: socket.socket, ended: threading.Event) -> None:
    """Answer queries until the end."""
    while not ended.is_set():
        with contextlib.suppress(TimeoutError):
            octets, client = sock.recvfrom(4096)
            response = server.answer(octets)
            if response is not None:
                sock.sendto(response, client)

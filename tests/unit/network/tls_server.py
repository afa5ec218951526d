"""A server's side of TLS in memory, and handshakes with it."""

from __future__ import annotations

import contextlib
import hashlib
import ssl

import pytest

from helper.failure import HostFailed
from helper.network.certificate import public_key_info
from helper.network.own_certificate import OwnCertificate
from helper.network.tls import TlsLayer
from helper.network.trust import Trust, check_pins
from helper.secret import Secret

NAME = "smtp.test"


class Server:
    """A server's side of a TLS session, in memory."""

    def __init__(self, certificate, *, client_ca=None, maximum=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(certificate.chain, certificate.key)
        if maximum is not None:
            context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, maximum
        if client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self._in, self._out, server_side=True)

    def respond(self, flight: bytes) -> bytes:
        """Return what a client's flight is answered with; an alert, where the server gives up."""
        self._in.write(flight)
        with contextlib.suppress(ssl.SSLError):
            self.session.do_handshake()
            self.session.read(1)
        return self._out.read()

    def say(self, octets: bytes) -> bytes:
        """Return what carries these octets."""
        self.session.write(octets)
        return self._out.read()

    def hear(self, octets: bytes) -> bytes:
        """Return what was said in these octets."""
        self._in.write(octets)
        return self.session.read(1024)

    def has_been_told_the_end(self) -> bool:
        """Say whether the client has ended TLS in good order, and has said nothing else."""
        try:
            return self.session.read(1) == b""
        except ssl.SSLWantReadError:
            return False

    def say_goodbye(self) -> bytes:
        """Return what ends TLS in good order."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.session.unwrap()
        return self._out.read()


def shake_hands(layer: TlsLayer, server: Server) -> None:
    """Hold the handshake to its end, and hear what the server says right after it."""
    flight, is_finished = layer.shake_hands(b"")
    while not is_finished:
        flight, is_finished = layer.shake_hands(server.respond(flight))
    layer.decrypt(server.respond(flight))


def failure_of(trust: Trust, server: Server) -> HostFailed:
    with pytest.raises(HostFailed) as caught:
        shake_hands(TlsLayer(trust), server)
    return caught.value


def pin_of(certificate) -> bytes:
    return hashlib.sha256(public_key_info(der_of(certificate))).digest()


def der_of(certificate) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.chain.read_text())


def pinned(*pins):
    return (lambda certificate: check_pins(certificate, pins),)


def own(certificate, key=None) -> OwnCertificate:
    key = key or certificate.key
    files = [(str(file), Secret(file.read_bytes())) for file in (certificate.chain, key)]
    return OwnCertificate(*files[0], *files[1])

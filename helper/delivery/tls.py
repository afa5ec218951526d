"""TLS without a socket: contexts, and the layer between a dialogue and the network. `ssl` is imported only here.

Only the configuration decides what is trusted: OpenSSL's environment variables (SSL_CERT_FILE, OPENSSL_CONF) and
Python's SSLKEYLOGFILE have no part in it, since the launcher leaves none of them and SSLContext() reads none.
"""

from __future__ import annotations

import os
import ssl

from helper import status
from helper.failure import ConfigError, HostFailed
from helper.record import Record


class Trust(Record):
    """Whose certificates are accepted, from the configuration; None for the system's store."""

    verify: bool
    ca_file: str | None
    ca_path: str | None
    minimum: str  # "1.2", "1.3"


def make_context(trust: Trust) -> ssl.SSLContext:
    """Return a client's context. ConfigError where there is nothing to verify a certificate against."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if trust.minimum == "1.3" else ssl.TLSVersion.TLSv1_2
    if not trust.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    file, folder = (trust.ca_file, trust.ca_path) if trust.ca_file or trust.ca_path else trust_store()
    try:
        context.load_verify_locations(file, folder)
    except OSError:
        raise ConfigError(file or folder or "", "holds no CA certificate that can be read") from None
    return context


def trust_store() -> tuple[str | None, str | None]:
    """Return the system's CA certificates as (file, folder): the hashed folder, read as needed, if there is one.

    The names are those that OpenSSL was built with, never those that an environment variable gives.
    """
    built_in = ssl.get_default_verify_paths()
    file, folder = built_in.openssl_cafile, built_in.openssl_capath
    try:
        hashed = any(name.endswith(".0") for name in os.listdir(folder))
    except OSError:
        hashed = False
    if hashed:
        return None, folder
    return file, None


class TlsLayer:
    """One TLS session: what the network brings goes in, what it has to carry comes out."""

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_hostname=server_name)

    @property
    def version(self) -> str:
        """Return the protocol version, as "TLSv1.3"."""
        return self._object.version() or ""

    def channel_binding(self) -> tuple[str, bytes] | None:
        """Return name and data of what only this TLS session and the server's side of it share; None for nothing.

        tls-unique of TLS 1.2 (RFC 5929): what breaks it is a session that was resumed (RFC 7627, section 1), and ours
        never is. In TLS 1.3 it means nothing (RFC 8446, appendix C.5), though OpenSSL has one there; tls-exporter,
        which took its place (RFC 9266), is out of reach: Python's ssl exports no keying material.
        """
        octets = self._object.get_channel_binding("tls-unique") if self.version == "TLSv1.2" else None
        return ("tls-unique", octets) if octets else None

    def shake_hands(self, received: bytes) -> tuple[bytes, bool]:
        """Go on with the handshake; return what to send, and whether it is finished. HostFailed when it fails."""
        self._in.write(received)
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return self._out.read(), False
        except ssl.SSLCertVerificationError as error:
            reason = f"TLS: the certificate was not accepted: {error.verify_message.rstrip('.')}"
            raise HostFailed(reason, status.UNAVAILABLE) from None
        except ssl.SSLError as error:
            raise HostFailed(f"TLS: the handshake failed: {describe(error)}", status.UNAVAILABLE) from None
        return self._out.read(), True

    def encrypt(self, octets: bytes) -> bytes:
        """Return what carries these octets."""
        rest = memoryview(octets)
        while rest:
            rest = rest[self._object.write(rest) :]  # a record of 16 KiB at a time
        return self._out.read()

    def decrypt(self, received: bytes) -> bytes:
        """Return what was said in these octets and in what was left of earlier ones.

        HostFailed where they were tampered with. Whether the end of the connection was announced (close_notify) does
        not matter: only a complete reply counts.
        """
        self._in.write(received)
        said = b""
        try:
            while part := self._object.read(64 * 1024):
                said += part
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            raise HostFailed(f"TLS: the connection broke: {describe(error)}", status.TEMPORARY) from None
        return said


def describe(error: ssl.SSLError) -> str:
    """Return OpenSSL's reason in lower-case words: WRONG_VERSION_NUMBER is "wrong version number"."""
    return (error.reason or "unknown error").replace("_", " ").lower()

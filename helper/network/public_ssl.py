"""The names of openssl.py, made of the public `ssl`: for a Python whose `_ssl` lacks one of them."""

from __future__ import annotations

import ssl
from ssl import (
    CERT_NONE,
    OP_NO_RENEGOTIATION,
    PROTOCOL_TLS_CLIENT,
    VERIFY_X509_PARTIAL_CHAIN,
    MemoryBIO,
    SSLCertVerificationError,
    SSLError,
    SSLWantReadError,
)
from ssl import SSLContext as Context

__all__ = (
    "CERT_NONE",
    "ENCODING_DER",
    "OP_NO_RENEGOTIATION",
    "PROTOCOL_TLS_CLIENT",
    "TLS_1_2",
    "TLS_1_3",
    "VERIFY_X509_PARTIAL_CHAIN",
    "Context",
    "MemoryBIO",
    "SSLCertVerificationError",
    "SSLError",
    "SSLWantReadError",
    "get_default_verify_paths",
    "wrap",
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TLS_1_2 = ssl.TLSVersion.TLSv1_2
TLS_1_3 = ssl.TLSVersion.TLSv1_3
ENCODING_DER = 2  # what Certificate.public_bytes() takes; openssl/x509.h has no name for it


class Certificate:
    """A certificate of a chain, in DER."""

    def __init__(self, der: bytes) -> None:
        self._der = der

    def public_bytes(self, _encoding: int) -> bytes:
        """Return it in DER."""
        return self._der


class TlsSession:
    """An SSLObject by the names that `_ssl` has for its methods."""

    def __init__(self, session: ssl.SSLObject) -> None:
        self._session = session
        self.shutdown = session.unwrap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def get_unverified_chain(self) -> list[Any]:
        """Return the certificates that the server has shown; before Python 3.13 only a private attribute has them."""
        if hasattr(self._session, "get_unverified_chain"):
            return [Certificate(der) for der in self._session.get_unverified_chain()]
        return getattr(self._session, "_sslobj").get_unverified_chain() or []  # noqa: B009 # typeshed has no name for it


def wrap(
    context: ssl.SSLContext, incoming: MemoryBIO, outgoing: MemoryBIO, _: bool, *, server_hostname: str | None
) -> TlsSession:
    """Return a client's session. As octets the name is not sent through the codec for internationalised names."""
    name = None if server_hostname is None else server_hostname.encode("ascii")
    return TlsSession(context.wrap_bio(incoming, outgoing, server_hostname=name))


def get_default_verify_paths() -> tuple[str, str, str, str]:
    """Return what `_ssl` does: a variable's name and a file, a variable's name and a directory."""
    paths = ssl.get_default_verify_paths()
    return paths.openssl_cafile_env, paths.openssl_cafile, paths.openssl_capath_env, paths.openssl_capath

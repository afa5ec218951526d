"""OpenSSL by `_ssl`, the C module that `ssl` is made of.

Importing `ssl` takes 10 ms of each send with TLS, for enumerations and sockets that nothing here uses. A test compares
the two on each Python. Where a Python lacks one of these names, `public_ssl` makes them of `ssl`.
"""

from __future__ import annotations

from helper.failure import SystemFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    TlsSession = Any  # `_ssl` has no name for it

try:
    from _ssl import (
        CERT_NONE,
        ENCODING_DER,
        OP_NO_RENEGOTIATION,
        PROTOCOL_TLS_CLIENT,
        VERIFY_X509_PARTIAL_CHAIN,
        MemoryBIO,
        SSLCertVerificationError,
        SSLError,
        SSLWantReadError,
        get_default_verify_paths,
    )
    from _ssl import PROTO_TLSv1_2 as TLS_1_2
    from _ssl import PROTO_TLSv1_3 as TLS_1_3
    from _ssl import _SSLContext as Context

    wrap = Context._wrap_bio  # type: ignore[attr-defined] # typeshed has no name for it
except (ImportError, AttributeError):
    from helper.network.public_ssl import (
        CERT_NONE,
        ENCODING_DER,
        OP_NO_RENEGOTIATION,
        PROTOCOL_TLS_CLIENT,
        TLS_1_2,
        TLS_1_3,
        VERIFY_X509_PARTIAL_CHAIN,
        Context,
        MemoryBIO,
        SSLCertVerificationError,
        SSLError,
        SSLWantReadError,
        get_default_verify_paths,
        wrap,
    )

__all__ = (
    "CERT_NONE",
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
    "begin_session",
    "built_in_trust_store",
    "certificate_shown",
)


def begin_session(context: Context, incoming: MemoryBIO, outgoing: MemoryBIO, server_name: str) -> TlsSession:
    """Return a client's session that asks for a server by name (SNI) and checks that name if the context says so.

    SystemFault for a context that checks names and is given none: OpenSSL would skip the check and say nothing.
    """
    if context.check_hostname and not server_name:
        raise SystemFault("a defect in Gatepost: TLS was given no name to verify")
    return wrap(context, incoming, outgoing, False, server_hostname=server_name or None)


def built_in_trust_store() -> tuple[str, str]:
    """Return (file, directory) of the CA certificates that OpenSSL was built with; no environment variable counts."""
    _, file, _, directory = get_default_verify_paths()
    return file, directory


def certificate_shown(session: TlsSession) -> bytes:
    """Return the certificate that the server has shown, in DER, whether it was accepted or not; b"" for none.

    Unlike getpeercert(), this has it before the end of a handshake and after an alert.
    """
    chain = session.get_unverified_chain()
    return bytes(chain[0].public_bytes(ENCODING_DER)) if chain else b""

"""TLS without a socket: contexts, and the layer between a dialogue and the network.

Only the configuration decides what is trusted: OpenSSL's environment variables (SSL_CERT_FILE, OPENSSL_CONF) and
Python's SSLKEYLOGFILE have no effect. The launcher leaves none of them, and a new context reads none.
"""

from __future__ import annotations

import posix as os

from helper import status
from helper.failure import ConfigError, HostFailed
from helper.network import openssl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.network.trust import Trust


def make_context(trust: Trust) -> openssl.Context:
    """Return a client's context. ConfigError if there is nothing to verify a certificate against."""
    context = openssl.Context(openssl.PROTOCOL_TLS_CLIENT)
    # What was verified, and what an authentication was tied to, is the session of the first handshake.
    context.options |= openssl.OP_NO_RENEGOTIATION
    context.minimum_version = openssl.TLS_1_3 if trust.minimum == "1.3" else openssl.TLS_1_2
    if trust.own_certificate is not None:
        from helper.network.own_certificate import present

        present(trust.own_certificate, context)
    if trust.anchors:
        trust_anchors(context, trust.anchors)
    elif trust.verify:
        file, directory = (trust.ca_file, trust.ca_path) if trust.ca_file or trust.ca_path else trust_store()
        try:
            context.load_verify_locations(file, directory)
        except OSError:
            raise ConfigError(file or directory or "", "contains no readable CA certificate") from None
    else:
        context.check_hostname = False
        context.verify_mode = openssl.CERT_NONE
    return context


def trust_anchors(context: openssl.Context, anchors: tuple[bytes, ...]) -> None:
    """Trust what these certificates have signed, also where they are no roots, and nothing else (RFC 7671, 5.2)."""
    context.verify_flags |= openssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=b"".join(anchors))
    except (OSError, ValueError):
        raise HostFailed("DANE: the certificate in its TLSA record cannot be read", status.UNAVAILABLE) from None


def trust_store() -> tuple[str | None, str | None]:
    """Return the system's CA certificates as (file, directory): a hashed directory, read as needed, is preferred."""
    file, directory = openssl.built_in_trust_store()
    try:
        is_hashed = any(name.endswith(".0") for name in os.listdir(directory))
    except OSError:
        is_hashed = False
    if is_hashed:
        return None, directory
    return file, None


class TlsLayer:
    """One TLS session: what the network brings goes in, what it has to carry comes out."""

    def __init__(self, trust: Trust) -> None:
        self._in = openssl.MemoryBIO()
        self._out = openssl.MemoryBIO()
        self._session = openssl.begin_session(make_context(trust), self._in, self._out, trust.server_name)
        self._trust = trust

    @property
    def version(self) -> str:
        """Return the protocol version, as "TLSv1.3"."""
        return self._session.version() or ""

    @property
    def cipher(self) -> str:
        """Return the name of the cipher suite, as "TLS_AES_256_GCM_SHA384"."""
        agreed = self._session.cipher()
        return agreed[0] if agreed else ""

    @property
    def certificate(self) -> bytes:
        """Return the smart host's certificate in DER, verified or not, once the handshake is over.

        Python has it no longer where an alert ended the session, such as that of TLS 1.3 for want of our certificate.
        """
        try:
            return self._session.getpeercert(True) or b""
        except ValueError:
            return openssl.certificate_shown(self._session)

    @property
    def certificate_names(self) -> tuple[str, ...]:
        """Return the names in the smart host's certificate, printable; ("not verified",) if it is not verified."""
        if not self._trust.is_verified:
            return ("not verified",)
        from helper.network.certificate import NotACertificate, names_of

        try:
            return names_of(self.certificate)
        except NotACertificate:
            return ()

    def channel_binding(self) -> tuple[str, bytes] | None:
        """Return name and data of what only this TLS session and the server's side of it share; None for nothing.

        tls-unique of TLS 1.2 (RFC 5929): what breaks it is a session that was resumed (RFC 7627, section 1), and ours
        never is. In TLS 1.3 it means nothing (RFC 8446, appendix C.5), though OpenSSL has one there; tls-exporter,
        which took its place (RFC 9266), is out of reach: Python's ssl exports no keying material.
        """
        octets = self._session.get_channel_binding("tls-unique") if self.version == "TLSv1.2" else None
        return ("tls-unique", octets) if octets else None

    def shake_hands(self, received: bytes) -> tuple[bytes, bool]:
        """Go on with the handshake; return what to send, and whether it is finished. HostFailed when it fails."""
        self._in.write(received)
        try:
            self._session.do_handshake()
        except openssl.SSLWantReadError:
            return self._out.read(), False
        except openssl.SSLCertVerificationError as error:
            raise self._not_accepted(error) from None
        except openssl.SSLError as error:
            problem = f"TLS: the handshake failed: {self._describe(error)}"
            raise HostFailed(problem, status.UNAVAILABLE) from None
        for check in self._trust.checks:
            check(self.certificate)
        return self._out.read(), True

    def encrypt(self, octets: bytes) -> bytes:
        """Return what carries these octets."""
        rest = memoryview(octets)
        while rest:
            rest = rest[self._session.write(rest) :]  # a record of 16 KiB at a time
        return self._out.read()

    def decrypt(self, received: bytes) -> bytes:
        """Return what was said in these octets and in what was left of earlier ones.

        HostFailed if they were tampered with. Whether the end of the connection was announced (close_notify) does
        not matter: only a complete reply counts.
        """
        self._in.write(received)
        said = b""
        try:
            while part := self._session.read(64 * 1024):
                said += part
        except openssl.SSLWantReadError:
            pass
        except openssl.SSLError as error:
            if "ALERT" in (error.reason or ""):  # in TLS 1.3 our certificate is judged after the handshake
                problem = f"TLS: the smart host ended the connection: {self._describe(error)}"
                raise HostFailed(problem, status.UNAVAILABLE) from None
            raise HostFailed(f"TLS: the connection broke: {words_of(error)}", status.TEMPORARY) from None
        # OpenSSL's own no. TLS 1.3 has no renegotiation, and what else has to be answered there goes with what we say.
        if not said and self._out.pending and self.version == "TLSv1.2":
            raise HostFailed("TLS: the smart host asked for another handshake (renegotiation)", status.PROTOCOL)
        return said

    def end(self) -> bytes:
        """Return what announces that we say no more (close_notify, RFC 8446, section 6.1); the answer is not awaited.

        Servers that miss it log a connection that was cut.
        """
        try:
            self._session.shutdown()
        except openssl.SSLError:  # it wants the server's own, or the session has failed and has nothing left to say
            return self._out.read()
        return self._out.read()

    def _not_accepted(self, error: openssl.SSLCertVerificationError) -> HostFailed:
        """Return what it means that OpenSSL does not accept a certificate."""
        from helper.network.tls_problem import certificate_problem  # not before something fails

        certificate = openssl.certificate_shown(self._session)
        problem = certificate_problem(error.verify_code, error.verify_message, certificate, self._trust.server_name)
        return HostFailed(f"TLS: the certificate was not accepted: {problem}", status.UNAVAILABLE)

    def _describe(self, error: openssl.SSLError) -> str:
        """Return what it means that TLS fails."""
        from helper.network.tls_problem import handshake_problem

        return handshake_problem(error.reason or "", words_of(error), self._trust.minimum, self._trust.server_name)


def words_of(error: openssl.SSLError) -> str:
    """Return what OpenSSL calls a failure: "[SSL: BAD_MAC] bad mac (_ssl.c:992)" is "bad mac"."""
    return str(error.args[-1] if error.args else "").partition("] ")[2].partition(" (_ssl.c")[0] or "unknown error"

"""What it means when TLS fails, and what to do: from OpenSSL's numbers and names to words, in one table for each.

Whoever sits at the other end chooses the failure and wrote the certificate: only words of this file, and of a
certificate what is printable and cut, get into a sentence.
"""

from __future__ import annotations

from helper.network.certificate import NotACertificate, is_dns_name, issuer_of, names_of, validity_of
from helper.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WORDS_LIMIT = 200  # characters of what OpenSSL says

UNKNOWN_ISSUER = (
    "it is signed by {issuer}, which this machine does not trust: set tls_ca_file to the certificate of that CA, or "
    "have the smart host send its intermediate certificates"
)
WRONG_NAME = "it is for {names}, not for {wanted}: correct the host's name, or set tls_verify_name"
ADDRESS_AS_NAME = (
    "it has {wanted} as a name, and an address counts only as an address (subjectAltName IP:{wanted}): have it issued "
    "anew, or set tls_pins to the digest of its key and tls_verify = false"
)
CA_WITHOUT_RIGHTS = "its issuer is not a CA, or must not sign this certificate"
TOO_WEAK = "it must be replaced by a stronger one"

ADDRESS_MISMATCH = 64
# By OpenSSL's X509_V_ERR_... (x509_vfy.h).
CERTIFICATE_PROBLEMS = {
    2: UNKNOWN_ISSUER,
    7: "its signature is wrong",
    9: "it, or one above it, is not yet valid (its own dates: {dates}): is the clock of this machine right?",
    10: "it, or one above it, has expired (its own dates: {dates}): renew it, or set this machine's clock right",
    18: "it is self-signed: set tls_ca_file to a copy of it, or tls_pins to the digest of its key",
    19: "this machine does not trust the CA at the end of its chain: set tls_ca_file to the certificate of that CA",
    20: UNKNOWN_ISSUER,
    21: UNKNOWN_ISSUER,
    22: "there are too many certificates above it",
    23: "it is revoked",
    24: CA_WITHOUT_RIGHTS,
    25: CA_WITHOUT_RIGHTS,
    26: "it, or one above it, is not for TLS servers: its extended key usage must contain serverAuth",
    32: CA_WITHOUT_RIGHTS,
    34: "it has a critical extension that OpenSSL does not support",
    47: "its CA may not sign certificates for {names}",
    48: "its CA may not sign certificates for {names}",
    62: WRONG_NAME,
    ADDRESS_MISMATCH: WRONG_NAME,
    66: f"its key is too weak: {TOO_WEAK}",
    67: f"the key of a CA above it is too weak: {TOO_WEAK}",
    68: f"its signature, or one above it, is made with a digest that is too weak: {TOO_WEAK}",
    79: CA_WITHOUT_RIGHTS,
    80: CA_WITHOUT_RIGHTS,
}

NOT_TLS = (
    'the smart host does not speak TLS on this port: correct the port, or tls ("implicit" for port 465, "starttls" '
    "for 587)"
)
TOO_OLD = "the smart host does not speak TLS {minimum} or a newer one (tls_min_version)"
OURS_WANTED = "the smart host demands a client certificate: set tls_certificate"
OURS_REFUSED = "the smart host does not accept the client certificate (tls_certificate): {words}"
WEAK = "the smart host proposes parameters that are too weak: {words}"

# By the names that Python gives to OpenSSL's reasons; an ALERT was sent by the smart host.
HANDSHAKE_PROBLEMS = {
    **dict.fromkeys(("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "BAD_RECORD_TYPE"), NOT_TLS),
    **dict.fromkeys(("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"), TOO_OLD),
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": OURS_WANTED,
    **dict.fromkeys(
        (
            *("SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "SSLV3_ALERT_CERTIFICATE_REVOKED"),
            *("SSLV3_ALERT_CERTIFICATE_EXPIRED", "SSLV3_ALERT_CERTIFICATE_UNKNOWN", "TLSV1_ALERT_UNKNOWN_CA"),
            *("TLSV1_ALERT_ACCESS_DENIED", "TLSV1_ALERT_DECRYPT_ERROR"),
        ),
        OURS_REFUSED,
    ),
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the smart host ended it: it has no cipher in common with this machine, "
    "or demands a client certificate (tls_certificate)",
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": "the smart host demands stronger ciphers than this machine has",
    "TLSV1_UNRECOGNIZED_NAME": "the smart host does not serve the name {wanted}: correct the host's name, or set "
    "tls_verify_name",
    "TLSV1_ALERT_INTERNAL_ERROR": "the smart host reports an internal error",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": "the smart host's TLS is too old to be safe (RFC 5746)",
    **dict.fromkeys(
        ("DH_KEY_TOO_SMALL", "EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK", "BAD_DH_VALUE"), WEAK
    ),
}


def certificate_problem(code: int, message: str, certificate: bytes, wanted: str) -> str:
    """Return why a certificate was not accepted, and what to do.

    `code` and `message` are what OpenSSL says, `certificate` is the smart host's own in DER, empty if it is not
    known; `wanted` is the name that it had to prove.
    """
    sentence = CERTIFICATE_PROBLEMS.get(code)
    if sentence is None:
        return printable(message).rstrip(".")
    if code == ADDRESS_MISMATCH and has_as_name(certificate, wanted):
        sentence = ADDRESS_AS_NAME
    return sentence.format(
        names=fact(names_of, certificate) or "nobody",
        issuer=fact(issuer_of, certificate) or "an issuer without a name",
        dates=fact(validity_of, certificate).replace(", ", " to ") or "unknown dates",
        wanted=wanted,
    )


def handshake_problem(reason: str, message: str, minimum: str, wanted: str) -> str:
    """Return why a handshake failed, and what to do: `reason` and `message` are what OpenSSL says.

    `minimum` is the oldest version that will do, `wanted` the name that was asked for.
    """
    words = bounded(message)
    sentence = HANDSHAKE_PROBLEMS.get(reason, "{words}")
    return sentence.format(words=words, minimum=minimum, wanted=wanted)


def has_as_name(certificate: bytes, address: str) -> bool:
    """Return whether an address stands in a certificate where names do; not in one that is not as it has to be."""
    try:
        return is_dns_name(address, certificate)
    except NotACertificate:
        return False


def fact(read: Callable[[bytes], tuple[str, ...]], certificate: bytes) -> str:
    """Return what stands in a certificate, with commas; nothing of one that is not as it has to be."""
    try:
        return ", ".join(read(certificate))
    except NotACertificate:
        return ""


def bounded(message: str) -> str:
    """Return the words of a message: whoever made the certificate may have had a hand in it."""
    return printable(message[:WORDS_LIMIT])

"""Trust: how one smart host has to prove who it is, from the configuration and, for DANE, from the DNS."""

from __future__ import annotations

from helper import status
from helper.failure import HostFailed
from helper.network.certificate import NotACertificate, public_key_info
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.config.values import Transport
    from helper.network.own_certificate import OwnCertificate
    from helper.network.servers import Server
    from helper.network.time_budget import TimeBudget


class Trust(Record):
    """Whose certificates are accepted. Without `ca_file` and `ca_path` the system's store counts.

    `anchors` are CAs in DER that count instead of all others. `checks` are given the certificate, in DER, at the end of
    the handshake, and raise HostFailed for one that will not do.
    """

    server_name: str  # what the certificate has to say, and what is asked for (SNI)
    verify: bool
    ca_file: str | None = None
    ca_path: str | None = None
    minimum: str = "1.2"  # "1.2", "1.3"
    anchors: tuple[bytes, ...] = ()
    checks: tuple[Callable[[bytes], None], ...] = ()
    own_certificate: OwnCertificate | None = None

    @property
    def is_verified(self) -> bool:
        """Return whether somebody else than the smart host that was meant is found out."""
        return self.verify or bool(self.anchors) or bool(self.checks)


def trust_in(server: Server, transport: Transport, own_certificate: OwnCertificate | None, budget: TimeBudget) -> Trust:
    """Return how a server has to prove who it is. HostFailed if DANE is to say so and does not, in time.

    Pins come on top of what else is demanded; without verification they alone decide.
    """
    trust = Trust(
        server_name=server.verify_name.decode("ascii"),
        verify=transport.tls_verify,
        ca_file=transport.tls_ca_file,
        ca_path=transport.tls_ca_path,
        minimum=transport.tls_min_version,
        checks=(lambda certificate: check_pins(certificate, transport.tls_pins),) if transport.tls_pins else (),
        own_certificate=own_certificate,
    )
    return trust_by_dane(trust, server, transport, budget) if transport.dane else trust


def check_pins(certificate: bytes, pins: tuple[bytes, ...]) -> None:
    """Raise HostFailed unless the key of a certificate is pinned: the SHA-256 of its SubjectPublicKeyInfo.

    That is the digest of RFC 7469, section 2.4. The message does not tell the pins, only the key that came.
    """
    import hashlib  # few transports have pins

    try:
        digest = hashlib.sha256(public_key_info(certificate)).digest()
    except NotACertificate:
        raise HostFailed("TLS: the certificate cannot be read, so its key matches no pin", status.UNAVAILABLE) from None
    if digest not in pins:
        problem = f"its key is not in tls_pins; the SHA-256 of its key is {digest.hex()}"
        raise HostFailed(f"TLS: the certificate was not accepted: {problem}", status.UNAVAILABLE)


def trust_by_dane(trust: Trust, server: Server, transport: Transport, budget: TimeBudget) -> Trust:
    """Return the same with DANE in the place of the CAs. HostFailed if the DNS does not say what to expect.

    The name to prove is the one at which the TLSA records stand (RFC 7672, section 3.2.2), for they were signed.
    """
    if server.is_address:
        raise HostFailed("DANE: an address has no TLSA records: give the host's name", status.CONFIGURATION)
    from helper.network.dane import expected_of
    from helper.network.resolve import port_number
    from helper.network.signed_records import answers_within

    expected = expected_of(server.name, port_number(server), answers_within(budget))
    name = (transport.tls_verify_name or expected.name).decode("ascii")
    if expected.end_entities:
        return trust.replace(server_name=name, verify=False, checks=(expected.check, *trust.checks))
    return trust.replace(server_name=name, anchors=expected.anchors)

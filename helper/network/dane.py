"""DANE: the DNS names the certificate of a smart host (RFC 7672; here for smart hosts that must have TLSA records).

Only what DNSSEC has signed counts, and where nothing is said, or nothing that can be used, no message is sent: the
configuration asks for this proof and no other takes its place. The look-ups are an argument.
"""

from __future__ import annotations

import hashlib

from helper import status
from helper.failure import HostFailed
from helper.network.certificate import NotACertificate, public_key_info
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

TRUST_ANCHOR, END_ENTITY = 2, 3  # usages: DANE-TA and DANE-EE (RFC 7671); 0 and 1 are not for SMTP
WHOLE_CERTIFICATE, PUBLIC_KEY = 0, 1  # selectors
EXACTLY, SHA_256, SHA_512 = 0, 1, 2  # matching types


class Answer(Record):
    """An answer of the DNS: the name at the end of the aliases, its records, and whether all of it is signed."""

    name: bytes
    records: tuple[Any, ...]
    is_signed: bool


class Association(Record):
    """What a TLSA record says of a certificate (RFC 6698, section 2.1)."""

    usage: int
    selector: int
    matching: int
    octets: bytes


class Expected(Record):
    """What DANE expects of a smart host, at least one association that can be used; `name` is where it stands."""

    name: bytes
    port: int
    associations: tuple[Association, ...]

    @property
    def end_entities(self) -> tuple[Association, ...]:
        """The associations with the smart host's own certificate. Where there are some, only these count."""
        return tuple(each for each in self.associations if each.usage == END_ENTITY)

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """The certificates, in DER, of CAs that may have signed the smart host's, which then has to name the host."""
        return tuple(each.octets for each in self.associations if each.usage == TRUST_ANCHOR)

    def check(self, certificate: bytes) -> None:
        """Raise HostFailed unless one of the end entities is this certificate (RFC 7671, section 5.1).

        Neither its names nor its dates matter then: the DNS says which key belongs to the name, and until when.
        """
        try:
            if any(matches(each, certificate) for each in self.end_entities):
                return
            problem = f"it does not match {place(self.name, self.port)} TLSA (DANE)"
        except NotACertificate:
            problem = "it cannot be read"
        raise HostFailed(f"TLS: the certificate was not accepted: {problem}", status.UNAVAILABLE)


def expected_of(host: bytes, port: int, look_up: Callable[[bytes, str], Answer]) -> Expected:
    """Return what DANE expects of a host. HostFailed if that is not known for sure.

    An alias is followed as far as it is signed; the records of the name at its end come first (RFC 7672, section 2.2).
    """
    for name in base_names(host, look_up):
        answer = look_up(place(name, port).encode("ascii"), "TLSA")
        if not answer.records:
            continue
        refuse_unsigned(answer, "TLSA records")
        associations = tuple(Association(each.usage, each.selector, each.mtype, each.cert) for each in answer.records)
        usable = tuple(filter(is_usable, associations))
        if not usable:
            raise HostFailed(f"DANE: {place(name, port)} TLSA {unusable(associations)}", status.UNAVAILABLE)
        return Expected(name, port, usable)
    raise HostFailed(f"DANE: the DNS has no TLSA record at {place(host, port)}", status.UNAVAILABLE)


def base_names(host: bytes, look_up: Callable[[bytes, str], Answer]) -> list[bytes]:
    """Return the names at which TLSA records may stand. HostFailed for a host whose addresses are not signed."""
    found = [answer for answer in (look_up(host, "A"), look_up(host, "AAAA")) if answer.records]
    if not found:
        raise HostFailed("DANE: its name has no address in the DNS", status.NO_HOST)
    for answer in found:
        refuse_unsigned(answer, "addresses")
    return list(dict.fromkeys((found[0].name, host)))


def refuse_unsigned(answer: Answer, what: str) -> None:
    """Raise HostFailed for an answer that is not signed."""
    if not answer.is_signed:
        problem = f"its {what} are not signed, or the resolver does not verify signatures (no AD bit)"
        raise HostFailed(f"DANE: {problem}", status.UNAVAILABLE)


def place(name: bytes, port: int) -> str:
    """Return where the TLSA records of a service stand (RFC 6698, section 3)."""
    return f"_{port}._tcp.{name.decode('ascii', 'replace')}"


def is_usable(association: Association) -> bool:
    """Return whether it can be compared with what a smart host presents.

    A CA of which only a digest is known cannot: Python before 3.13 does not show the certificates above the first, and
    none can verify a signature by a certificate that was not known before.
    """
    if association.usage == TRUST_ANCHOR:
        return (association.selector, association.matching) == (WHOLE_CERTIFICATE, EXACTLY)
    known = association.selector in (WHOLE_CERTIFICATE, PUBLIC_KEY) and association.matching in DIGESTS
    return association.usage == END_ENTITY and known


def unusable(associations: tuple[Association, ...]) -> str:
    """Say why none of these can be used."""
    if any(each.usage == TRUST_ANCHOR for each in associations):
        return "names its CA by a digest or a key, which Gatepost cannot verify: publish `3 1 1`, or the CA as `2 0 0`"
    return "has no usable record: publish `3 1 1`"


def matches(association: Association, certificate: bytes) -> bool:
    """Return whether it means this certificate."""
    selected = certificate if association.selector == WHOLE_CERTIFICATE else public_key_info(certificate)
    return DIGESTS[association.matching](selected) == association.octets


DIGESTS: dict[int, Callable[[bytes], bytes]] = {
    EXACTLY: bytes,
    SHA_256: lambda octets: hashlib.sha256(octets).digest(),
    SHA_512: lambda octets: hashlib.sha512(octets).digest(),
}

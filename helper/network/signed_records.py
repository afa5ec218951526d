"""Signed records: what DNSSEC vouches for, as a resolver says that verifies signatures for us (its AD bit).

The bit is as trustworthy as the way to that resolver (RFC 4035, section 4.9.3). So it counts where each resolver of
/etc/resolv.conf runs on this machine, or where the administrator says `options trust-ad` there (resolv.conf(5)).
"""

from __future__ import annotations

import os

import dns.flags
import dns.resolver

from helper import status
from helper.failure import HostFailed
from helper.network.dane import Answer, refuse_unsigned
from helper.network.dns_records import UnknownName, ask, host_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from helper.network.dns_records import LookUp
    from helper.network.time_budget import TimeBudget

RESOLV_CONF = "/etc/resolv.conf"
RESOLV_CONF_LIMIT = 64 * 1024  # octets
PAYLOAD_OCTETS = 1232  # what a datagram holds that nobody has to cut (DNS flag day 2020)


def signed_records_within(budget: TimeBudget) -> LookUp:
    """Return how signed records of a kind are looked up as long as there is time: none if the name has only others.

    HostFailed for such as are not signed.
    """

    def look_up(name: bytes, kind: str) -> Sequence[Any]:
        answer = ask_trusted(name, kind, budget)
        if answer.records:
            refuse_unsigned(answer, f"{kind} records")
        return answer.records

    return look_up


def answers_within(budget: TimeBudget) -> Callable[[bytes, str], Answer]:
    """Return how to learn, as long as there is time, what the DNS says of a name and whether that is signed.

    Nothing, for a name that does not exist.
    """

    def look_up(name: bytes, kind: str) -> Answer:
        try:
            return ask_trusted(name, kind, budget)
        except UnknownName:
            return Answer(name, (), False)

    return look_up


def ask_trusted(name: bytes, kind: str, budget: TimeBudget) -> Answer:
    """Ask a resolver that can be trusted. UnknownName for a name that does not exist; HostFailed for no answer."""
    answer = ask(trusted_resolver, name, kind, budget)
    is_signed = bool(answer.response.flags & dns.flags.AD)
    return Answer(host_name(answer.canonical_name) or name, tuple(answer.rrset or ()), is_signed)


def trusted_resolver() -> dns.resolver.Resolver:
    """Return the resolver of the system, asked for the AD bit (RFC 6840, section 5.7).

    Not for the signatures themselves (DO): systemd-resolved, for one, hands such questions on to others.
    HostFailed if what it says of signatures cannot be believed.
    """
    resolver = dns.resolver.Resolver(RESOLV_CONF)
    strangers = [server for server in map(str, resolver.nameservers) if not is_on_this_machine(server)]
    if strangers and not trusts_ad(resolv_conf()):
        problem = (
            f"the resolver {strangers[0]} is on another machine, so an attacker on the network could have "
            "forged the answer"
        )
        hint = f"run a validating resolver on this machine, or write `options trust-ad` in {RESOLV_CONF}"
        raise HostFailed(f"DANE: {problem}: {hint}", status.CONFIGURATION)
    resolver.use_edns(0, 0, PAYLOAD_OCTETS)
    resolver.set_flags(dns.flags.RD | dns.flags.AD)
    return resolver


def is_on_this_machine(address: str) -> bool:
    """Return whether an address is one of loopback."""
    return address.startswith("127.") or address == "::1"


def trusts_ad(text: bytes) -> bool:
    """Return whether a resolv.conf has `options trust-ad`."""
    lines = [line.split() for line in text.split(b"\n")]
    return any(words[:1] == [b"options"] and b"trust-ad" in words for words in lines)


def resolv_conf() -> bytes:
    """Return what stands in resolv.conf."""
    try:
        descriptor = os.open(RESOLV_CONF, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, RESOLV_CONF_LIMIT)
    finally:
        os.close(descriptor)

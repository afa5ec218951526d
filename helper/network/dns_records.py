"""DNS records: MX and SRV by dnspython, which is imported nowhere else."""

from __future__ import annotations

import os
from math import log

import dns.exception
import dns.name
import dns.resolver

from helper import status
from helper.failure import HostFailed
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from helper.network.time_budget import TimeBudget

    LookUp = Callable[[bytes, str], Sequence[Any]]  # from records_within() or, for DANE, signed_records_within()

LOOKUP_TIMEOUT_S = 10.0  # for all name servers and tries together
RECORDS_LIMIT = 30  # an answer of thousands would keep the caller waiting for each of them
HOST_OCTETS = b"abcdefghijklmnopqrstuvwxyz0123456789-_."
LEAST_WEIGHT = 0.01  # of servers with weight 0: a very small chance of being selected (RFC 2782)


class Service(Record):
    """A server of an SRV record."""

    name: bytes
    port: int


def mail_exchangers(domain: bytes, look_up: LookUp) -> list[bytes]:
    """Return the hosts that take mail for a domain, best first; the domain itself if it has no MX (RFC 5321, 5.1).

    HostFailed if the domain does not exist, takes no mail (RFC 7505), or cannot be looked up now.
    """
    answer = look_up(domain, "MX")
    if not answer:
        return [domain]
    found = sorted((record.preference, os.urandom(4), host_name(record.exchange)) for record in answer)
    names = [name for _, _, name in found if name]
    if not names:
        raise HostFailed("the domain takes no mail (RFC 7505)", status.NO_HOST)
    return names[:RECORDS_LIMIT]


def services(service: bytes, domain: bytes, look_up: LookUp) -> list[Service]:
    """Return the servers of a service, best first, those of one priority drawn by weight; none if there is none.

    HostFailed if this cannot be looked up now.
    """
    try:
        answer = look_up(service + b"." + domain, "SRV")
    except UnknownName:
        return []
    found = sorted((each.priority, rank(each.weight), host_name(each.target), each.port) for each in answer)
    return [Service(name, port) for _, _, name, port in found if name][:RECORDS_LIMIT]


def records_within(budget: TimeBudget) -> LookUp:
    """Return how records of a kind are looked up as long as there is time: none if the name has only others.

    UnknownName if it does not exist.
    """
    return lambda name, kind: tuple(ask(dns.resolver.Resolver, name, kind, budget).rrset or ())


def ask(
    make_resolver: Callable[[], dns.resolver.Resolver], name: bytes, kind: str, budget: TimeBudget
) -> dns.resolver.Answer:
    """Return an answer, perhaps without records. UnknownName for a name that does not exist; HostFailed for none."""
    lifetime_s = budget.left(LOOKUP_TIMEOUT_S)
    try:
        wanted = dns.name.from_text(name.decode("ascii"))
        return make_resolver().resolve(wanted, kind, lifetime=lifetime_s, search=False, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        raise UnknownName("its name does not exist in the DNS", status.NO_HOST) from None
    except (dns.exception.DNSException, OSError) as error:
        problem = f"its {kind} records cannot be looked up: {describe(error, budget)}"
        raise HostFailed(problem, status.TEMPORARY) from None


class UnknownName(HostFailed):
    """The DNS says that the name does not exist."""


def describe(error: Exception, budget: TimeBudget) -> str:
    """Return the kind of a failure; the text of dnspython would quote the answer."""
    if isinstance(error, dns.exception.Timeout):
        return f"no answer {budget.within(LOOKUP_TIMEOUT_S)}"
    return "no name server gives an answer" if isinstance(error, dns.resolver.NoNameservers) else type(error).__name__


def host_name(name: dns.name.Name) -> bytes:
    """Return a name as it is resolved and verified, empty if it is the root or no name of a host."""
    text: bytes = name.to_text(omit_final_dot=True).lower().encode("ascii", "replace")
    return text if text.strip(b".") and not text.translate(None, HOST_OCTETS) else b""


def rank(weight: int) -> float:
    """Draw a place among servers of one priority: the heavier, the more often in front (RFC 2782).

    Of exponential variates with the weights as rates, each is the smallest with its share of the sum as chance.
    """
    drawn = (int.from_bytes(os.urandom(7), "big") + 1) / (1 << 56)
    return -log(drawn) / (weight or LEAST_WEIGHT)

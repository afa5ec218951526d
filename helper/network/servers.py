"""Find the servers of an entry in `hosts`. A name is one server; `mx:` and `srv:` ask the DNS."""

from __future__ import annotations

from helper import status
from helper.failure import HostFailed
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.values import Host, Transport
    from helper.network.dns_records import LookUp
    from helper.network.time_budget import TimeBudget


class Server(Record):
    """One server: `tls` and `port` as they hold for it, `verify_name` is what its certificate has to say."""

    name: bytes
    port: bytes  # a number or a service name
    tls: str
    verify_name: bytes
    is_address: bool = False

    @property
    def label(self) -> str:
        """The name and port by which messages and log call it: `smtp.example.net:587`, `[2001:db8::1]:465`."""
        name = self.name.decode("ascii")
        return f"[{name}]:{self.port.decode('ascii')}" if ":" in name else f"{name}:{self.port.decode('ascii')}"


def servers_of(host: Host, transport: Transport, budget: TimeBudget) -> list[Server]:
    """Return the servers behind an entry in the order in which they are tried. HostFailed if the DNS has none."""
    port = str(transport.port if host.port is None else host.port).encode("ascii")
    if host.kind == "name":
        verify_name = transport.tls_verify_name or host.name
        return [Server(host.name, host.service or port, transport.tls, verify_name, host.is_address)]
    # dnspython takes longer to import than a whole send: only who needs it pays.
    try:
        from helper.network import dns_records
    except ModuleNotFoundError as missing:
        problem = f"DNS look-ups need the Python module {missing.name}: sudo gatepost check"
        raise HostFailed(problem, status.CONFIGURATION) from None

    look_up = signed_look_up(budget) if transport.dane else dns_records.records_within(budget)
    if host.kind == "mx":
        names = dns_records.mail_exchangers(host.name, look_up)
        return [
            Server(name, host.service or port, transport.tls, verified_name(name, host, transport)) for name in names
        ]
    return [
        Server(found.name, b"%d" % found.port, tls, verified_name(found.name, host, transport))
        for service, tls in SUBMISSION_SERVICES
        if tls == transport.tls or (tls, transport.tls) == ("implicit", "starttls")
        for found in dns_records.services(service, host.name, look_up)
    ]


def signed_look_up(budget: TimeBudget) -> LookUp:
    """Return the look-up that believes signed records alone: a name from an unsigned one could be anybody's."""
    from helper.network.signed_records import signed_records_within

    return signed_records_within(budget)


# RFC 6186 as RFC 8314, section 5.1 amends it: implicit TLS is preferred, and a transport that requires TLS may use it.
SUBMISSION_SERVICES = ((b"_submissions._tcp", "implicit"), (b"_submission._tcp", "starttls"))


def verified_name(name: bytes, host: Host, transport: Transport) -> bytes:
    """Return the name to verify. The DNS may only choose a server within the configured domain.

    Whoever can forge an answer would else choose the name that is verified, too (RFC 6186, section 6).
    """
    if transport.tls_verify_name:
        return transport.tls_verify_name
    return name if name == host.name or name.endswith(b"." + host.name) else host.name

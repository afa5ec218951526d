"""What is sent, to how many, by how many at once, to what kind of smart host."""

from __future__ import annotations

from dataclasses import dataclass

from bench.smarthost import IMPLICIT, PLAIN, STARTTLS

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Workload:
    """One row of the table. `rounds` is how often each program sends it."""

    name: str
    rounds: int
    size_octets: int = KIB
    recipients: int = 1
    messages: int = 1
    at_once: int = 1
    tls: str = PLAIN
    acknowledges_at_once: bool = False
    round_trip_ms: int = 0  # 0: on this machine
    watched_rounds: int = 3  # for memory and turns; 0 if another workload tells the same

    def addresses(self) -> list[str]:
        """Return the recipients."""
        return [f"r{number}@x.example" for number in range(self.recipients)]


WORKLOADS = (
    Workload("1 KiB, plain", 30),
    Workload("1 KiB, TLS + AUTH", 30, tls=IMPLICIT),
    Workload("1 KiB, plain, quickack", 30, acknowledges_at_once=True, watched_rounds=0),
    Workload("1 KiB, TLS + AUTH, quickack", 30, tls=IMPLICIT, acknowledges_at_once=True, watched_rounds=0),
    Workload("40 ms away, TLS + AUTH", 7, tls=IMPLICIT, round_trip_ms=40, watched_rounds=0),
    Workload("40 ms away, STARTTLS + AUTH", 7, tls=STARTTLS, round_trip_ms=40, watched_rounds=1),
    *(
        Workload(f"{away} ms away, TLS + AUTH", 15, tls=IMPLICIT, round_trip_ms=away, watched_rounds=0)
        for away in (1, 2, 5, 10, 20)
    ),
    Workload("25 MiB, plain", 7, size_octets=25 * MIB, watched_rounds=2),
    Workload("100 recipients, plain", 12, recipients=100, watched_rounds=2),
    Workload("200 messages, 50 at once, plain", 4, messages=200, at_once=50, watched_rounds=0),
)

"""What a send of ours costs as its work grows: recipients, message, header, aliases."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.measure import Cost, Errand, Runner, Send
from bench.memory import Peak, watch
from bench.message import HEADER, Message, missing
from bench.place import NEAR, TREE, Place
from bench.programs.gatepost import Gatepost
from bench.rounds import PAUSE_S, incoming
from bench.sink import Sink
from bench.smarthost import Arrival, Offer, SmartHost
from bench.workloads import KIB

# What is added must not bring the last above the limit of 1 MiB.
HEADERS = tuple(KIB * size for size in (1, 4, 16, 64, 256, 1000))
ROUNDS, WATCHED_ROUNDS, ENOUGH_S, TIME_LIMIT_S = 5, 2, 8, 300
# As long as it takes for 1 MiB of them to be fewer than the 10,000 that a header may have.
FIELD = (
    b"X-Field-%06d: one of very many fields, each with a name of its own, and this one has one hundred and ten octets\n"
)
MAILBOX = b" recipient-number-%08d@department-%08d.university.example,\n"
ALIASES = """
[[routers]]
name = "aliases"
driver = "redirect"
file = "{root}/etc/aliases"
domains = ["example.net"]

[[routers]]
name = "smarthost"
driver = "accept"
transport = "relay"
"""


@dataclass(frozen=True)
class Work:
    """One point: the message, its recipients as they are named and how many they are."""

    size_octets: int = KIB
    header: bytes = HEADER
    addresses: tuple[str, ...] = ("r0@x.example",)


@dataclass(frozen=True)
class Series:
    """What grows, how far, and what there is to do then."""

    name: str
    unit: str
    sizes: tuple[int, ...]
    prepare: Callable[[int], Work]


@dataclass
class Curve:
    """What was measured of a series, point by point."""

    series: Series
    sizes: list[int] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)
    memory_file_mib: list[float] = field(default_factory=list)


class Growth:
    """Gatepost, ready to send, in a network of its own."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._gatepost = Gatepost(place, TREE)
        self._aliases = self._gatepost.root / "etc/aliases"
        self._aliases.write_text("")
        self._stderr = place.root / "stderr"
        self._stderr.touch()
        self._sends = 0
        place.leave_the_network()

    def series(self) -> list[Series]:
        """Return what is measured."""
        return [
            Series("recipients", "recipients", (1, 10, 100, 1000, 2500, 5000, 10000), self._recipients),
            Series(
                "message", "octets", tuple(KIB * 4**step for step in range(11)), lambda size: Work(size_octets=size)
            ),
            Series("header of many fields", "octets", HEADERS, self._many_fields),
            Series("header with a long To:", "octets", HEADERS, self._long_field),
            Series("aliases file", "entries", (10, 100, 1000, 10000, 50000, 100000), self._entries),
        ]

    def measure(self, series: Series) -> Curve:
        """Measure each point some times, and look at its memory. Who is least disturbed by other work tells most."""
        print(f"measuring: {series.name}", file=sys.stderr, flush=True)
        curve = Curve(series)
        with Sink(Offer(acknowledges_at_once=True, pause_s=PAUSE_S)) as sink:
            self._gatepost.configure(SmartHost(NEAR, sink.port), ALIASES if series.unit == "entries" else "")
            for size in series.sizes:
                self._point(sink, curve, size)
        return curve

    def _point(self, sink: Sink, curve: Curve, size: int) -> None:
        work = curve.series.prepare(size)
        message = Message(self._place.root / "message", work.size_octets, work.header)
        self._send(sink, work, message)
        costs: list[Cost] = []
        enough = time.monotonic() + ENOUGH_S
        while len(costs) < ROUNDS and (not costs or time.monotonic() < enough):
            costs.append(self._send(sink, work, message)[0])
        peaks = [self._send(sink, work, message, watching=True)[1] for _ in range(WATCHED_ROUNDS)]
        curve.sizes.append(size)
        curve.processor_ms.append(1000 * min(cost.processor_s for cost in costs))
        curve.wall_ms.append(1000 * (min(cost.wall_s for cost in costs) - PAUSE_S))
        curve.memory_mib.append(max(peak.alone for peak in peaks) / 1024)
        curve.memory_file_mib.append(max(peak.memory_file for peak in peaks) / 1024)
        message.file.unlink()

    def _send(self, sink: Sink, work: Work, message: Message, *, watching: bool = False) -> tuple[Cost, Peak]:
        self._sends += 1
        message.mark(self._sends)
        user = self._place.user()
        send = Send(self._gatepost.command(list(work.addresses)), {}, message.file)
        runner = Runner(Errand([send], user.pw_uid, user.pw_gid, self._stderr, time_limit_s=TIME_LIMIT_S))
        cost, peak = watch(runner) if watching else (runner.cost(), Peak())
        arrivals: list[Arrival] = []
        problem = missing([message], len(work.addresses), incoming(sink, arrivals))
        if cost.exit_status != 0 or problem:
            sys.exit(f"make bench: failed with {cost.exit_status}: {problem}\n{self._stderr.read_text()[-500:]}")
        return cost, peak

    def _recipients(self, size: int) -> Work:
        return Work(addresses=tuple(f"r{number}@x.example" for number in range(size)))

    def _many_fields(self, size: int) -> Work:
        count = max(1, size // len(FIELD % 0))
        return Work(0, HEADER + b"".join(FIELD % number for number in range(count)))

    def _long_field(self, size: int) -> Work:
        count = max(1, size // len(MAILBOX % (0, 0)))
        mailboxes = b"".join(MAILBOX % (number, number) for number in range(count))
        return Work(0, b"From: alice@example.net\nTo:" + mailboxes + b" r0@x.example\n")

    def _entries(self, size: int) -> Work:
        lines = [f"name-{number:06}: somebody-{number:06}@x.example\n" for number in range(size - 1)]
        self._aliases.write_text("".join(lines) + "last: r0@x.example\n")
        return Work(addresses=("last",))

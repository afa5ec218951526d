"""`make bench`: Gatepost beside msmtp and Exim, the same message to the same smart host, round by round.

Each round sends once with every program, in random order. The machine's own mail system is not touched, and nothing
stays but the peers' packages in build/peers. Not a test: no figure fails it, only a message that does not arrive.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import statistics
import sys
import time

import report
from measure import Cost, Runner, Send
from memory import watch
from packages import CannotBeHad
from place import TREE, Place, enter_private_namespace
from programs import PROGRAMS, Program
from sink import Arrival, Offer, Sink
from workloads import WORKLOADS, Message, Workload

WARM_UP_ROUNDS = 2
WATCHED_ROUNDS = 3
# The first is longer than any client thinks between two writes, the second than one look at the memory takes.
PATIENCE_S, PAUSE_S = 0.01, 0.1
LARGE_OCTETS = 25 << 20


def main() -> None:
    """Measure what the command line asks for, and print it."""
    options = command_line()
    where = report.machine()
    with Place() as place:
        bench = Bench(place, options)
        results = {workload.name: bench.measure(workload) for workload in WORKLOADS if options.only in workload.name}
        notes = [*bench.notes, speed_of_the_sink()]
    print((report.as_json if options.json else report.as_text)(results, where, notes))


def command_line() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="bench/bench.py", description="Compare Gatepost with its peers. Needs root.")
    parser.add_argument("--json", action="store_true", help="print JSON, with every round")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the workloads with this text in their names")
    parser.add_argument("--rounds", type=float, default=1, metavar="FACTOR", help="so many times the usual rounds")
    parser.add_argument(
        *("--without", "-w"),
        action="append",
        default=[],
        metavar="KEYWORD",
        help="what the smart host does not offer, such as CHUNKING or PIPELINING",
    )
    return parser.parse_args()


class Bench:
    """The programs, ready to send."""

    def __init__(self, place: Place, options: argparse.Namespace) -> None:
        self._place = place
        self._options = options
        self._stderr = place.root / "stderr"
        self._stderr.touch()
        self._sends = 0
        self._programs: list[Program] = []
        self.notes: list[str] = []
        for program in PROGRAMS:
            try:
                self._programs.append(program(place, TREE / "build/peers"))
            except CannotBeHad as error:
                self.notes.append(f"{program.name} is not compared: {error}.")
        versions = [f"{program.name} {program.version}" for program in self._programs]
        self.notes.insert(0, f"Compared: {', '.join(versions)}.")

    def measure(self, workload: Workload) -> dict[str, report.Figures]:
        """Send by every program, in every round; first timed, then watched."""
        print(f"measuring: {workload.name}", file=sys.stderr, flush=True)
        message = Message(self._place.root / "message", workload.size_octets)
        figures = {program.name: report.Figures() for program in self._programs}
        self._time(workload, message, figures)
        self._watch(workload, message, figures)
        return figures

    def _time(self, workload: Workload, message: Message, figures: dict[str, report.Figures]) -> None:
        rounds = max(1, round(workload.rounds * self._options.rounds))
        with self._sink(workload, acknowledges_at_once=workload.acknowledges_at_once) as sink:
            for number in range(-WARM_UP_ROUNDS, rounds):
                for program in random.sample(self._programs, len(self._programs)):
                    cost = self._start(program, workload, message).cost()
                    self._arrived(sink, program, workload, message, cost)
                    if number >= 0:
                        figures[program.name].costs.append(cost)

    def _watch(self, workload: Workload, message: Message, figures: dict[str, report.Figures]) -> None:
        with self._sink(workload, acknowledges_at_once=True, patience_s=PATIENCE_S, pause_s=PAUSE_S) as sink:
            for program in self._programs * WATCHED_ROUNDS:
                cost, peak = watch(self._start(program, workload, message))
                arrival = self._arrived(sink, program, workload, message, cost)
                figures[program.name].peaks.append(peak)
                figures[program.name].turns.append(arrival.turns)

    def _sink(self, workload: Workload, **behaviour: float) -> Sink:
        keywords = [word for word in Offer.keywords if word.split()[0] not in self._options.without]
        certificate = (str(self._place.certificate), str(self._place.key)) if workload.with_tls else None
        sink = Sink(Offer(tuple(keywords), certificate, **behaviour))
        for program in self._programs:
            program.configure(sink.port, workload.with_tls)
        return sink

    def _start(self, program: Program, workload: Workload, message: Message) -> Runner:
        self._sends += 1
        message.mark(self._sends)
        user = self._place.user()
        command = program.command(workload.addresses())
        return Runner(Send(command, program.environment, user.pw_uid, user.pw_gid, message.file, self._stderr))

    def _arrived(self, sink: Sink, program: Program, workload: Workload, message: Message, cost: Cost) -> Arrival:
        """Return what arrived; where that is not the message, whole and for all, there is nothing to compare."""
        arrival = sink.arrival()
        if (
            cost.exit_status == 0
            and arrival is not None
            and message.is_in(arrival)
            and arrival.recipients == workload.recipients
            and arrival.is_authenticated == workload.with_tls
        ):
            return arrival
        said = self._stderr.read_text("utf-8", "replace").strip()
        sys.exit(f"make bench: {program.name} ended with {cost.exit_status}, and brought {arrival}\n{said}")


def speed_of_the_sink() -> str:
    """Say how long the fastest client possible takes for a large message: the smart host's share in the figures."""
    times = []
    with Sink(Offer()) as sink, open(os.memfd_create("message"), "w+b") as message:
        message.truncate(LARGE_OCTETS)
        for _ in range(5):
            message.seek(0)
            start = time.monotonic()
            with socket.create_connection(("127.0.0.1", sink.port)) as client:
                client.sendall(b"BDAT %d LAST\r\n" % LARGE_OCTETS)
                client.sendfile(message)
                client.sendall(b"QUIT\r\n")
                while client.recv(4096):
                    pass
            times.append(time.monotonic() - start)
    return f"The smart host itself takes 25 MiB from sendfile(2) in {1000 * statistics.median(times):.1f} ms."


enter_private_namespace()
try:
    main()
except KeyboardInterrupt:
    sys.exit("make bench: interrupted")

"""`make bench`: Gatepost beside msmtp and Exim, the same message to the same smart host, round by round.

Each round sends once with every program, in random order. The machine's own mail system is not touched, and nothing
stays but the peers' packages in build/peers. Not a test: no figure fails it, only a message that does not arrive.
"""

from __future__ import annotations

import argparse
import random
import socket
import statistics
import sys
import time
from pathlib import Path

import report
from measure import Cost, Runner, Send
from memory import watch
from packages import CannotBeHad
from place import TREE, Place, enter_private_namespace
from programs import PROGRAMS, Gatepost
from sink import Offer, Sink
from workloads import WORKLOADS, Message, Workload

WARM_UP_ROUNDS = 2
WATCHED_ROUNDS = 3
PATIENCE_S, PAUSE_S = 0.01, 0.1


def main() -> None:
    """Measure what the command line asks for, and print it."""
    enter_private_namespace()
    options = command_line()
    where = report.machine()
    with Place() as place:
        bench = Bench(place, options)
        results = {workload.name: bench.measure(workload) for workload in WORKLOADS if options.only in workload.name}
        notes = [*bench.notes, bench.speed_of_the_sink()]
    print((report.as_json if options.json else report.as_text)(results, where, notes))


def command_line() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="make bench", description="Compare Gatepost with its peers. Needs root.")
    parser.add_argument("--json", action="store_true", help="print JSON, with every round")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the workloads with this text in their names")
    parser.add_argument("--rounds", type=float, default=1, metavar="FACTOR", help="so many times the usual rounds")
    parser.add_argument("--without", action="append", default=[], metavar="KEYWORD", help="CHUNKING, PIPELINING, ...")
    return parser.parse_args()


class Bench:
    """The programs, ready to send."""

    def __init__(self, place: Place, options: argparse.Namespace) -> None:
        self._place = place
        self._options = options
        self._stderr = place.root / "stderr"
        self._stderr.touch()
        self._number = 0
        self.notes: list[str] = []
        self._programs = []
        for program in PROGRAMS:
            try:
                self._programs.append(program(place, TREE / "build/peers"))
            except CannotBeHad as error:
                self.notes.append(f"{program.name} is not compared: {error}")

    def measure(self, workload: Workload) -> dict[str, report.Figures]:
        """Send by every program, in every round; first timed, then watched."""
        say(workload.name)
        message = Message(self._place.root / "message", workload.size_octets)
        figures = {program.name: report.Figures() for program in self._programs}
        rounds = WARM_UP_ROUNDS + max(1, round(workload.rounds * self._options.rounds))
        with self._sink(workload) as sink:
            self._configure(sink, workload)
            for number in range(rounds):
                for program in random.sample(self._programs, len(self._programs)):
                    cost, _ = self._send(program, workload, message, sink, Runner.cost)
                    if number >= WARM_UP_ROUNDS:
                        figures[program.name].costs.append(cost)
        with self._sink(workload, acknowledges_at_once=True, patience_s=PATIENCE_S, pause_s=PAUSE_S) as sink:
            self._configure(sink, workload)
            for _ in range(WATCHED_ROUNDS):
                for program in self._programs:
                    (_, peak), arrival = self._send(program, workload, message, sink, watch)
                    figures[program.name].peaks.append(peak)
                    figures[program.name].turns.append(arrival.turns)
        return figures

    def speed_of_the_sink(self) -> str:
        """Say what the fastest client possible takes for the largest message: the smart host's share in the figures."""
        text = b"".join([b"x" * 76 + b"\r\n"] * ((25 << 20) // 78))
        file = self._place.root / "message"
        file.write_bytes(text)
        times = []
        with Sink(Offer()) as sink:
            for _ in range(5):
                start = time.monotonic()
                with socket.create_connection(("127.0.0.1", sink.port)) as client, file.open("rb") as message:
                    client.sendall(b"BDAT %d LAST\r\n" % len(text))
                    client.sendfile(message)
                    client.sendall(b"QUIT\r\n")
                    while client.recv(4096):
                        pass
                times.append(time.monotonic() - start)
        return f"The smart host itself takes 25 MiB from sendfile(2) in {1000 * statistics.median(times):.1f} ms."

    def _sink(self, workload: Workload, **changes: object) -> Sink:
        keywords = [word for word in Offer.keywords if word.split()[0] not in self._options.without]
        certificate = (str(self._place.certificate), str(self._place.key)) if workload.with_tls else None
        usual = {"acknowledges_at_once": workload.acknowledges_at_once}
        return Sink(Offer(tuple(keywords), certificate, **(usual | changes)))

    def _configure(self, sink: Sink, workload: Workload) -> None:
        for program in self._programs:
            program.configure(sink.port, workload.with_tls)

    def _send(self, program, workload, message, sink, measured):
        """Send once; return what `measured` makes of the runner, and what arrived. Ends all where that is not all."""
        self._number += 1
        message.mark(self._number)
        user = self._place.user()
        command = program.command(workload.addresses())
        send = Send(command, program.environment, user.pw_uid, user.pw_gid, message.file, self._stderr)
        result = measured(Runner(send))
        cost = result if isinstance(result, Cost) else result[0]
        arrival = sink.arrival()
        if cost.exit_status != 0 or arrival is None or not is_complete(arrival, workload, message):
            said = self._stderr.read_text("utf-8", "replace").strip()
            sys.exit(f"make bench: {program.name} ended with {cost.exit_status}, and brought {arrival}\n{said}")
        return result, arrival


def is_complete(arrival, workload: Workload, message: Message) -> bool:
    """Say whether the message arrived whole, for every recipient and, where that is asked for, after AUTH."""
    has_credential = arrival.credential is not None
    return message.is_in(arrival) and arrival.recipients == workload.recipients and has_credential == workload.with_tls


def say(text: str) -> None:
    """Tell who waits what is going on, apart from the results."""
    print(f"measuring: {text}", file=sys.stderr, flush=True)


main()

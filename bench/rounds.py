"""The comparison: each round sends once with every program, in random order; pairs are compared within a round."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext

from bench.figures import OURS, Figures, Outcome
from bench.link import CannotBeSlow, Netem, SlowTun, slow_link
from bench.measure import Cost, Errand, Runner, Send
from bench.memory import watch
from bench.message import Message, missing
from bench.packages import CannotBeHad
from bench.place import FAR, NEAR, TREE, Place
from bench.programs import PROGRAMS
from bench.programs.program import Program
from bench.sink import Sink
from bench.smarthost import KEYWORDS, PLAIN, Arrival, Offer, SmartHost
from bench.workloads import Workload

WARM_UP_ROUNDS = 2
# A slow machine, or a slow peer, gets fewer rounds, so that the whole ends in time.
ENOUGH_S, LEAST_ROUNDS = 30, 3
# The first is longer than any client thinks between two writes, the second than one look at the memory takes.
PATIENCE_S, PAUSE_S = 0.01, 0.1
OF_ITS_WORDS = 200


class Bench:
    """The programs, ready to send, in a network of their own."""

    def __init__(self, place: Place, options: argparse.Namespace) -> None:
        self._place = place
        self._options = options
        self._stderr = place.root / "stderr"
        self._stderr.touch()
        self._sends = 0
        self._programs: list[Program] = []
        self._links: dict[int, Netem | SlowTun] = {}
        self.notes: list[str] = []
        self._prepare()

    def _prepare(self) -> None:
        cannot_be_had = []
        for program in PROGRAMS:
            if self._options.peer and program.name not in (OURS, *self._options.peer):
                continue
            try:
                self._programs.append(program(self._place, TREE / "build/peers"))
            except CannotBeHad as error:
                cannot_be_had.append(f"{program.name} is not compared: {error}.")
        self._place.leave_the_network()
        versions = [f"{program.name} {program.version}" for program in self._programs]
        self.notes += [f"Compared: {', '.join(versions)}.", *cannot_be_had]
        self.notes += [f"{program.name}: {program.note}." for program in self._programs if program.note]

    def can(self, workload: Workload) -> bool:
        """Return whether this machine can do that; where not, a note says why."""
        away = workload.round_trip_ms
        if not away or away in self._links:
            return True
        try:
            self._links[away], measured_ms = slow_link(away)
        except CannotBeSlow as error:
            self.notes.append(f"Not measured: {workload.name}: {error}")
            return False
        self.notes.append(f"{away} ms away: connect(2) takes {measured_ms:.1f} ms ({self._links[away].name}).")
        return True

    def measure(self, workload: Workload) -> Outcome:
        """Send by every program, in every round; first timed, then watched."""
        print(f"measuring: {workload.name}", file=sys.stderr, flush=True)
        absent = {program.name: program.cannot(workload) for program in self._programs}
        outcome = Outcome(absent={name: reason for name, reason in absent.items() if reason})
        programs = [program for program in self._programs if program.name not in outcome.absent]
        outcome.figures = {program.name: Figures() for program in programs}
        folder = self._place.root / "messages"
        folder.mkdir(exist_ok=True)
        messages = [Message(folder / str(number), workload.size_octets) for number in range(workload.messages)]
        with self._links.get(workload.round_trip_ms) or nullcontext():
            self._time(workload, messages, programs, outcome)
            if workload.watched_rounds:
                self._watch(workload, messages, programs, outcome)
        return outcome

    def _time(self, workload: Workload, messages: list[Message], programs: list[Program], outcome: Outcome) -> None:
        rounds = max(1, round(workload.rounds * self._options.rounds))
        enough = time.monotonic() + ENOUGH_S * max(1, self._options.rounds)
        with self._sink(workload, programs, acknowledges_at_once=workload.acknowledges_at_once) as sink:
            for number in range(-WARM_UP_ROUNDS, rounds):
                if number >= LEAST_ROUNDS and time.monotonic() > enough:
                    break
                for program in random.sample(programs, len(programs)):
                    cost = self._start(program, workload, messages).cost()
                    if self._arrived(sink, program, workload, messages, cost, outcome) is None:
                        programs.remove(program)
                    elif number >= 0:
                        outcome.figures[program.name].costs.append(cost)

    def _watch(self, workload: Workload, messages: list[Message], programs: list[Program], outcome: Outcome) -> None:
        with self._sink(workload, programs, acknowledges_at_once=True, patience_s=PATIENCE_S, pause_s=PAUSE_S) as sink:
            for program in programs * workload.watched_rounds:
                if program.name in outcome.absent:
                    continue
                cost, peak = watch(self._start(program, workload, messages))
                arrivals = self._arrived(sink, program, workload, messages, cost, outcome)
                if arrivals is not None:
                    outcome.figures[program.name].peaks.append(peak)
                    outcome.figures[program.name].turns.append(max(arrival.turns for arrival in arrivals))

    def _sink(self, workload: Workload, programs: list[Program], **behaviour: float) -> Sink:
        keywords = tuple(word for word in KEYWORDS if word.split()[0] not in self._options.without)
        certificate = None if workload.tls == PLAIN else (str(self._place.certificate), str(self._place.key))
        link = self._links.get(workload.round_trip_ms)
        address = "127.0.0.1" if link is None else link.sink_address
        sink = Sink(Offer(keywords, workload.tls, certificate, **behaviour), address)
        for program in programs:
            program.configure(SmartHost(NEAR if link is None else FAR, sink.port, workload.tls))
        return sink

    def _start(self, program: Program, workload: Workload, messages: list[Message]) -> Runner:
        for message in messages:
            self._sends += 1
            message.mark(self._sends)
        user = self._place.user()
        command = program.command(workload.addresses())
        sends = [Send(command, program.environment, message.file) for message in messages]
        return Runner(Errand(sends, user.pw_uid, user.pw_gid, self._stderr, workload.at_once))

    def _arrived(
        self,
        sink: Sink,
        program: Program,
        workload: Workload,
        messages: list[Message],
        cost: Cost,
        outcome: Outcome,
    ) -> list[Arrival] | None:
        """Return what arrived. None if that is not every message, whole and for all: its figures are taken out.

        A peer's failure is told in the table. With ours failed, there is nothing to compare.
        """
        arrivals: list[Arrival] = []
        problem = missing(messages, workload.recipients, incoming(sink, arrivals))
        if not problem and not all(arrival.is_authenticated for arrival in arrivals) and workload.tls != PLAIN:
            problem = "sent without AUTH"
        if cost.exit_status == 0 and not problem:
            return arrivals
        said = " ".join(self._stderr.read_text("utf-8", "replace").split())[-OF_ITS_WORDS:]
        reason = f"failed with {cost.exit_status}: {problem or 'all arrived'}; {said or 'it said nothing'}"
        if program.name == OURS:
            sys.exit(f"make bench: {workload.name}: {OURS} {reason}")
        del outcome.figures[program.name]
        outcome.absent[program.name] = reason
        return None


def incoming(sink: Sink, arrivals: list[Arrival]) -> Iterator[Arrival | None]:
    """Yield what arrives, and keep it; None if nothing more does."""
    while (arrival := sink.arrival()) is not None:
        arrivals.append(arrival)
        yield arrival
    yield None

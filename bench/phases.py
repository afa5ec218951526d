"""Where the time of a send of ours goes: a copy of the code notes the moment at which each phase begins."""

from __future__ import annotations

import shutil
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from bench.link import slow_link
from bench.measure import Errand, Runner, Send
from bench.message import Message
from bench.place import FAR, NEAR, TREE, Place
from bench.programs.gatepost import Gatepost
from bench.sink import Sink
from bench.smarthost import IMPLICIT, PLAIN, Offer, SmartHost
from bench.workloads import Workload

WORKLOADS = (
    Workload("1 KiB, plain", 30),
    Workload("1 KiB, TLS + AUTH", 30, tls=IMPLICIT),
    Workload("40 ms away, TLS + AUTH", 10, tls=IMPLICIT, round_trip_ms=40),
)
# Each phase, and the function whose call ends it: the first ends with the first line of Python, the last with the end
# of the caller's program.
SCRIPT = "helper/__main__.py"
PHASES = (
    ("start: two C programs, the interpreter", None),
    ("load the code that runs before the drop", ("helper/entry/serve.py", "serve")),
    ("read root's files, drop the rights", ("helper/bundle.py", "load_rest")),
    ("load the rest of the code", ("helper/loaded_state.py", "load_state")),
    ("sandbox, receive the message", ("helper/story.py", "send")),
    ("route, compose, second sandbox", ("helper/delivery/deliver.py", "deliver")),
    ("connect, and load TLS meanwhile", ("helper/delivery/converse.py", "converse")),
    ("converse with the smart host", ("helper/story.py", "report")),
    ("log, end", None),
)
NOTES_FIRST_MOMENT = "import sys, time\nsys.moments = [time.monotonic()]\n"
NOTES_MOMENT = """

def noting(function):
    import sys, time

    def noted(*arguments):
        sys.moments.append(time.monotonic())
        return function(*arguments)

    return noted


{function} = noting({function})
"""
# The log is the last that a send says.
LOGS_MOMENTS = """

def logging(function):
    import sys

    def logged(outcome, progress, state):
        progress.notes["moments"] = ",".join(map(str, sys.moments))
        return function(outcome, progress, state)

    return logged


report = logging(report)
"""
NOT_COPIED = shutil.ignore_patterns(".git", "build", "tests", "fuzz", "__pycache__", "*cache")


@dataclass(frozen=True)
class Breakdown:
    """A workload, and how long each phase of it takes: milliseconds, the median of the rounds."""

    workload: str
    phases_ms: dict[str, float]


class Phases:
    """Gatepost, noting moments, in a network of its own."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._gatepost = Gatepost(place, TREE, noting_tree(place.root / "tree"))
        self._stderr = place.root / "stderr"
        self._stderr.touch()
        place.leave_the_network()

    def measure(self, workload: Workload) -> Breakdown:
        """Send in each round, and return the medians."""
        print(f"measuring: {workload.name}", file=sys.stderr, flush=True)
        link = slow_link(workload.round_trip_ms)[0] if workload.round_trip_ms else None
        certificate = None if workload.tls == PLAIN else (str(self._place.certificate), str(self._place.key))
        address = "127.0.0.1" if link is None else link.sink_address
        message = Message(self._place.root / "message", workload.size_octets)
        with link or nullcontext(), Sink(Offer(tls=workload.tls, certificate=certificate), address) as sink:
            self._gatepost.configure(SmartHost(NEAR if link is None else FAR, sink.port, workload.tls))
            rounds = [self._send(workload, message) for _ in range(workload.rounds)]
        lasting = [[1000 * (end - start) for start, end in pairwise(moments)] for moments in rounds]
        titles = [title for title, _ in PHASES]
        return Breakdown(workload.name, dict(zip(titles, map(median, zip(*lasting, strict=True)), strict=True)))

    def _send(self, workload: Workload, message: Message) -> list[float]:
        """Return the moments of one send: its start, those that were noted, its end."""
        user = self._place.user()
        send = Send(self._gatepost.command(workload.addresses()), {}, message.file)
        cost = Runner(Errand([send], user.pw_uid, user.pw_gid, self._stderr)).cost()
        if cost.exit_status != 0:
            sys.exit(f"make bench: failed with {cost.exit_status}: {self._stderr.read_text()[-500:]}")
        return [cost.start_s, *moments_in(self._gatepost.log.read_text()), cost.start_s + cost.wall_s]


def noting_tree(tree: Path) -> Path:
    """Make a copy of the source that notes moments, and return it."""
    shutil.copytree(TREE, tree, ignore=NOT_COPIED)
    script = tree / SCRIPT
    script.write_text(NOTES_FIRST_MOMENT + script.read_text())
    for _, end in PHASES:
        if end is not None:
            file, function = end
            with open(tree / file, "a") as module:
                module.write(LOGS_MOMENTS if function == "report" else "")
                module.write(NOTES_MOMENT.format(function=function))
    return tree


def moments_in(log: str) -> list[float]:
    """Return the moments that the last line of a log holds."""
    noted = log.splitlines()[-1].partition("moments=")[2].partition(" ")[0]
    return [float(moment) for moment in noted.strip('"').split(",")]


def phases_as_text(breakdowns: list[Breakdown]) -> str:
    """Return a table: a line for each phase, milliseconds for each workload."""
    lines = ["ms of each phase: " + "; ".join(breakdown.workload for breakdown in breakdowns)]
    for title, _ in PHASES:
        lines.append(f"  {title:45}" + "".join(f"{breakdown.phases_ms[title]:9.1f}" for breakdown in breakdowns))
    total = "".join(f"{sum(breakdown.phases_ms.values()):9.1f}" for breakdown in breakdowns)
    return "\n".join([*lines, f"  {'':45}{total}"])

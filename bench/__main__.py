"""`make bench`: Gatepost and its peers, the same message to the same smart host, round by round.

The machine's own mail system is not touched, and nothing stays but the peers' packages in build/peers. Not a test: no
figure fails it, only a message of ours that does not arrive.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.figures import faster_from
from bench.growth import Growth
from bench.growth_picture import growth_as_svg
from bench.growth_table import growth_as_json, growth_as_text
from bench.machine import described, machine
from bench.phases import WORKLOADS as OURS_ALONE
from bench.phases import Phases, phases_as_text
from bench.phases_picture import phases_as_svg
from bench.picture import as_svg
from bench.place import Place, enter_private_namespace
from bench.rounds import Bench
from bench.sink_speed import speed_of_the_sink
from bench.table import as_json, as_markdown, as_text
from bench.workloads import WORKLOADS


def main() -> None:
    """Measure what the command line asks for, and print it."""
    options = command_line()
    with Place() as place:
        measured = cost_as_work_grows if options.growth else where_time_goes if options.phases else comparison
        measured(place, options)


def comparison(place: Place, options: argparse.Namespace) -> None:
    """Compare Gatepost with its peers."""
    where = machine()
    bench = Bench(place, options)
    workloads = [workload for workload in WORKLOADS if options.only in workload.name and bench.can(workload)]
    results = {workload.name: bench.measure(workload) for workload in workloads}
    distances = [faster_from(results, peer) for peer in ("exim", "msmtp")]
    notes = [*bench.notes, *filter(None, distances), speed_of_the_sink()]
    if options.svg:
        options.svg.write_text(as_svg(results, where))
    form = as_json if options.json else as_markdown if options.markdown else as_text
    print(form(results, where, notes))


def cost_as_work_grows(place: Place, options: argparse.Namespace) -> None:
    """Measure Gatepost alone, with more and more to do."""
    where = machine()
    growth = Growth(place)
    curves = [growth.measure(series) for series in growth.series() if options.only in series.name]
    if options.svg:
        options.svg.write_text(growth_as_svg(curves, where))
    print((growth_as_json if options.json else growth_as_text)(curves, where))


def where_time_goes(place: Place, options: argparse.Namespace) -> None:
    """Measure how long the phases of a send of ours take."""
    where = machine()
    phases = Phases(place)
    breakdowns = [phases.measure(workload) for workload in OURS_ALONE if options.only in workload.name]
    if options.svg:
        options.svg.write_text(phases_as_svg(breakdowns, where))
    print(phases_as_text(breakdowns), described(where), sep="\n\n")


def command_line() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="bench", description="Compare Gatepost with its peers. Needs root.")
    parser.add_argument("--json", action="store_true", help="print JSON, with every round")
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/benchmarks.md")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="also write a picture")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="run only the workloads whose names contain this text"
    )
    parser.add_argument("--peer", action="append", default=[], metavar="NAME", help="compare only with this program")
    parser.add_argument(
        "--rounds", type=float, default=1, metavar="FACTOR", help="run this many times the usual number of rounds"
    )
    parser.add_argument(
        "--growth",
        action="store_true",
        help="measure how the cost grows with the work instead; needs 2 GiB of memory and disk",
    )
    parser.add_argument("--phases", action="store_true", help="instead: where the time of a send of ours goes")
    parser.add_argument(
        *("--without", "-w"),
        action="append",
        default=[],
        metavar="KEYWORD",
        help="extensions that the smart host does not offer, such as CHUNKING or PIPELINING",
    )
    return parser.parse_args()


enter_private_namespace()
try:
    main()
except KeyboardInterrupt:
    sys.exit("make bench: interrupted")

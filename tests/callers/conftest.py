"""One machine with Gatepost for all callers, and at the end the table of what was tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.callers.attempt import Machine
from tests.callers.programs import CALLERS
from tests.callers.tree import RELEASE, version
from tests.callers.world import install
from tests.support.certificates import Certificates

HEADINGS = ("Caller", f"Version ({RELEASE})", "Calls", "Standard input", "A refusal is shown by")


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Machine:
    """Install Gatepost as an administrator would; what the callers are run with is made anew for each run."""
    folder: Path = tmp_path_factory.mktemp("machine")
    return Machine(folder / "attempt", install(folder / "making", certificates), certificates)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a row, in Markdown, for each caller of which every test has passed."""
    passed = [report.nodeid for report in terminalreporter.stats.get("passed", [])]
    failed = [report.nodeid for kind in ("failed", "error") for report in terminalreporter.stats.get(kind, [])]
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    for caller in CALLERS:
        name = f"[{caller.name}]"
        if any(node.endswith(name) for node in passed) and not any(node.endswith(name) for node in failed):
            called = " ".join(("sendmail", *caller.argv))
            rows.append((caller.name, version(caller.package), f"`{called}`", caller.stdin, caller.shows))
    for row in rows:
        terminalreporter.write_line(f"| {' | '.join(row)} |")

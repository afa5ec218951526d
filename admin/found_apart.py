"""Read findings from a process that gave root up, a line of JSON each; its output is not trusted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from admin.apart import OUT, Apart
from admin.finding import OK, WARN, WRONG, Finding
from helper.failure import SystemFault


def found_apart(
    find: Callable[[], Iterator[Finding]], time_limit_s: float, subject: str, lost: str
) -> Iterator[Finding]:
    """Yield what `find` yields in a process apart; where that ends too early, `lost` says what was not looked at."""
    with Apart(None, lambda: tell(find()), time_limit_s) as finder:
        try:
            finder.write(b"")
            yield from (heard(line) for name, line in finder.lines() if name == OUT)
            if finder.wait() != 0:
                raise SystemFault("the process ended too early")
        except SystemFault as fault:
            yield Finding(WRONG, subject, f"{lost}: {fault.problem}")


def tell(findings: Iterator[Finding]) -> None:
    """Write each finding in a line, as JSON."""
    for each in findings:
        print(json.dumps([each.word, each.subject, each.text, each.facts, each.remedy]), flush=True)


def heard(line: str) -> Finding:
    """Return a finding from its line. SystemFault for what is none: a smart host may have taken its process over."""
    try:
        word, subject, text, facts, remedy = json.loads(line)
    except ValueError:
        raise SystemFault("the output of the process is not valid") from None
    if word not in (OK, WARN, WRONG) or not isinstance(facts, dict | None):
        raise SystemFault("the output of the process is not valid")
    return Finding(word, str(subject), str(text), facts, str(remedy))

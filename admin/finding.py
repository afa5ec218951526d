"""Findings: what `check` and `selftest` have to say, for people line by line and for programs as one JSON object."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO

from helper.failure import Failure
from helper.record import Record
from helper.sentence import verdict
from helper.smtp.steps import shown
from helper.version import VERSION

RIGHT, WRONG, MIND = "right", "wrong", "mind"
HOLDS, FAILS = "holds", "FAILS"  # of a promise that was attacked
GREEN, RED, YELLOW = "\x1b[32m", "\x1b[1;31m", "\x1b[33m"
COLOURS = {RIGHT: GREEN, HOLDS: GREEN, WRONG: RED, FAILS: RED, MIND: YELLOW}
BAD = (WRONG, FAILS)
PLAIN = "\x1b[0m"


class Finding(Record):
    """One thing that was looked at: right, wrong, or right but to be minded; `facts` are for programs alone.

    Of a promise that was attacked: it holds, it fails, or it could not be tried, which is to be minded.
    """

    word: str
    subject: str
    text: str
    facts: Mapping[str, Any] | None = None


class Caution(Failure):
    """Sends work, yet the administrator should know; `problem` says of what, and what to do."""


def finding(subject: str, examine: Callable[[], str]) -> Finding:
    """Return what an examination found: what it returns is right, a Failure is what is wrong."""
    try:
        return Finding(RIGHT, subject, examine())
    except Caution as caution:
        return Finding(MIND, subject, caution.problem)
    except Failure as failure:
        return Finding(WRONG, subject, reason(failure))
    except OSError as error:
        return Finding(WRONG, subject, f"{error.filename}: {error.strerror}")


def reason(failure: Failure) -> str:
    """Return why, in the words that a send would use."""
    return verdict(failure).line.removeprefix("sendmail: not sent: ")


def tell_lines(findings: Iterable[Finding], out: TextIO) -> int:
    """Write a line for each finding as soon as it is made; return 0 where nothing is wrong, else 1."""
    colours = COLOURS if is_colourful(out, os.environ) else {}
    status = 0
    for each in findings:
        word = f"{each.word:<5}"
        if each.word in colours:
            word = f"{colours[each.word]}{word}{PLAIN}"
        line = shown(os.fsencode(f"{each.subject}: {each.text}"))  # a file's name can hold anything
        print(f"{word}  {line}", file=out, flush=True)
        status |= each.word in BAD
    return status


def tell_json(findings: Iterable[Finding], out: TextIO) -> int:
    """Write one JSON object when all is known; return 0 where nothing is wrong, else 1."""
    found = list(findings)
    status = int(any(each.word in BAD for each in found))
    rows = [{"word": each.word, "subject": each.subject, "text": each.text, **(each.facts or {})} for each in found]
    json.dump({"version": VERSION, "status": status, "findings": rows}, out, indent=2)
    print(file=out)
    return status


def is_colourful(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Say whether the reader is a terminal that shows colours, and nobody has said no (https://no-color.org)."""
    return out.isatty() and not environment.get("NO_COLOR") and environment.get("TERM", "dumb") != "dumb"

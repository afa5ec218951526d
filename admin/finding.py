"""Print the findings of `check` and `selftest`: lines for people, JSON for programs."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO

from helper.failure import ConfigError, Failure
from helper.record import Record
from helper.sentence import verdict
from helper.text import shown

OK, WARN, WRONG = "ok", "warn", "wrong"
HOLDS, FAILS = "holds", "FAILS"  # of a promise that was attacked
GREEN, RED, YELLOW = "\x1b[32m", "\x1b[1;31m", "\x1b[33m"
COLOURS = {OK: GREEN, HOLDS: GREEN, WRONG: RED, FAILS: RED, WARN: YELLOW}
BAD = (WRONG, FAILS)
PLAIN = "\x1b[0m"

# What a remedy begins with that stands at the end of a problem; the first three want a file as their last word.
AGAIN = ("install Gatepost again", "sudo gatepost check")  # the second is what a send says; both become a command here
WITH_FILE = ("chmod", "chown", "chgrp")
COMMANDS = (
    *WITH_FILE,
    "apk",
    "apt",
    "busybox",
    "cp",
    "dnf",
    "emerge",
    "gatepost",
    "gpasswd",
    "install",
    "ln",
    "make",
    "mknod",
    "mount",
    "mv",
    "openssl",
    "pacman",
    "rm",
    "sed",
    "service",
    "sudo",
    "sysctl",
    "systemctl",
    "usermod",
    "zypper",
)


class Finding(Record):
    """One thing that was looked at: ok, wrong, or a warning; `facts` are for programs alone.

    Of a promise that was attacked: it holds, it fails, or it could not be tried, which is a warning. `remedy` is a
    command that can be typed in; empty if there is none.
    """

    word: str
    subject: str
    text: str
    facts: Mapping[str, Any] | None = None
    remedy: str = ""

    @property
    def line(self) -> str:
        """Return the finding as a line for people."""
        return f"{self.subject}: {self.text}" + (f": {self.remedy}" if self.remedy else "")


class Caution(Failure):
    """Sends work, but the administrator should know of a `problem`, which says what to do."""


def finding(subject: str, examine: Callable[[], str]) -> Finding:
    """Return the finding of an examination: what it returns is ok, a Failure is wrong."""
    try:
        return Finding(OK, subject, examine())
    except Caution as caution:
        return told(WARN, subject, caution)
    except Failure as failure:
        return told(WRONG, subject, failure)
    except OSError as error:
        return Finding(WRONG, subject, f"{error.filename}: {error.strerror}")


def told(word: str, subject: str, failure: Failure) -> Finding:
    """Return a finding of a failure, with the remedy that its problem ends with, after a colon."""
    problem = failure.problem if isinstance(failure, Caution) else reason(failure)
    if again := next((words for words in AGAIN if words in problem), ""):
        from admin.reinstall import reinstall_command

        problem = problem.replace(again, reinstall_command())
    text, _, remedy = problem.rpartition(": ")
    commands = remedy.split(", ")
    if not text or any(command.partition(" ")[0] not in COMMANDS for command in commands):
        return Finding(word, subject, problem)
    if isinstance(failure, ConfigError):
        commands = [with_file(command, failure.file) for command in commands]
    return Finding(word, subject, text, remedy=" && ".join(commands))


def with_file(command: str, file: str) -> str:
    """Return a command as it can be typed, with the file that it is about where it names none."""
    lacks_file = command.partition(" ")[0] in WITH_FILE and "/" not in command
    return f"{command} {shlex.quote(file)}" if lacks_file else command


def reason(failure: Failure) -> str:
    """Return the reason, in the words that a send would use."""
    return verdict(failure).line.removeprefix("sendmail: not sent: ")


def tell_lines(findings: Iterable[Finding], out: TextIO) -> int:
    """Write a line for each finding as soon as it is made; return 0 if nothing is wrong, else 1."""
    colours = COLOURS if is_colourful(out, os.environ) else {}
    status = 0
    for each in findings:
        word = f"{each.word:<5}"
        if each.word in colours:
            word = f"{colours[each.word]}{word}{PLAIN}"
        line = shown(os.fsencode(each.line))  # a file's name can hold anything
        print(f"{word}  {line}", file=out, flush=True)
        status |= each.word in BAD
    return status


def tell_json(findings: Iterable[Finding], out: TextIO) -> int:
    """Write one JSON list when all is known; return 0 if nothing is wrong, else 1.

    What is found at a smart host has `facts` as well.
    """
    found = list(findings)
    rows = [
        {
            "verdict": each.word,
            "subject": each.subject,
            "text": each.text,
            "remedy": each.remedy,
            **({"facts": each.facts} if each.facts else {}),
        }
        for each in found
    ]
    json.dump(rows, out, indent=2)
    print(file=out)
    return int(any(each.word in BAD for each in found))


def is_colourful(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether the reader is a terminal that shows colours, and nobody has said no (https://no-color.org)."""
    return out.isatty() and not environment.get("NO_COLOR") and environment.get("TERM", "dumb") != "dumb"

"""Find all mistakes in a configuration at once, each with the command that corrects it.

A send is told the first mistake alone. Here the first is corrected, or left out, and then the next is looked for. A
correction is shown only if the parser has no more to say against that key.
"""

from __future__ import annotations

from typing import Any

from admin.correction.candidates import candidates
from admin.correction.edit import Change, Source, editor, with_value, without_key
from admin.correction.syntax import corrections
from admin.finding import WRONG, Finding, reason
from helper.config.configuration import build, shown_path
from helper.config.shape import BadValue
from helper.config.toml import attempt, parse_toml
from helper.config.values import Configuration, ThisHost
from helper.failure import ConfigError
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.toml import Path

LIMIT = 40  # mistakes; who makes more has another kind of file here
PLACEHOLDERS = {
    "hosts": ["smtp.example.net"],
    "user": "user",
    "password_file": "password",
    "password_command": ["/bin/cat"],
    "token_command": ["/bin/cat"],
}


class Reading(Record):
    """What was read: every mistake, and the configuration as it is once all are corrected, None if one cannot be.

    `source` has the corrections in it, but for lines that are added: the others keep their numbers.
    """

    findings: tuple[Finding, ...]
    configuration: Configuration | None
    source: Source


class Mistake(Record):
    """What is wrong at a line, and how the file and its tables are without it; without a change only a person knows."""

    finding: Finding
    line: int
    tables: dict[str, Any]
    change: Change | None


def read_whole(source: Source, machine: ThisHost) -> Reading:
    """Return the content of a file, and the mistakes in it."""
    try:
        parse_toml(source.octets, source.file)
        findings: list[Finding] = []
        corrected: Source | None = source
    except ConfigError as error:
        if "TOML" not in error.problem and "twice" not in error.problem:
            return Reading((unreadable(source, error),), None, source)
        findings, corrected = syntax_mistakes(source)
    if corrected is None:
        return Reading(tuple(findings), None, source)
    return value_mistakes(corrected, machine, findings)


def unreadable(source: Source, error: ConfigError) -> Finding:
    """Return what is wrong with a file that is no text in UTF-8, and the command that makes it so."""
    new = f"{source.quoted}.utf8"
    coding = coding_of(source.octets) if "UTF" in error.problem else ""  # else it is too large, or too deep
    remedy = f"iconv -f {coding} -t UTF-8 {source.quoted} > {new} && cat {new} > {source.quoted} && rm {new}"
    return Finding(WRONG, "configuration", reason(error), remedy=remedy if coding else editor(source.file, 1))


def coding_of(octets: bytes) -> str:
    """Return in what coding a text is that is not in UTF-8; nothing if it is no text."""
    for coding in ("UTF-16", "UTF-16LE") if b"\0" in octets else ("ISO-8859-1",):
        try:
            text = octets.decode(coding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and "=" in text:
            return coding
    return ""


def syntax_mistakes(source: Source) -> tuple[list[Finding], Source | None]:
    """Return the mistakes in the syntax, and the corrected file; None if it cannot be corrected."""
    findings: list[Finding] = []
    while len(findings) < LIMIT:
        _, problem, line = attempt(source.text)
        if not problem:
            return findings, source
        change = None if line is None else mended(source.text, line, is_twice="twice" in problem)
        remedy = source.command(change) or editor(source.file, line or 1)
        text = reason(ConfigError(source.file, problem, line=line))
        findings.append(Finding(WRONG, "configuration", text, remedy=remedy))
        if change is None:
            break
        source = source.replace(octets=change.text.encode())
    return findings, None


def mended(text: str, line: int, *, is_twice: bool) -> Change | None:
    """Return the change after which TOML goes on beyond a line."""
    for change in corrections(text, line, is_twice=is_twice):
        _, problem, place = attempt(change.text)
        if not problem or (place is not None and place > line):
            return change
    return None


def value_mistakes(source: Source, machine: ThisHost, before: list[Finding]) -> Reading:
    """Return the mistakes that the parser finds, after earlier ones.

    What adds a line is told last, and from the end of the file: then every command finds its line.
    """
    tables = parse_toml(source.octets, source.file)
    mistakes: list[Mistake] = []
    seen: set[Path] = set()
    while (bad := bad_value(tables, machine)) is not None and bad.path not in seen and len(mistakes) < LIMIT:
        seen.add(bad.path)
        mistake = mistake_of(source, tables, bad, machine)
        mistakes.append(mistake)
        tables = mistake.tables
        if mistake.change is not None and not mistake.change.adds:
            source = source.replace(octets=mistake.change.text.encode())
    moves = [each for each in mistakes if each.change is not None and each.change.adds]
    others = [each for each in mistakes if each not in moves]
    told = [*others, *sorted(moves, key=lambda each: -each.line)]
    is_whole = bad is None and all(each.change is not None for each in mistakes)
    findings = (*before, *(each.finding for each in told))
    return Reading(findings, build(tables, machine) if is_whole else None, source)


def mistake_of(source: Source, tables: dict[str, Any], bad: BadValue, machine: ThisHost) -> Mistake:
    """Return a mistake with the first change after which the parser has nothing more against that key."""
    line = source.line(bad.path)
    text = reason(ConfigError(source.file, bad.problem, line=line, key=shown_path(bad.path)))
    for change, corrected, target in candidates(source, tables, bad):
        if change is None or corrected is None:
            continue
        then = bad_value(corrected, machine)
        if then is None or (then.path != bad.path and then.path[: len(target)] != target):
            remedy = change.command or source.command(change)
            return Mistake(Finding(WRONG, "configuration", text, remedy=remedy), line, corrected, change)
    finding = Finding(WRONG, "configuration", text, remedy=source.editor(bad.path))
    return Mistake(finding, line, neutralised(tables, bad.path), None)


def bad_value(tables: dict[str, Any], machine: ThisHost) -> BadValue | None:
    """Return the first thing that the parser has against some tables."""
    try:
        build(tables, machine)
    except BadValue as bad:
        return bad
    return None


def neutralised(tables: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return tables in which a key is as good as right, so that what comes after it is seen."""
    name = path[-1] if path else ""
    if name in PLACEHOLDERS:
        return with_value(tables, path, PLACEHOLDERS[name]) or tables
    if isinstance(name, int):
        return neutralised(tables, path[:-1])
    return without_key(tables, path) or tables

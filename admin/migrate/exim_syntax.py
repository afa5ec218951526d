"""The language of Exim's configuration file: macros, sections, instances, options, lists (chapter 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from admin.migrate.conversion import Line, MigrateError, text_of

MACRO = re.compile(r"([A-Z]\w*)\s*==?\s*(.*)", re.DOTALL)
OPTION = re.compile(r"(?:hide\s+)?([a-z]\w*)(?:\s*=\s*(.*))?", re.DOTALL)
INSTANCE = re.compile(r"(\w+):")
FLATTEN = "have Exim write out its configuration: exim -bP config > FILE, then use --from FILE"


@dataclass
class Instance:
    """A router, transport or authenticator: its name, and its options in order."""

    name: str
    line: Line
    options: dict[str, Line] = field(default_factory=dict)


@dataclass
class File:
    """A configuration: the main options, the instances of each section, and the rules of the section `rewrite`."""

    main: dict[str, Line] = field(default_factory=dict)
    sections: dict[str, list[Instance]] = field(default_factory=dict)
    rules: list[Line] = field(default_factory=list)


def parse_file(path: Path) -> File:
    """Parse a configuration file. MigrateError for syntax that only Exim itself can evaluate."""
    file, section, macros = File(), "", dict[str, str]()
    for number, text in logical_lines(path):
        if text.startswith("."):
            raise MigrateError(str(path), number, f"{text.split()[0]}: {FLATTEN}")
        macro = MACRO.fullmatch(text) if not section or section == "main" else None
        if macro:
            macros[macro[1]] = replaced(macro[2], macros)
            continue
        text = replaced(text, macros)
        if text.split()[0] == "begin":
            section = text.split()[1]
        elif section in ("routers", "transports", "authenticators"):
            take_instance(file.sections.setdefault(section, []), Line(str(path), number, "", text))
        elif section == "rewrite":
            file.rules.append(Line(str(path), number, *rule_of(text)))
        elif not section:
            option = option_of(Line(str(path), number, "", text))
            file.main[option.name] = option
    return file


def logical_lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines with their numbers, without comments, joined if one ends in a backslash."""
    lines: list[tuple[int, str]] = []
    is_open = False
    for number, text in enumerate(text_of(path).split("\n"), 1):
        stripped = text.strip()
        if stripped.startswith("#") or (not stripped and not is_open):
            continue
        if is_open:
            first, begun = lines.pop()
            number, stripped = first, begun + stripped
        is_open = stripped.endswith("\\")
        lines.append((number, stripped.removesuffix("\\")))
    return [(number, text) for number, text in lines if text]


def replaced(text: str, macros: dict[str, str]) -> str:
    """Return a line with the values of macros in the place of their names, the longest first."""
    for name in sorted(macros, key=len, reverse=True):
        text = text.replace(name, macros[name])
    return text


def take_instance(instances: list[Instance], line: Line) -> None:
    """Add a line to a section: the name of an instance, or an option of the last one."""
    begun = INSTANCE.fullmatch(line.value)
    if begun:
        instances.append(Instance(begun[1], Line(line.file, line.number, begun[1], "")))
        return
    if not instances:
        raise line.error("this option belongs to no section")
    option = option_of(line)
    instances[-1].options[option.name] = option


def option_of(line: Line) -> Line:
    """Return an option with its name; `no_x` and `not_x` are `x = false`, and a quoted value is without its quotes."""
    match = OPTION.fullmatch(line.value)
    if match is None:
        raise MigrateError(line.file, line.number, "is not an option")
    name, value = match[1], match[2]
    if value is None:
        negated = re.fullmatch(r"not?_(\w+)", name)
        name, value = (negated[1], "false") if negated else (name, "true")
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return Line(line.file, line.number, name, value)


def rule_of(text: str) -> tuple[str, str]:
    """Return pattern and replacement of a rule for rewriting; its flags stand at the end of the replacement."""
    pattern, _, rest = text.partition(" ")
    return pattern, rest.strip()


def is_true(options: dict[str, Line], name: str, *, default: bool = False) -> bool:
    """Return whether a switch is on."""
    return options[name].value.lower() in ("true", "yes") if name in options else default


def items_of(text: str) -> list[str]:
    """Return the items of a list: separated by colons, or what `<x` says; a doubled separator stands for itself."""
    separator = ":"
    changed = re.match(r"<(\W)\s*", text)
    if changed:
        separator, text = changed[1], text[changed.end() :]
    parts = text.replace(separator * 2, "\0").split(separator)
    return [item for part in parts if (item := part.replace("\0", separator).strip())]

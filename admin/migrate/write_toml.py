"""Write a plan as the text of gatepost.toml, for people to read and edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def text_of(settings: Mapping[str, Any], heading: str = "") -> str:
    """Return settings as TOML; `heading` becomes a comment above them.

    Values are str, bool, int, and lists and tables of these; a table in a table of a table stands in one line.
    """
    parts = ["".join(f"# {line}\n" for line in heading.splitlines())] if heading else []
    parts.append(pairs({name: value for name, value in settings.items() if not is_section(value)}))
    for name, value in settings.items():
        if isinstance(value, Mapping):
            parts += tables(name, value)
        elif is_section(value):
            parts += [f"[[{key(name)}]]\n{pairs(each)}" for each in value]
    return "\n".join(part for part in parts if part)


def tables(name: str, value: Mapping[str, Any]) -> list[str]:
    """Return a table of values, or of tables: [rewrite], [transports.relay]."""
    if value and all(isinstance(each, Mapping) for each in value.values()):
        return [f"[{key(name)}.{key(inner)}]\n{pairs(each)}" for inner, each in value.items()]
    return [f"[{key(name)}]\n{pairs(value)}"]


def is_section(value: Any) -> bool:
    """Return whether a value stands below a heading of its own."""
    return isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(each, Mapping) for each in value))


def pairs(table: Mapping[str, Any]) -> str:
    """Return the lines of a table."""
    return "".join(f"{key(name)} = {inline(value)}\n" for name, value in table.items())


def key(name: str) -> str:
    """Return a key, without quotes if TOML allows it."""
    return name if name and set(name) <= BARE else string(name)


def inline(value: Any) -> str:
    """Return a value in one line. TypeError for what TOML, or gatepost.toml, has not."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return string(value)
        case list():
            return f"[{', '.join(inline(each) for each in value)}]"
        case Mapping():
            return f"{{ {', '.join(f'{key(name)} = {inline(each)}' for name, each in value.items())} }}"
    raise TypeError(type(value).__name__)


def string(text: str) -> str:
    """Return a basic string, in which nothing has a meaning."""
    return '"' + "".join(ESCAPES.get(each) or (each if is_plain(each) else escaped(each)) for each in text) + '"'


def is_plain(character: str) -> bool:
    """Return whether TOML takes a character as it is."""
    return character >= " " and character != "\x7f"


def escaped(character: str) -> str:
    """Return a character by its number."""
    return f"\\u{ord(character):04x}"

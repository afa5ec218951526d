"""Parse TOML, and find the line of a key. Error messages contain no text of the file.

tomllib's own messages quote the file ("Found invalid character 's'"), and its exceptions hold on to more. So ours are
raised outside of every `except`: an exception raised inside would carry tomllib's along as its context (threat F5).
"""

from __future__ import annotations

import tomllib

from helper.failure import ConfigError
from helper.text import without_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # Keys of tables and, from 0, places in arrays: ("routers", 2, "domains").
    Path = tuple[str | int, ...]

SIZE_LIMIT = 64 * 1024  # octets; a thousand times the smallest useful file, and parsed in a moment


def parse_toml(octets: bytes, file: str) -> dict[str, Any]:
    """Return the tables of a TOML file. ConfigError, with the line if it is known, for wrong syntax."""
    text = decode(octets, file)
    tables, problem, line = attempt(text)
    if problem:
        raise ConfigError(file, problem, line=line)
    return tables


def line_of(octets: bytes, path: Path) -> int | None:
    """Return the line on which the statement begins that gives a key its value, from 1; None if no part of it is.

    The octets must have parsed. For a key that is missing it is the line of the innermost table that is there. TOML
    can be cut after each statement: the shortest piece that holds the key ends with the statement looked for.
    """
    text = without_mark(octets).decode().replace("\r\n", "\n")
    path = present_part(tomllib.loads(text), path)
    if not path:
        return None
    ends = statement_ends(text)
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        if present_part(tomllib.loads(text[: ends[middle]]), path) == path:
            high = middle
        else:
            low = middle + 1
    start = ends[low - 1] if low else 0
    return text.count("\n", 0, start) + 1


def decode(octets: bytes, file: str) -> str:
    """Return the text of a file. ConfigError if it is too large or not UTF-8."""
    if len(octets) > SIZE_LIMIT:
        raise ConfigError(file, f"is larger than {SIZE_LIMIT // 1024} KiB")
    if b"\0" in octets:
        raise ConfigError(file, "contains a NUL: is it UTF-16?", line=octets.count(b"\n", 0, octets.index(b"\0")) + 1)
    try:
        return without_mark(octets).decode()
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
    raise ConfigError(file, "is not UTF-8", line=line)


def attempt(text: str) -> tuple[dict[str, Any], str, int | None]:
    """Return the tables, or a problem in our own words and its line."""
    try:
        return tomllib.loads(text), "", None
    except RecursionError:
        return {}, "cannot be used: values are nested too deeply", None
    except tomllib.TOMLDecodeError as error:
        said = str(error)
    except ValueError:
        return {}, "cannot be used: a number is too long", None  # CPython reads at most 4300 digits
    is_twice = said.startswith(("Cannot", "Duplicate"))
    return {}, "contains a key or table twice" if is_twice else "is not TOML: syntax error", told_line(said, text)


def told_line(said: str, text: str) -> int:
    """Return the line that a message of tomllib ends with: "(at line 3, column 5)" or "(at end of document)"."""
    digits = said.rpartition("(at line ")[2].partition(",")[0]
    if digits.isascii() and digits.isdigit():
        return int(digits)
    return text.rstrip("\r\n").count("\n") + 1


def present_part(tables: Any, path: Path) -> Path:
    """Return the part of a path that exists in the tables."""
    value = tables
    for depth, step in enumerate(path):
        if not holds(value, step):
            return path[:depth]
        value = value[step]
    return path


def holds(value: Any, step: str | int) -> bool:
    """Return whether a table has a key, or an array a place."""
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def statement_ends(text: str) -> list[int]:
    """Return where each line ends that is not inside a value, in a text that is known to be TOML."""
    ends = []
    depth = at = 0
    while at < len(text):
        char = text[at]
        if char == "#":
            at = end_of_line(text, at)
        elif char in "\"'":
            at = after_string(text, at)
        else:
            depth += (char in "[{") - (char in "]}")
            at += 1
            if char == "\n" and not depth:
                ends.append(at)
    return [*ends, at]


def end_of_line(text: str, at: int) -> int:
    """Return the place of the next line feed, or the end."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def after_string(text: str, at: int) -> int:
    """Return the place after a string of any of TOML's four kinds."""
    quote = text[at]
    fence = quote * 3 if text.startswith(quote * 3, at) else quote
    at += len(fence)
    while at < len(text) and not text.startswith(fence, at):
        at += 2 if quote == '"' and text[at] == "\\" else 1
    at += len(fence)
    while len(fence) == 3 and text.startswith(quote, at):  # `"""two quotes at the end: """""`
        at += 1
    return at

"""Edit: a command that changes one key of a TOML file. It is made only if the file then says exactly what is wanted.

The commands are of sed, with a pattern instead of the old value: that can be a secret, and is never shown. A command
that changes a line does not match another one, and no line moves unless one is added.
"""

from __future__ import annotations

import copy
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from admin.migrate.write_toml import inline, key
from helper.config.toml import line_of, present_part, statement_ends
from helper.privileged import paths
from helper.record import Record
from helper.text import without_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.toml import Path

VALUES = (r'"[^"]*"', r"'[^']*'", r"\[[^]]*\]", r"\{[^}]*\}", r"[^],} #]+")  # what TOML writes in one line
BEFORE_KEY = ("^( *)", r"([{,. ] *)")
ITEMS = (r'"[^"]*"', r"'[^']*'", r"[0-9]+")
SPECIAL = re.compile(r"[.*+?()\[\]{}|^$\\]")


class Change(Record):
    """A change of a text: the scripts of `sed -E`, and what comes out. `adds` says that a line is added.

    `command` is the whole command where it takes more than sed.
    """

    scripts: tuple[str, ...]
    text: str
    adds: bool = False
    command: str = ""


class Source(Record):
    """The text of a configuration file. It is UTF-8, but may have errors in its syntax."""

    file: str = paths.CONFIGURATION
    octets: bytes = b""

    @property
    def text(self) -> str:
        """Return the text, without a byte-order mark."""
        return without_mark(self.octets).decode()

    def line(self, path: Path) -> int:
        """Return the line of a key, that of the table where the key is missing; the first if there is neither."""
        return line_of(self.octets, path) or 1

    @property
    def quoted(self) -> str:
        """Return the name of the file as it is typed."""
        return shlex.quote(self.file)

    def command(self, *changes: Change | None) -> str:
        """Return the command that makes these changes, nothing if one of them cannot be made."""
        made = [each for each in changes if each is not None]
        if not made or len(made) < len(changes):
            return ""
        return shell_sed([script for each in made for script in each.scripts], self.file)

    def editor(self, path: Path = ()) -> str:
        """Return the command that opens the file at a key, for decisions that only the owner can make."""
        return editor(self.file, self.line(path) if self.octets else 1)

    def set_to(self, path: Path, value: Any) -> str:
        """Return the command that gives a key another value, or adds it; an editor if no command can."""
        return self.command(setting(self.text, path, value)) or self.editor(path)

    def without(self, path: Path) -> str:
        """Return the command that makes a comment of a key; an editor if no command can."""
        return self.command(removal(self.text, path)) or self.editor(path)


def shell_sed(scripts: Sequence[str], file: str) -> str:
    """Return the command that has sed change a file."""
    words = scripts if len(scripts) == 1 else [word for script in scripts for word in ("-e", script)]
    return f"sed -E -i {shlex.join(words)} {shlex.quote(file)}"


def editor(file: str, line: int) -> str:
    """Return the command that opens a file at a line."""
    return f'"${{EDITOR:-vi}}" +{line} {shlex.quote(file)}'


def setting(text: str, path: Path, value: Any) -> Change | None:
    """Return the change after which a key has a value; None if it would take more than a line or two."""
    tables = tomllib.loads(text)
    wanted = with_value(tables, path, value)
    if wanted is None:
        return None
    has_key = present_part(tables, path) == path
    tried = replacements(text, path, value, tables) if has_key else additions(text, path, value)
    return first_that_says(wanted, tried)


def renaming(text: str, path: Path, name: str, value: Any) -> Change | None:
    """Return the change after which a key has another name, and a value."""
    tables = tomllib.loads(text)
    removed = without_key(tables, path)
    wanted = None if removed is None else with_value(removed, (*path[:-1], name), value)
    lines, old = lines_of(text, path), pattern_of(str(path[-1]))
    if value == at_path(tables, path):  # it is not shown, then
        kept = (
            substitute(text, number, f"{before}{old} *=", f"{key(name)} =")
            for number, before in product(lines, BEFORE_KEY)
        )
        return first_that_says(wanted, kept)
    new = f"{key(name)} = {inline(value)}"
    tried = (
        substitute(text, number, f"{before}{old} *= *{pattern}", new)
        for number, before, pattern in product(lines, BEFORE_KEY, VALUES)
    )
    return first_that_says(wanted, tried)


def removal(text: str, path: Path) -> Change | None:
    """Return the change after which a key stands in a comment."""
    lines = lines_of(text, path)
    wanted = without_key(tomllib.loads(text), path)
    return first_that_says(wanted, (substitute(text, lines[0], "^", "# "),)) if len(lines) == 1 else None


def moving(text: str, path: Path, target: Path, value: Any) -> Change | None:
    """Return the change after which a key stands in another table."""
    removed = without_key(tomllib.loads(text), path)
    wanted = None if removed is None else with_value(removed, target, value)
    lines = lines_of(text, path)
    if len(lines) != 1:
        return None
    taken = text.split("\n")
    taken[lines[0] - 1] = ""
    tried = (
        Change((*each.scripts, f"{lines[0]}d"), each.text, adds=True)
        for each in additions("\n".join(taken), target, value)
        if each is not None
    )
    return first_that_says(wanted, tried)


def first_that_says(wanted: Any, tried: Iterator[Change | None] | tuple[Change | None, ...]) -> Change | None:
    """Return the first change after which a text says what is wanted."""
    return next((each for each in tried if each is not None and parsed(each.text) == wanted), None)


def parsed(text: str) -> Any:
    """Return the tables of a text, None if it has no TOML."""
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def replacements(text: str, path: Path, value: Any, tables: dict[str, Any]) -> Iterator[Change | None]:
    """Yield changes of the lines in which a key may have its value: of the whole value, of an item of an array."""
    lines, last = lines_of(text, path), path[-1]
    if isinstance(last, int):
        yield from replacements(text, path[:-1], at_path(with_value(tables, path, value), path[:-1]), tables)
        for number in lines:
            for pattern, nth in product(ITEMS, range(1, 9)):
                yield substitute(text, number, pattern, inline(value), nth)
        return
    new = f"{key(str(last))} = {inline(value)}"
    for number, before, pattern in product(lines, BEFORE_KEY, VALUES):
        for is_quoted in (False, True):
            name = pattern_of(str(last), is_quoted=is_quoted)
            yield substitute(text, number, f"{before}{name} *= *{pattern}", new)
    if len(lines) > 1:
        yield exchange(text, lines, new)


def additions(text: str, path: Path, value: Any) -> Iterator[Change | None]:
    """Yield changes that add a key: below the head of its table, or in braces."""
    new = f"{key(str(path[-1]))} = {inline(value)}"
    number = line_of(text.encode(), path[:-1]) or 1
    if len(path) == 1:
        yield Change((f"1i {new}",), f"{new}\n{text}", adds=True)
        return
    lines = text.split("\n")
    if lines[number - 1].lstrip().startswith("["):
        added = "\n".join([*lines[:number], new, *lines[number:]])
        yield Change((f"{number}a {new}",), added, adds=True)
    for before in BEFORE_KEY:
        opened = rf"({before}{pattern_of(str(path[-2]))} *= *\{{)"
        yield substitute(text, number, rf"{opened} *\}}", f" {new} }}")
        yield substitute(text, number, f"{opened} *", f" {new}, ")


def substitute(text: str, number: int, pattern: str, new: str, nth: int = 1) -> Change | None:
    """Return the change by `s` of one line; what the first group of the pattern matched stays."""
    lines = text.split("\n")
    line = lines[number - 1]
    found = next((match for count, match in enumerate(re.finditer(pattern, line), 1) if count == nth), None)
    delimiter = next((each for each in "/%~;!" if each not in pattern + new), None)
    if found is None or delimiter is None:
        return None
    kept, group = (found[1], r"\1") if found.re.groups else ("", "")
    lines[number - 1] = f"{line[: found.start()]}{kept}{new}{line[found.end() :]}"
    escaped = new.replace("\\", "\\\\").replace("&", "\\&")
    script = f"{number}s{delimiter}{pattern}{delimiter}{group}{escaped}{delimiter}{nth if nth > 1 else ''}"
    return Change((script,), "\n".join(lines))


def exchange(text: str, numbers: range, new: str) -> Change:
    """Return the change of whole lines for one."""
    lines = text.split("\n")
    lines[numbers[0] - 1 : numbers[-1]] = [new]
    escaped = new.replace("\\", "\\\\")
    return Change((f"{numbers[0]},{numbers[-1]}c {escaped}",), "\n".join(lines), adds=True)


def pattern_of(name: str, *, is_quoted: bool = False) -> str:
    """Return the pattern for a key as it is written, with quotes where it has them."""
    literal = SPECIAL.sub(lambda match: f"\\{match[0]}", name)
    return f'"{literal}"' if key(name) != name else f'"?{literal}"?' if is_quoted else literal


def lines_of(text: str, path: Path) -> range:
    """Return the lines of the statement that gives a key its value, from 1."""
    start = line_of(text.encode(), path) or 1
    end = start
    for place in statement_ends(text):
        end = text.count("\n", 0, place)
        if end >= start:
            break
    return range(start, max(start, end) + 1)


def with_value(tables: Any, path: Path, value: Any) -> Any:
    """Return a copy of tables in which a key has a value; None if there is no table for it."""
    changed = copy.deepcopy(tables)
    table = at_path(changed, path[:-1])
    try:
        table[path[-1]] = value
    except (TypeError, IndexError):
        return None
    return changed


def without_key(tables: Any, path: Path) -> Any:
    """Return a copy of tables without a key; None if it is not there."""
    changed = copy.deepcopy(tables)
    try:
        del at_path(changed, path[:-1])[path[-1]]
    except (TypeError, KeyError, IndexError):
        return None
    return changed


def at_path(tables: Any, path: Path) -> Any:
    """Return the value at a path, None if there is none."""
    for step in path:
        try:
            tables = tables[step]
        except (TypeError, KeyError, IndexError):
            return None
    return tables


def with_head(text: str, pattern: str, new: str, wanted: Any) -> Change | None:
    """Return the change of all heads of tables that begin so, where the text then says what is wanted."""
    changed = "\n".join(re.sub(f"^{pattern}", new, line) for line in text.split("\n"))
    return first_that_says(wanted, (Change((f"s/^{pattern}/{new}/",), changed),))


def with_dotted_key(text: str, path: Path, table: str, wanted: Any) -> Change | None:
    """Return the change after which a key stands in a table of its table: `auth.user = "ws1"`."""
    name = str(path[-1])
    found = substitute(text, lines_of(text, path)[0], f"^( *){pattern_of(name)} *=", f"{table}.{key(name)} =")
    return first_that_says(wanted, (found,))

"""The command that corrects a line of an alias file, such as a missing colon."""

from __future__ import annotations

from admin.correction.edit import editor, shell_sed
from admin.correction.syntax import Rule, changed_line
from helper.privileged import protected_files
from helper.routing.aliases import count_entries
from helper.routing.items import ListSyntax
from helper.text import without_mark

RULES: tuple[Rule, ...] = (
    (r"^([^ :#]+) *= *", r"\1: "),
    (r"^([^ :#]+)[ \t]+", r"\1: "),
    (r"^([^ :#]+)$", r"# \1"),
    (r", *$", ""),
    (r",[ ,]*,", ","),
    (r"^([^:]*:.*[^ ]) +([^ ,]+)$", r"\1, \2"),
    (r"^", "# "),
)


def mended_list(file: str, qualify: bytes) -> str:
    """Return the command that corrects the first wrong line; an editor if none is known."""
    octets = protected_files.readable_octets(file, protected_files.ALIASES_LIMIT)
    line = first_wrong_line(octets, qualify)
    try:
        lines = without_mark(octets).decode().split("\n")
    except UnicodeDecodeError:
        lines = []
    if line is None or line > len(lines):
        return editor(file, 1)
    for pattern, new in RULES:
        change = changed_line(lines, line, pattern, new)
        then = first_wrong_line(change.text.encode(), qualify)
        if then is None or then > line:
            return shell_sed(change.scripts, file)
    return editor(file, line)


def first_wrong_line(octets: bytes, qualify: bytes) -> int | None:
    """Return the first line that is no entry, None if all are."""
    try:
        count_entries(octets, qualify)
    except ListSyntax as error:
        return error.line
    return None

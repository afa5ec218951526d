"""Write the manual pages from packaging/man/*.in. Options and keys come from the tables that the program uses.

Usage: manpages.py DIRECTORY SYSCONFDIR SERVICE_USER

A template is roff. @NAME@ stands for a value or for the paragraphs of a table.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helper.config import schema
from helper.request.argv import JOINED, OPTIONS, VALUE
from helper.version import VERSION

TEMPLATES = Path(__file__).with_name("man")


def main() -> None:
    """Write the pages into a directory."""
    directory, sysconfdir, service = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    directory.mkdir(parents=True, exist_ok=True)
    values = {
        "VERSION": VERSION,
        "SYSCONFDIR": quoted(sysconfdir),
        "SERVICE_USER": quoted(service),
        "OPTIONS": command_options(),
        "MAIN": keys(schema.MAIN),
        "TRANSPORT": keys(schema.TRANSPORT),
        "AUTHENTICATION": keys(schema.AUTHENTICATION),
        "ROUTER": keys(schema.ROUTER),
        "DRIVERS": "\n".join(driver(name, options) for name, options in schema.DRIVERS.items()),
        "POLICY": keys(schema.POLICY),
    }
    for template in sorted(TEMPLATES.glob("*.in")):
        page = re.sub(r"@([A-Z_]+)@", lambda name: values[name[1]], template.read_text("utf-8"))
        (directory / template.stem).write_text(page)


def driver(name: str, options: Iterable[schema.Option]) -> str:
    """Return the section of a router's driver."""
    heading = quoted(f'driver = "{name}"')
    return f".SS {heading}\n{keys(options)}"


def command_options() -> str:
    """Return the options of sendmail, a paragraph each."""
    paragraphs = []
    for option in OPTIONS:
        argument = {JOINED: " \\fI...\\fR", VALUE: " \\fIARGUMENT\\fR"}.get(option.argument, "")
        paragraphs.append(f".TP\n\\fB\\-{option.letter}\\fR{argument}\n{sentence(option.summary)}")
    return "\n".join(paragraphs)


def keys(options: Iterable[schema.Option]) -> str:
    """Return the keys of a table, a paragraph each: what it is, what it takes, what it is without."""
    return "\n".join(
        f".TP\n\\fB{quoted(option.name)}\\fR\n{sentence(option.meaning)}\nTakes {sentence(option.shape.words)}"
        + ("" if option.default is None else f"\nDefault: {quoted(shown(option.default))}.")
        for option in options
    )


def shown(default: object) -> str:
    """Return a default as the file would write it."""
    if isinstance(default, bool):
        return "true" if default else "false"
    return f'"{default}"' if isinstance(default, str) else str(default)


def sentence(text: str) -> str:
    """Return text that ends in a full stop and cannot be taken for a request of roff."""
    text = quoted(text.strip())
    return text if text.endswith((".", ":")) else f"{text}."


def quoted(text: str) -> str:
    """Return text with what roff would interpret made harmless."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{text}" if text.startswith((".", "'")) else text


main()

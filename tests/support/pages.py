"""The pages of docs/, as a reader goes through them: blocks of text with their language, and tables of what is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
MAIL = "| sent by | to | sender | recipient |"
PART = re.compile(
    rf"^( *)```(\S*)\n(.*?)^\1```$|^{re.escape(MAIL)}\n[^\n]*\n((?:\|[^\n]*\n)+)", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """One fenced block, or (language "mail") the rows of a table of mail."""

    language: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page in their order."""
    yield from blocks_of(page.read_text("utf-8"))


def blocks_of(page: str) -> Iterator[Block]:
    """Yield the blocks of a page's text."""
    for indent, language, text, rows in PART.findall(page):
        yield Block("mail", rows) if rows else Block(language, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE))


def texts(page: Path, language: str) -> list[str]:
    """Return the blocks of one language."""
    return [block.text for block in blocks(page) if block.language == language]


def rows(table: str) -> list[list[str]]:
    """Return the cells of a table, row by row."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]

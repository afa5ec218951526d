"""The documents for administrators: what they tell to write is taken, and what they tell to run is there."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from admin.main import parser
from helper.config.configuration import parse_configuration
from helper.failure import UsageError
from helper.request.argv import parse_argv
from tests.support import pages
from tests.support.configuration import file_of
from tests.support.pages import texts
from tests.unit.config.sample import MACHINE, SMALLEST

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *pages.PAGES]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *PAGES[1:]]
README_WORDS = 1000
CODE = re.compile(r"`([^`\n]+)`")
# Words of ours in a line of shell: what comes before is sudo, a pipe, an assignment.
COMMAND = re.compile(r"(?:^|[|;&{] *|sudo )(gatepost|sendmail|make)(?=[ \n]|$)([^|;&#}\n]*)", re.MULTILINE)


def whole_configurations(page: Path) -> Iterator[str]:
    """Yield what each block amounts to: a file of its own, or a part, which stands in the last file before it."""
    whole: dict[str, Any] = tomllib.loads(SMALLEST)
    for text in texts(page, "toml"):
        part = tomllib.loads(text)
        whole = part if "transports" in part else whole | part
        yield text if whole is part else file_of(whole)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_configuration_is_accepted(page):
    for text in whole_configurations(page):
        assert parse_configuration(text.encode(), page.name, MACHINE).transports


def commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each call of ours, in blocks of shell and within sentences, with its words."""
    for text in [*texts(page, "sh"), *(code for code in CODE.findall(page.read_text()) if " " in code)]:
        for program, rest in COMMAND.findall(text):
            yield program, shlex.split(re.sub(r"[<>].*", "", rest))


def test_the_documents_have_commands_of_every_kind():
    found = [program for page in PAGES for program, _ in commands(page)]
    assert {program: found.count(program) > 3 for program in ("gatepost", "sendmail", "make")} == dict.fromkeys(
        ("gatepost", "sendmail", "make"), True
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_understood(page):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for program, words in commands(page):
        if program == "make":
            assert {word for word in words if "=" not in word} <= set(targets), words
        elif program == "sendmail":
            parse_argv([b"sendmail", *map(os.fsencode, words)])
        else:
            is_understood(words)


def is_understood(words: list[str]) -> None:
    """Parse a command line of the administrator's; a subcommand may be named without what it needs."""
    (subcommands,) = (each.choices for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    assert words[0] in subcommands, words
    options = {word for word in words[1:] if word.startswith("-")}
    assert options <= set(subcommands[words[0]]._option_string_actions), words


def test_the_readme_links_every_page():
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in readme] == []


PLACES = ("helper", "admin", "frontend", "packaging", "tests", "fuzz", "bench")
FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|c|h|sh|md)|(?:helper|admin|frontend|packaging|tests|docs)/[\w/.-]*)`")


@pytest.mark.parametrize(
    "page", [page for page in DOCUMENTS if page.name != "CHANGELOG.md"], ids=lambda page: page.name
)
def test_every_file_that_a_document_names_is_there(page):
    """By its path, or by its name alone."""
    names = set(FILE.findall(page.read_text()))
    found = {
        name
        for name in names
        if (ROOT / name).exists()
        or (ROOT / "tests" / name).exists()
        or any(any((ROOT / place).rglob(name)) for place in PLACES if "/" not in name)
    }
    assert names - found == set()


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().split()) <= README_WORDS


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_what_is_checked_here_can_fail():
    with pytest.raises(UsageError):
        parse_argv([b"sendmail", b"--no-such-option"])
    with pytest.raises(AssertionError):
        is_understood(["check", "--no-such-option"])

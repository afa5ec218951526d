"""The manual pages: made from the program's own tables, and clean roff."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from admin.main import parser
from helper.config import hosts, schema
from helper.config.configuration import parse_configuration
from helper.request.argv import OPTIONS
from helper.routing import items
from tests.unit.config.sample import MACHINE, SMALLEST

ROOT = Path(__file__).parents[2]
PAGES = ("sendmail.gatepost.8", "gatepost.8", "gatepost.toml.5")


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("man")
    command = [sys.executable, "-B", ROOT / "packaging/manpages.py", folder, "/etc/gatepost", "mailuser"]
    subprocess.run(command, check=True)
    return folder


def text_of(page: Path) -> str:
    command = ["groff", "-man", "-ww", "-Tascii", "-P-cbou", page]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_clean_roff(pages, name):
    assert "Gatepost" in text_of(pages / name)


def test_every_option_of_the_command_line_is_explained(pages):
    lines = [line.strip() for line in text_of(pages / "sendmail.gatepost.8").splitlines()]
    letters = [option.letter for option in OPTIONS]
    assert [letter for letter in letters if not any(line.startswith(f"-{letter}") for line in lines)] == []


def test_every_key_of_the_configuration_is_explained(pages):
    lines = {line.strip() for line in text_of(pages / "gatepost.toml.5").splitlines()}
    tables = (schema.MAIN, schema.TRANSPORT, schema.AUTHENTICATION, schema.ROUTER, schema.POLICY)
    names = {option.name for table in (*tables, *schema.DRIVERS.values()) for option in table}
    # A short key has its explanation on the same line.
    assert {name for name in names if not any(line == name or line.startswith(f"{name} ") for line in lines)} == set()


def test_every_kind_of_item_of_host_and_of_pattern_is_explained(pages):
    """Each is the term of a paragraph of its own, or within one as in "mx:example.net"."""
    terms = re.findall(r"^\.TP\n(.*)$", (pages / "gatepost.toml.5").read_text(), re.MULTILINE)
    kinds = (
        *items.VERDICTS,
        ":include:",
        "/dev/null",
        "\\e user",
        *hosts.KINDS,
        "[2001:db8::1]",
        "<>",
        "q^",
        "q!",
        "q*",
    )
    assert [kind for kind in kinds if not any(kind in term for term in terms)] == []


def test_the_configurations_in_the_manual_are_accepted(pages):
    examples = re.findall(
        r"^\.nf\n\.RS\n(.*?)^\.RE$", (pages / "gatepost.toml.5").read_text(), re.MULTILINE | re.DOTALL
    )
    smallest, rewriting = examples
    assert tomllib.loads(smallest) == tomllib.loads(SMALLEST)
    assert len(parse_configuration((SMALLEST + rewriting).encode(), "manual", MACHINE).rewrite) == 2


def test_every_subcommand_of_the_administrators_and_its_options_are_explained(pages):
    text = text_of(pages / "gatepost.8")
    (commands,) = (action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    words = {word for each in commands.values() for word in each._option_string_actions} - {"-h", "--help"}
    assert {"--as", "--auth"} <= words
    assert {word for word in [*commands, *words] if word not in text} == set()

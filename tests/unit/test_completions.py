"""The completions of bash and zsh: made from the program's own tables; bash is asked."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from admin.main import parser
from helper.request.argv import OPTIONS

ROOT = Path(__file__).parents[2]
ASK = """
source "$1"; shift
function=$1; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
FUNCTIONS = {"sendmail": "_gatepost_sendmail", "gatepost": "_gatepost"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("completions")
    subprocess.run([sys.executable, "-B", ROOT / "packaging/completions.py", folder], check=True)
    return folder


def offered(folder: Path, *words: str) -> set[str]:
    """Return what bash offers for the last word."""
    command = ["bash", "-c", ASK, "bash", folder / "bash" / words[0], FUNCTIONS[words[0]], *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def subcommands() -> dict[str, argparse.ArgumentParser]:
    (commands,) = (action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return commands


def test_every_option_that_does_something_is_offered(folder):
    letters = {word[1] for word in offered(folder, "sendmail", "-")}
    assert {option.letter for option in OPTIONS if option.sets} - letters <= {"q", "d"}
    assert {option.letter for option in OPTIONS if not option.sets} & letters == set()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-B", ""), {"7BIT", "8BITMIME"}),
        (("-B", "8"), {"8BITMIME"}),
        (("-R", ""), {"FULL", "HDRS"}),
        (("-b",), {"-bm", "-bs", "-bv", "-bt", "-bi", "-bp", "-bV"}),
        (("-F", "r"), set()),
    ],
)
def test_what_follows_an_option_of_sendmail(folder, words, expected):
    assert offered(folder, "sendmail", *words) == expected


@pytest.mark.parametrize("words", [("ro",), ("-f", "ro")])
def test_a_login_is_offered_for_an_address(folder, words):
    assert "root" in offered(folder, "sendmail", *words)


def test_every_subcommand_is_offered_with_its_options(folder):
    assert offered(folder, "gatepost", "") == set(subcommands())
    for name, command in subcommands().items():
        options = {spelling for action in command._actions for spelling in action.option_strings}
        assert offered(folder, "gatepost", name, "-") == options
    assert "root" in offered(folder, "gatepost", "explain", "--as", "ro")


def test_zsh_has_the_same(folder):
    sendmail, gatepost = ((folder / "zsh" / name).read_text() for name in ("_sendmail", "_gatepost"))
    assert (sendmail.split()[:2], gatepost.split()[:2]) == (["#compdef", "sendmail"], ["#compdef", "gatepost"])
    for option in offered(folder, "sendmail", "-"):
        assert f"'*{option}[" in sendmail
    for name in subcommands():
        assert f"argument:{name}) _arguments" in gatepost
    shlex.split(sendmail, comments=True)  # every quotation ends
    shlex.split(gatepost, comments=True)

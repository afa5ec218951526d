"""Every known attack is tried by a test that exists, and every test that attacks says which of them it tries."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.threats import COUNTS, NOT_TESTED, TESTED

TESTS = Path(__file__).parents[1]
ATTACKS = sorted((TESTS / "attack").glob("test_*.py"))


def named_in(docstring):
    """Return the numbers that a docstring begins with: `A1, B2: ...`, `C1 to C3: ...`."""
    head = re.match(r"([A-K]\d+((, | to )[A-K]\d+)*): ", docstring or "")
    if head is None:
        return []
    numbers = []
    for part in head[1].split(", "):
        first, _, last = part.partition(" to ")
        numbers += [f"{first[0]}{number}" for number in range(int(first[1:]), int((last or first)[1:]) + 1)]
    return numbers


def test_no_known_attack_is_forgotten():
    every = {f"{letter}{number + 1}" for letter, count in COUNTS.items() for number in range(count)}
    assert TESTED.keys() | NOT_TESTED.keys() == every
    assert TESTED.keys() & NOT_TESTED.keys() == set()


@pytest.mark.parametrize("number", TESTED)
def test_the_tests_of_an_attack_are_there(number):
    _, tests = TESTED[number]
    assert tests
    for test in tests:
        file, _, function = test.partition("::")
        tree = ast.parse((TESTS / file).read_text("utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert any(name.startswith("test_") for name in functions)
        assert not function or function in functions, f"{file} has no {function}"


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_that_a_test_names_is_in_the_table(path):
    file = f"attack/{path.name}"
    named = named_in(ast.get_docstring(ast.parse(path.read_text("utf-8"))))
    assert [number for number in named if not any(test.startswith(file) for test in TESTED[number][1])] == []


def test_security_md_shows_the_same_list_and_each_attack_once():
    """A row names its test with the numbers that it tries; a number without a test in tests/attack has its own row."""
    text = (TESTS.parent / "SECURITY.md").read_text("utf-8").partition("## Attacks and their tests\n")[2]
    shown: dict[str, set[str]] = {}
    for numbers, cells in re.findall(r"^\| ([A-K]\d+(?:, [A-K]\d+)*)? ?\| (.*) \|$", text, re.MULTILINE):
        files = set(re.findall(r"`(\w+/[\w/]+\.py)`", cells)) or set(re.findall(r"\| `(test_\w+\.py)` \|", cells))
        for number in filter(None, numbers.split(", ")):
            shown.setdefault(number, set()).update(file if "/" in file else f"attack/{file}" for file in files)
    tested = {number: {test.partition("::")[0] for test in tests} for number, (_, tests) in TESTED.items()}
    expected = {
        number: {file for file in files if file.startswith("attack/")} or files for number, files in tested.items()
    }
    assert shown == expected | {number: set() for number in NOT_TESTED}

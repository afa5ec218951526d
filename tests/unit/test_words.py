"""Words that the program does not use: what people read says it in the field's words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
BETTER = {
    "folder": "directory",
    "knock": "connect",
    "to be had": "cannot ...",
    "nobody understands": "is not valid",
    "no equal": "no equivalent",
    "will do": "needs",
    "others than": "users other than",
    "somebody else's": "another user's",
    "is no directory": "is not a directory",
    "is no file": "is not a file",
    "exchange what": "replace the files",
    "be entered by": "NAME cannot enter",
}

IN_DOCSTRINGS = {
    "folder": "directory",
    "Say whether": "Return whether",
    "None where": "None if",
    "Error where": "Error if",
}


def texts(code: str) -> Iterator[str]:
    """Yield the texts of a module that can be printed: not the docstrings, nor a name alone."""
    tree = ast.parse(code)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def words_in(code: str) -> list[str]:
    return [
        f"{word} ({BETTER[word]}): {text}" for text in texts(code) if " " in text for word in BETTER if word in text
    ]


def docstrings(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""


def words_in_docstrings(code: str) -> list[str]:
    return [
        f"{word} ({IN_DOCSTRINGS[word]}): {text}" for text in docstrings(code) for word in IN_DOCSTRINGS if word in text
    ]


def test_no_text_uses_a_word_that_has_a_better_one():
    files = [file for room in ("helper", "admin") for file in (ROOT / room).rglob("*.py")]
    assert [f"{file.name}: {found}" for file in files for found in words_in(file.read_text("utf-8"))] == []


def test_a_word_is_found_in_a_text_and_not_in_a_docstring():
    assert words_in('"""A folder."""\nprint(f"the folder {name}")\n') == ["folder (directory): the folder "]


def test_no_docstring_uses_a_word_that_has_a_better_one():
    files = [file for room in ("helper", "admin") for file in (ROOT / room).rglob("*.py")]
    assert [f"{file.name}: {found}" for file in files for found in words_in_docstrings(file.read_text("utf-8"))] == []


def test_a_word_is_found_in_a_docstring():
    assert words_in_docstrings('"""A folder."""\n') == ["folder (directory): A folder."]

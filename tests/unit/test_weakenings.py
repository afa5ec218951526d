"""Each control takes out a defence that is still there: the text that it replaces stands in the source exactly once."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("attack", "system", "faults")
SOURCES = (".py", ".c", ".h")


def module(path: Path) -> ModuleType:
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def weakenings(value: object) -> Iterator[tuple[str, str]]:
    """Yield each file and the text that is replaced in it, of every weakening in a value of a module."""
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(key, str) and key.endswith(SOURCES) and isinstance(each, dict):
                yield from ((key, text) for text in each)
            else:
                yield from weakenings(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from weakenings(each)
    elif hasattr(value, "values") and hasattr(value, "id"):  # pytest.param
        yield from weakenings(value.values)


def of_module(path: Path) -> set[tuple[str, str]]:
    found = set()
    for name, value in vars(module(path)).items():
        marks = getattr(value, "pytestmark", []) if callable(value) else []
        for each in (value if not name.startswith("__") else None, *(mark.args for mark in marks)):
            found.update(weakenings(each))
    return found


def in_functions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the same of the weakenings that functions build, as far as they stand there as plain text."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = {name: value for name, value in vars(module(path)).items() if isinstance(value, str)}

    def text_of(node: ast.expr | None) -> str:
        known = constants.get(node.id, "") if isinstance(node, ast.Name) else ""
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else known

    for table in ast.walk(tree):
        if isinstance(table, ast.Dict):
            for key, texts in zip(table.keys, table.values, strict=True):
                if text_of(key).endswith(SOURCES) and isinstance(texts, ast.Dict):
                    yield from ((text_of(key), text) for each in texts.keys if (text := text_of(each)))


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_defence_that_a_control_takes_out_is_there(folder):
    files = sorted((ROOT / "tests" / folder).glob("test_*.py"))
    controls = {each for file in files for each in (*of_module(file), *in_functions(file))}
    assert len(controls) >= 1
    assert [(file, text) for file, text in controls if (ROOT / file).read_text("utf-8").count(text) != 1] == []

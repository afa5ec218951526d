"""What the controls take out of the sources stands there: a change of the sources disarms no control unnoticed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = [path for folder in ("attack", "system") for path in sorted((ROOT / "tests" / folder).glob("test_*.py"))]


def weakenings_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (file, text) of each weakening that is a constant of a module of tests."""
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for value in vars(module).values():
        if isinstance(value, dict) and all(isinstance(texts, dict) for texts in value.values()):
            yield from ((file, text) for file, texts in value.items() if isinstance(file, str) for text in texts)


EACH = [
    (path.stem, file, text)
    for path in TESTS
    if "weakened" in path.read_text("utf-8")
    for file, text in weakenings_of(path)
    if isinstance(text, str) and file.startswith(("admin/", "frontend/", "helper/", "packaging/"))
]


def test_there_are_many():
    assert len(EACH) > 60


@pytest.mark.parametrize(("test", "file", "text"), EACH, ids=[f"{test}-{file}" for test, file, _ in EACH])
def test_what_a_control_replaces_stands_in_the_sources_once(test, file, text):
    assert (ROOT / file).read_text("utf-8").count(text) == 1

"""The tree: no circle of imports, one name for each file of the helper, and unit tests that stand where the code is."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A session sends each of its messages as a send does, and -bs starts a session. story.py imports it for -bs alone.
CIRCLES = [{"helper.session", "helper.story"}]

# Tests of more than one file, and what they test.
OF_MORE_THAN_ONE_FILE = {
    "admin/test_broken_configurations.py": "all of `gatepost check`, by a table of broken configurations",
    "admin/test_migrate.py": "all of admin/migrate",
    "admin/test_oauth.py": "all of admin/oauth",
    "admin/test_prctl_missing.py": "`gatepost check` without python-prctl",
    "admin/test_remedies.py": "the remedies of all of `gatepost check`",
    "admin/test_selftest.py": "all of admin/selftest",
    "bench/test_pictures.py": "bench/bars.py and the other pictures",
    "bench/test_tables.py": "all tables of the benchmark",
    "config/test_mistakes.py": "a whole file: which mistake is told of which line and key",
    "config/test_no_value_is_shown.py": "a whole file: no message shows a value",
    "config/test_shapes.py": "the shapes of all values: hosts, mailboxes, patterns, plain values",
    "message/test_samples.py": "whole messages, as programs write them",
    "message/test_smuggling.py": "a whole message: no line of it ends the data",
    "routing/test_redirect.py": "the driver `redirect`, with aliases, items and lists",
}


def modules() -> dict[str, Path]:
    """Return the files of helper and admin by the names under which they are imported."""
    files = [path for room in ("helper", "admin") for path in (ROOT / room).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


def imported(source: str) -> set[str]:
    """Return all that a file imports, at the top, in a function and for the type checker."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def circles(sources: dict[str, str]) -> list[set[str]]:
    """Return the sets of modules of which each leads to every other one."""
    known = {name: (imported(source) & sources.keys()) - {name} for name, source in sources.items()}
    reached = {name: reachable(name, known) for name in known}
    found = {frozenset(each for each in reached[name] if name in reached[each]) for name in known}
    return sorted((set(circle) for circle in found if len(circle) > 1), key=sorted)


def reachable(name: str, known: dict[str, set[str]]) -> set[str]:
    """Return the modules to which the imports of one lead, itself among them where they lead back."""
    found: set[str] = set()
    pending = [name]
    while pending:
        fresh = known[pending.pop()] - found
        found |= fresh
        pending += fresh
    return found


def test_no_imports_go_in_a_circle():
    assert circles({name: path.read_text() for name, path in modules().items()}) == CIRCLES


@pytest.mark.parametrize("indented", ["import b", "def f():\n    import b", "if TYPE_CHECKING:\n    from b import c"])
def test_control_a_circle_is_seen(indented):
    assert circles({"a": indented, "b": "from c import d", "c": "import a", "d": "import a"}) == [{"a", "b", "c"}]


def test_a_name_means_one_file_of_the_helper():
    names = Counter(path.name for path in (ROOT / "helper").rglob("*.py") if not path.name.startswith("__"))
    assert [name for name, count in names.items() if count > 1] == []


def rooms_of(test: Path) -> list[Path]:
    """Return the directories whose code a directory of tests/unit tests."""
    room = test.relative_to(ROOT / "tests/unit").parent
    return [ROOT / room, ROOT / "helper" / room]


def mirrored() -> list[Path]:
    return sorted(path for path in (ROOT / "tests/unit").glob("*/**/test_*.py"))


@pytest.mark.parametrize("test", mirrored(), ids=lambda path: str(path.relative_to(ROOT / "tests/unit")))
def test_each_unit_test_stands_where_the_file_stands_that_it_tests(test):
    own = any((room / test.name.removeprefix("test_")).exists() for room in rooms_of(test))
    assert own != (str(test.relative_to(ROOT / "tests/unit")) in OF_MORE_THAN_ONE_FILE)


def test_no_line_of_this_list_is_left_over():
    assert [name for name in OF_MORE_THAN_ONE_FILE if not (ROOT / "tests/unit" / name).exists()] == []

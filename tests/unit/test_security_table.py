"""SECURITY.md says what the code does: its steps are the functions that are called, its table the tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")
STORY = SECURITY.partition("## The story\n")[2].partition("\n## ")[0]
ATTACKS = SECURITY.partition("## Attacks and their tests\n")[2].partition("\n## ")[0]
PROCESSES = SECURITY.partition("## Processes\n")[2].partition("\n## ")[0]


def rows_of(text):
    """Return the cells of the first table in a text, row by row."""
    (table, *_) = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()][2:]


TABLE = rows_of(ATTACKS)

FILES = ("request/channel.py", "delivery/route_message.py", "delivery/outgoing.py", "delivery/deliver.py", "story.py")


def step(number):
    """Return one step of the story."""
    return re.split(r"^\d+\. ", STORY, flags=re.MULTILINE)[number]


def names_in(text):
    """Return the names of functions in a text, in order."""
    return re.findall(r"`([a-z_]+)`", text)


def calls_of(function, file):
    """Return which functions of its own file a function calls, in order."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    calls = [node for node in ast.walk(functions[function]) if isinstance(node, ast.Call)]
    called = [node.func for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset))]
    return [name.id for name in called if isinstance(name, ast.Name) and name.id in functions]


@pytest.mark.parametrize(
    ("number", "function", "file"),
    [(3, "begin", "helper/privileged/begin.py"), (5, "drop", "helper/privileged/drop.py")],
)
def test_the_steps_of_the_story_are_what_the_function_calls(number, function, file):
    assert names_in(step(number)) == [function, *calls_of(function, file)]


def test_the_steps_of_the_sandbox_are_taken_where_the_story_says():
    assert names_in(step(6)) == ["shut_in", "shut_in_further"]
    send = (ROOT / "helper/story.py").read_text("utf-8").partition("def send(")[2].partition("\ndef ")[0]
    assert send.index("route_message(") < send.index("shut_in_further(") < send.index("deliver(envelope")


def test_the_phases_of_the_story_stand_in_the_order_in_which_the_helper_goes_through_them():
    serve = (ROOT / "helper/entry/serve.py").read_text("utf-8")
    main, acquire = (serve.partition(f"def {name}(")[2].partition("\ndef ")[0] for name in ("serve", "acquire"))
    order = ("acquire(entry)", "entry.drop()", "entry.load()", "in_sandbox(", "opened(", "tell(channel")
    assert sorted(order, key=main.index) == list(order)
    assert acquire.index("entry.begin()") < acquire.index("entry.acquire()")
    phases = names_in(step(7).partition("\n\n")[0])
    assert phases == ["receive", "route", "compose", "deliver", "report"]
    assert all(
        f"def {phase}" in (ROOT / "helper").joinpath(file).read_text()
        for phase, file in zip(phases, FILES, strict=True)
    )


SENDMAIL = ("frontend/rights.h", "frontend/helpers.h", "frontend/sendmail.c")


@pytest.mark.parametrize(("number", "files"), [(1, SENDMAIL), (2, ("helper/start.h",))])
def test_the_functions_in_c_are_called_in_the_order_of_the_story(number, files):
    code = "".join((ROOT / file).read_text("utf-8") for file in files)
    named = [name for name in names_in(step(number)) if re.search(rf"^static .*\b{name}\(", code, re.MULTILINE)]
    assert named
    last_calls = [code.rindex(f"    {name}(") for name in named]
    assert last_calls == sorted(last_calls)


@pytest.mark.parametrize("row", rows_of(PROCESSES), ids=lambda row: row[0])
def test_every_process_names_a_test_that_is_there(row):
    assert len(row) == 5
    (name,) = re.findall(r"`([\w/]+\.py)`", row[4])
    assert (ROOT / "tests" / (name if "/" in name else f"attack/{name}")).exists()


def test_every_attack_has_its_row_and_every_row_its_attack():
    files = sorted(file.name for file in (ROOT / "tests/attack").glob("test_*.py"))
    assert sorted(row[3].strip("`") for row in TABLE) == files


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[3].strip("`"))
def test_every_control_that_the_table_claims_is_there(row):
    code = (ROOT / "tests/attack" / row[3].strip("`")).read_text("utf-8")
    assert len(row) == 5
    assert ("†" in row[4]) == ("def test_control_" in code)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[3].strip("`"))
def test_every_defence_that_the_table_names_is_there(row):
    """`file`: `function`, ...; a file without functions counts as a whole."""
    for part in row[2].split(";"):
        names = re.findall(r"`([\w.]+)`", part)
        files = [name for name in names if name.endswith((".py", ".c", ".h"))]
        code = "".join(
            path.read_text("utf-8")
            for file in files
            for top in ("helper", "frontend", "admin")
            for path in (ROOT / top).rglob(file)
        )
        assert bool(code) == bool(files)
        for name in set(names) - set(files):
            assert re.search(rf"\b{name}\b", code), f"{name} is not in {files}"

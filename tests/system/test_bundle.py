"""The bundle: every module that a send loads comes out of one file, and nothing depends on that."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUNDLED = ("helper.entry.set_id", "helper.last_words", "helper.story")  # what is loaded before the drop, and after it
PYTHON = ("/usr/bin/python3", "-I", "-S", "-B")

LOADERS = """
import sys
sys.path += [{lib!r}, "/usr/lib/python3/dist-packages"]
from helper.bundle import load_bundle, load_rest
load_bundle({lib!r} + "/helper/helper")
if {rest}:
    load_rest()
before = set(sys.modules)
import {module}
for name, module in sorted(sys.modules.items()):
    if name.startswith("helper"):
        loader = "Bundle" if name in before and module.__loader__ is None else type(module.__spec__.loader).__name__
        print(name, loader, module.__file__)
"""


@pytest.fixture(scope="module")
def lib(tmp_path_factory):
    """A copy of the code with its bundle."""
    place = tmp_path_factory.mktemp("lib")
    shutil.copytree(ROOT / "helper", place / "helper", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([*PYTHON[:2], "-B", ROOT / "packaging/bundle.py", place, place, *BUNDLED], check=True)
    return place


# Where python-prctl is not installed, loaded among the modules that only some sends need.
STAND_IN = {"helper.privileged.prctl_fallback", "helper.privileged.kernel"}


@pytest.fixture
def hidden_bundle(lib):
    """The bundle where no Python looks for it."""
    bundle = lib / f"helper/helper.{sys.implementation.cache_tag}.bundle"
    hidden = bundle.rename(lib / "hidden")
    yield hidden
    hidden.rename(bundle)


def loaders(lib: Path, module: str = "helper.entry.set_id, helper.story", rest: bool = True) -> dict[str, str]:
    script = LOADERS.format(lib=str(lib), module=module, rest=rest)
    done = subprocess.run([*PYTHON, "-c", script], capture_output=True, text=True, check=True)
    found = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    return {name: loader for name, loader in found.items() if name not in ("helper", "helper.bundle")}


def test_all_that_a_send_loads_comes_out_of_it(lib):
    found = loaders(lib)
    assert len(found) > 50
    spares = {name for name, loader in found.items() if loader.split()[0] != "Bundle"}
    assert spares == (set() if importlib.util.find_spec("_prctl") else STAND_IN)


def test_a_module_knows_its_file(lib):
    assert loaders(lib)["helper.entry.set_id"] == f"Bundle {lib}/helper/entry/set_id.py"


def test_what_comes_after_the_drop_waits_for_it(lib):
    found = loaders(lib, "helper.entry.set_id", rest=False)
    assert {"helper.privileged.drop", "helper.privileged.acquire"} <= set(found)
    assert not {"helper.story", "helper.request.argv", "helper.request.channel", "helper.routing.route"} & set(found)


def test_what_only_some_sends_need_waits_in_it(lib):
    assert "helper.config.configuration" not in loaders(lib)
    found = loaders(lib, "helper.story, helper.config.configuration")
    assert found["helper.config.configuration"] == f"Bundle {lib}/helper/config/configuration.py"
    assert found["helper.config.values"].startswith("Bundle")


def test_a_configuration_can_be_parsed_before_the_rest_is_loaded(lib):
    """Some of what its parser needs is in packages of the rest."""
    parser = "helper.entry.set_id, helper.config.configuration"
    assert loaders(lib, parser, rest=False)["helper.config.configuration"].startswith("Bundle")
    assert "helper.story" in loaders(lib, f"{parser}\nload_rest()\nimport helper.story", rest=False)


def test_a_package_that_waits_in_it_has_its_modules(lib):
    found = loaders(lib, "helper.message.mime.charset")
    assert found["helper.message.mime"] == f"Bundle {lib}/helper/message/mime/__init__.py"
    assert found["helper.message.mime.charset"].startswith("Bundle")


def test_what_only_some_sends_need_is_read_when_the_file_cannot_be_opened_any_more(lib):
    """After the drop and in the sandbox, a module is read through the descriptor that was opened before."""
    bundle = next(lib.glob("helper/*.bundle"))
    script = LOADERS.format(lib=str(lib), module="helper.config.configuration", rest=True)
    script = script.replace("before =", f"import os; os.rename({str(bundle)!r}, {str(lib / 'moved')!r})\nbefore =")
    done = subprocess.run([*PYTHON, "-c", script], capture_output=True, text=True, check=True)
    (lib / "moved").rename(bundle)
    assert "helper.config.configuration Bundle " in done.stdout


EACH_ALONE = """
import os, pathlib, sys
sys.path += [{lib!r}, "/usr/lib/python3/dist-packages"]
from helper.bundle import load_bundle, load_rest
load_bundle({lib!r} + "/helper/helper")
if {rest}:
    load_rest()
files = [path.relative_to({lib!r}).with_suffix("") for path in pathlib.Path({lib!r}, "helper").rglob("*.py")]
for name in [".".join(file.parts).removesuffix(".__init__") for file in files if file.name != "__main__"]:
    if os.fork() == 0:
        __import__(name)
        os._exit(0)
    if os.wait()[1]:
        print(name)
"""


@pytest.mark.parametrize("rest", [False, True], ids=["before the drop", "after it"])
def test_each_module_can_be_loaded_alone(lib, rest):
    script = EACH_ALONE.format(lib=str(lib), rest=rest)
    done = subprocess.run([*PYTHON, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_what_a_spare_module_needs_is_loaded_with_it(lib):
    found = loaders(lib, "helper.story, helper.smtp.auth")
    assert found["helper.smtp.auth"].startswith("Bundle")
    assert {"helper.smtp.sasl.mechanisms", "helper.smtp.sasl.exchange", "helper.smtp.sasl.mask"} <= set(found)


def test_what_is_not_in_it_is_found_beside_it(lib):
    (lib / "helper/late.py").write_text("")
    assert loaders(lib, "helper.late")["helper.late"] == f"SourceFileLoader {lib}/helper/late.py"


def test_what_only_people_and_the_type_checker_read_is_not_in_it(lib):
    script = (
        LOADERS.format(lib=str(lib), module="helper.story", rest=True)
        + """
from helper.record import Record
from helper.address import Mailbox
import helper.story
print(helper.story.__doc__, helper.story.tell.__doc__, helper.story.tell.__annotations__, Record.__doc__)
assert "__future__" not in sys.modules and Mailbox._fields
"""
    )
    done = subprocess.run([*PYTHON, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "None None {} None"


def test_a_line_of_a_traceback_is_that_of_the_source(lib):
    script = (
        LOADERS.format(lib=str(lib), module="helper.story", rest=True)
        + """
from helper.privileged.command import output_of
import helper.story
print(helper.story.tell.__code__.co_firstlineno, output_of.__code__.co_firstlineno)
"""
    )
    done = subprocess.run([*PYTHON, "-c", script], capture_output=True, text=True, check=True)
    expected = [line_of("helper/story.py", "def tell("), line_of("helper/privileged/command.py", "def output_of(")]
    assert done.stdout.splitlines()[-1].split() == expected


def line_of(file: str, text: str) -> str:
    lines = Path(ROOT, file).read_text().splitlines()
    return str(next(number for number, line in enumerate(lines, 1) if line.startswith(text)))


def test_without_it_everything_is_found(lib, hidden_bundle):
    found = loaders(lib)
    assert {loader.split()[0] for loader in found.values()} == {"SourceFileLoader"}


def test_one_for_another_python_is_not_used(lib, hidden_bundle):
    shutil.copy(hidden_bundle, lib / "helper/helper.cpython-310.bundle")
    assert {loader.split()[0] for loader in loaders(lib).values()} == {"SourceFileLoader"}

"""`_prctl` beside the package that is made of it, and beside its stand-in: the same numbers, the same answers."""

from __future__ import annotations

import ast
from pathlib import Path

import _prctl
import prctl
import pytest

from helper.privileged import prctl_fallback, python_prctl
from helper.privileged.process import EVERY_CAP

CAPS = [0, 13, 37]


def imported() -> list[str]:
    """Return the names that python_prctl takes from `_prctl`."""
    tree = ast.parse(Path(python_prctl.__file__).read_text())
    froms = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return [alias.name for node in froms if node.module == "_prctl" for alias in node.names]


def test_python_prctl_is_what_we_use_where_it_is_there():
    assert python_prctl.prctl is _prctl.prctl


@pytest.mark.parametrize("name", [name for name in imported() if name.isupper()])
def test_each_number_is_the_same_in_the_stand_in(name):
    assert getattr(prctl_fallback, name) == getattr(_prctl, name)


@pytest.mark.parametrize("name", [name for name in imported() if not name.isupper()])
def test_the_stand_in_has_each_function(name):
    assert callable(getattr(prctl_fallback, name))


@pytest.mark.parametrize("name", ["dumpable", "no_new_privs", "pdeathsig"])
def test_the_package_gets_the_same_answer(name):
    option = getattr(python_prctl, f"PR_GET_{name.upper()}")
    assert python_prctl.prctl(option) == prctl_fallback.prctl(option) == getattr(prctl, f"get_{name}")()


def test_the_package_sees_the_same_securebits():
    securebits = python_prctl.prctl(python_prctl.PR_GET_SECUREBITS)
    assert bool(securebits & python_prctl.SECBIT_KEEP_CAPS) == prctl.securebits.keep_caps
    assert bool(securebits & python_prctl.SECBIT_NO_SETUID_FIXUP) == prctl.securebits.no_setuid_fixup


@pytest.mark.parametrize("module", [python_prctl, prctl_fallback])
def test_the_package_sees_the_same_capabilities(module):
    assert module.get_caps(CAPS, CAPS, CAPS) == prctl.get_caps((CAPS, prctl.ALL_FLAGS))


def test_no_capability_of_the_package_is_forgotten():
    assert set(prctl.ALL_CAPS) <= set(EVERY_CAP)

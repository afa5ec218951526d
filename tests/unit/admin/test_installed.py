"""Installed code: what runs is what can be read."""

from __future__ import annotations

import os
import py_compile

import pytest

from admin.installed import gives_rights, is_compiled
from helper.failure import ConfigError

HASH, TIME = py_compile.PycInvalidationMode.UNCHECKED_HASH, py_compile.PycInvalidationMode.TIMESTAMP


@pytest.fixture
def module(tmp_path):
    source = tmp_path / "module.py"
    source.write_text("ANSWER = 42\n")
    return source


@pytest.mark.parametrize("how", [HASH, TIME])
def test_a_module_is_compiled_as_it_stands(module, how):
    assert not is_compiled(module)
    py_compile.compile(str(module), invalidation_mode=how)
    assert is_compiled(module)


def test_another_source_than_what_runs_is_an_error(module):
    py_compile.compile(str(module), invalidation_mode=HASH)
    module.write_text("ANSWER = 43\n")
    with pytest.raises(ConfigError, match="differs from its compiled copy"):
        is_compiled(module)


@pytest.mark.parametrize("change", [lambda file: file.write_text("ANSWER = 1\n"), lambda file: os.utime(file, (1, 1))])
def test_a_copy_that_the_interpreter_will_not_take_is_none(module, change):
    py_compile.compile(str(module), invalidation_mode=TIME)
    change(module)
    assert not is_compiled(module)


def test_a_copy_of_another_interpreter_is_none(module):
    compiled = py_compile.compile(str(module), invalidation_mode=HASH)
    with open(compiled, "r+b") as file:
        file.write(b"\0\0\r\n")
    assert not is_compiled(module)


@pytest.mark.parametrize("mode", [0o6755, 0o6711, 0o6750, 0o6700, 0o2755, 0o2711, 0o2750])
def test_a_mode_that_an_upgrade_keeps_gives_rights(mode):
    assert gives_rights(mode)


@pytest.mark.parametrize("mode", [0o4755, 0o755, 0o7755, 0o6775, 0o2757, 0o6644, 0o2055])
def test_another_mode_gives_no_rights_or_lets_others_write(mode):
    assert not gives_rights(mode)

"""What is said of a failure that has no sentence of its own."""

from __future__ import annotations

import re

import pytest

from helper.last_words import defect_line


def raised(statement: str) -> BaseException:
    try:
        exec(statement, {})
    except Exception as defect:  # any defect: that is what the last words are about
        return defect
    raise AssertionError(statement)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("import is_not_there", "the Python module is_not_there cannot be imported"),
        ("import _socket.is_not_there", "the Python module _socket.is_not_there cannot be imported"),
        ("from _socket import is_not_there", "the Python module _socket cannot be imported"),
        ("raise ImportError('a secret')", r"a defect in Gatepost: ImportError at <string>:1"),
        ("{}['a secret']", r"a defect in Gatepost: KeyError at <string>:1"),
    ],
)
def test_a_module_of_an_interpreter_that_is_being_upgraded_is_no_defect_of_ours(statement, told):
    assert re.fullmatch(f"sendmail: not sent: {told}", defect_line(raised(statement), None))

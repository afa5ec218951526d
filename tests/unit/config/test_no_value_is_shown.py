from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.config.sample import FULL, error_of

CANARY = "Tr0ub4dor+3"
TEMPLATE = FULL.replace("mua_wrapper = true\n", "")
STRINGS = [match.span(1) for match in re.finditer(r'"([^"\n]*)"(?! =)', TEMPLATE)]
BARE_VALUES = [match.span(1) for match in re.finditer(r"= (true|false|\d+)\n", TEMPLATE)]


def shown_by(error: BaseException | None) -> str:
    """Return everything that a report of an error could show of it, and of what led to it."""
    text = ""
    while error is not None:
        text += f"{error} {error!r} {error.args!r} {vars(error)!r}"
        error = error.__cause__ or error.__context__
    return text


def with_canary(span: tuple[int, int], canary: str) -> bytes:
    start, end = span
    return (TEMPLATE[:start] + canary + TEMPLATE[end:]).encode()


@pytest.mark.parametrize("span", STRINGS, ids=lambda span: f"octet{span[0]}")
@pytest.mark.parametrize("canary", [CANARY, f"{CANARY} {CANARY}", f"^({CANARY}", f"{CANARY}@", f"$home/../{CANARY}"])
def test_no_error_shows_the_string_that_is_wrong(span, canary):
    assert CANARY not in shown_by(error_of(with_canary(span, canary)))


@pytest.mark.parametrize("span", BARE_VALUES, ids=lambda span: f"octet{span[0]}")
@pytest.mark.parametrize("form", ["{}", '"{}"', "['{}']", "{{ a = '{}' }}", "'''\n{}'''", '"{}'])
def test_no_error_shows_what_stands_where_something_else_belongs(span, form):
    assert CANARY not in shown_by(error_of(with_canary(span, form.format(CANARY))))


OCTETS = st.sampled_from([bytes([octet]) for octet in b"\n\"'#=[]{}.,\\ \x00\xff\r\ta0"]) | st.binary(
    min_size=1, max_size=1
)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(STRINGS + BARE_VALUES), st.integers(0, len(TEMPLATE) + 20), OCTETS | st.none())
@example(STRINGS[0], 0, b"\xff")
def test_no_octet_inserted_or_deleted_anywhere_makes_an_error_show_a_value(span, place, octet):
    file = with_canary(span, CANARY)
    broken = file[:place] + (octet + file[place:] if octet else file[place + 1 :])
    assert CANARY not in shown_by(error_of(broken))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STRINGS), st.integers(-3, len(CANARY) + 3), OCTETS | st.none())
def test_no_octet_inserted_or_deleted_near_a_value_makes_an_error_show_it(span, offset, octet):
    file = with_canary(span, f"{CANARY} {CANARY}")
    place = max(0, span[0] + offset)
    broken = file[:place] + (octet + file[place:] if octet else file[place + 1 :])
    assert CANARY not in shown_by(error_of(broken))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_octets_of_any_kind_are_a_configuration_or_one_error(octets):
    error = error_of(octets)
    assert error is None or error.problem

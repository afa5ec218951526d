"""A plan's settings come back as they were when the text is read as TOML."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.migrate.write_toml import text_of

KEYS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=8)
TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(-(2**62), 2**62), st.lists(TEXTS, max_size=3))
TABLES = st.dictionaries(KEYS, st.one_of(SCALARS, st.dictionaries(KEYS, SCALARS, min_size=1, max_size=2)), max_size=4)


@given(
    st.dictionaries(KEYS, SCALARS, max_size=4),
    st.dictionaries(KEYS, TABLES.filter(bool), max_size=2),
    st.lists(TABLES, min_size=1, max_size=3),
)
def test_what_was_written_is_what_is_read(main, transports, routers):
    settings = {**main, "transports": transports, "routers": routers}
    assert tomllib.loads(text_of(settings)) == settings


def test_a_heading_is_a_comment():
    assert tomllib.loads(text_of({"a": "b"}, "first = 1\n[second]")) == {"a": "b"}


def test_a_value_that_toml_has_not_is_a_defect():
    with pytest.raises(TypeError):
        text_of({"a": None})

from __future__ import annotations

import pytest

from helper.config.nearest import nearest

KNOWN = ("hosts", "port", "password_file", "connect_timeout", "tls_verify")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("host", "hosts"),
        ("HOSTS", "hosts"),
        ("connect-timeout", "connect_timeout"),
        ("conect_timeot", "connect_timeout"),
        ("verify", None),
        ("x", None),
        ("", None),
        ("passwordfile", "password_file"),
        ("frobnicate", None),
        ("x" * 65, None),
    ],
)
def test_a_misspelt_word_is_understood_and_another_word_is_left_alone(word, meant):
    assert nearest(word, KNOWN) == meant


def test_nothing_is_near_where_nothing_is_known():
    assert nearest("hosts", ()) is None

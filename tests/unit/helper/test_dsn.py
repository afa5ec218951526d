from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper import dsn

PRINTABLE = st.binary(max_size=60).map(lambda octets: bytes(32 + octet % 95 for octet in octets))


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (b"NEVER", True),
        (b"SUCCESS,FAILURE,DELAY", True),
        (b"DELAY", True),
        (b"", False),
        (b",", False),
        (b"never", False),
        (b"NEVER,DELAY", False),
        (b"DELAY,DELAY", False),
        (b"DELAY,", False),
        (b"DELAY,FAILURE,SUCCESS,SUCCESS", False),
        (b"DELAY RET=FULL", False),
        (b"DELAY\r\n", False),
    ],
)
def test_notify_is_never_or_a_list_of_occasions(value, is_one):
    assert dsn.is_notify(value) == is_one


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (b"a", True),
        (b"x" * 100, True),
        (b"x" * 101, False),
        (b" " * 33 + b"x", True),
        (b" " * 34, False),
        (b"+" * 34, False),
        (b"=" * 34, False),
        (b"", False),
        (b"\xc3\xbc", False),
        (b"a\tb", False),
        (b"a\x7fb", False),
    ],
)
def test_an_envelope_id_is_short_as_xtext_and_printable(value, is_one):
    assert dsn.is_envid(value) == is_one


@pytest.mark.parametrize(
    ("value", "are_some"),
    [
        (b"", True),
        (b"NOTIFY=NEVER", True),
        (b"ORCPT=rfc822;a@x", True),
        (b"NOTIFY=DELAY ORCPT=rfc822;a+3Db@x", True),
        (b"ORCPT=utf-8;\\x{DC}@x NOTIFY=DELAY", True),
        (b"ORCPT=rfc822;" + b"a" * 493, True),
        (b"ORCPT=rfc822;" + b"a" * 494, False),
        (b"ORCPT=rfc822;", False),
        (b"ORCPT=;a@x", False),
        (b"ORCPT=a@x", False),
        (b"ORCPT=rfc822;a=b@x", False),
        (b"ORCPT=rfc822;a+b@x", False),
        (b"ORCPT=rfc822;a+3", False),
        (b"ORCPT=rfc822;a+3d", False),
        (b"ORCPT=rfc822;\xc3\xbc@x", False),
        (b"ORCPT=rfc822;a@x>\r\nDATA", False),
        (b"NOTIFY=NEVER NOTIFY=DELAY", False),
        (b"NOTIFY=NEVER ORCPT=rfc822;a@x NOTIFY=NEVER", False),
        (b"NOTIFY=NEVER ", False),
        (b" NOTIFY=NEVER", False),
        (b"notify=NEVER", False),
        (b"NOTIFY", False),
        (b"RET=FULL", False),
    ],
)
def test_parameters_of_a_recipient_are_notify_and_orcpt(value, are_some):
    assert dsn.are_recipient_parameters(value) == are_some


@given(PRINTABLE)
def test_xtext_comes_back_as_what_it_stands_for(value):
    written = b"".join(b"+%02X" % octet if octet in b" +=" else bytes([octet]) for octet in value)
    assert dsn.is_xtext(written)
    assert dsn.from_xtext(written) == value


@given(st.binary(max_size=40))
def test_what_is_taken_for_xtext_can_stand_in_a_command(value):
    if dsn.is_xtext(value):
        assert len((b"ENVID=" + value).split()) == 1
        assert dsn.from_xtext(value) is not None

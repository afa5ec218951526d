"""SMTP smuggling: whatever a message holds, every server sees one message (CVE-2023-51764, 51765, 51766)."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helper.message.body import dot_stuffed, wire_chunks

END_OF_DATA = b".\r\n"
NEXT_COMMAND = b"QUIT\r\n"
# Where readers end the data: the strict one, and those that were found to be lax.
STRICT = b"\r\n.\r\n"
LAX = (b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\n.\r")


def data_octets(message: bytes, chunk_octets: int) -> bytes:
    """What is sent after the reply to DATA."""
    return b"".join(dot_stuffed(wire_chunks(message, 0, chunk_octets))) + END_OF_DATA


def ends_only_once(message: bytes, chunk_octets: int) -> bool:
    sent = b"\r\n" + data_octets(message, chunk_octets)  # the line end before the data belongs to the command
    strictly = sent.find(STRICT) + len(STRICT) == len(sent)
    return strictly and not any(0 <= sent.find(end) < len(sent) - len(STRICT) for end in LAX)


@pytest.mark.parametrize("chunk_octets", [1, 2, 3])
@pytest.mark.parametrize("length", range(7))
def test_no_short_message_ends_early_for_any_reader(length, chunk_octets):
    for octets in product((b"\r", b"\n", b".", b"A"), repeat=length):
        assert ends_only_once(b"".join(octets), chunk_octets), octets


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"A", b"\0"]), max_size=60).map(b"".join), st.integers(1, 7))
@example(b"a\n.\nMAIL FROM:<evil@x>\r\n", 256)
@example(b"a\r.\rMAIL FROM:<evil@x>\r\n", 256)
@example(b"a\0\r\n.\0\r\n.\r\n", 4)
def test_no_message_ends_early_for_any_reader(message, chunk_octets):
    assert ends_only_once(message, chunk_octets)


@given(st.binary(max_size=80), st.integers(1, 7))
def test_no_cr_or_lf_stands_alone(message, chunk_octets):
    sent = data_octets(message, chunk_octets)
    assert sent.count(b"\r") == sent.count(b"\n") == sent.count(b"\r\n")


def test_the_readers_find_what_they_should():
    for end in (STRICT, *LAX):
        smuggled = b"\r\na" + end + NEXT_COMMAND + b"\r\n" + END_OF_DATA
        assert any(0 <= smuggled.find(reader) < len(smuggled) - len(STRICT) for reader in (STRICT, *LAX))

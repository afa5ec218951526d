from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.smtp.sasl.saslprep import CannotPrepare, saslprep


@pytest.mark.parametrize(
    ("given_string", "prepared"),
    [
        # RFC 4013, section 3
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        # the mappings of section 2
        ("a\u00a0\u2003b", "a  b"),
        ("M\u00fcller", "M\u00fcller"),
        ("Mu\u0308ller", "M\u00fcller"),
        ("\u0627\u0628", "\u0627\u0628"),
        ("\u06271\u0628", "\u06271\u0628"),
        # unknown to Unicode 3.2, and let through
        ("\U0001f511 key", "\U0001f511 key"),
    ],
)
def test_prepares_as_the_rfc_says(given_string, prepared):
    assert saslprep(given_string.encode()) == prepared.encode()


@pytest.mark.parametrize(
    "octets",
    [
        *(
            text.encode()
            for text in ("a\u0080", "a\u2028\u00e4", "\ue000", "\ufdd0", "\u2ff0\u00e4", "\u0340\u200e\u00e4")
        ),
        "\u0627\u0031".encode(),  # RFC 4013, section 3: the bidirectional check
        "\u0627a\u0628".encode(),
        "\u00ad".encode(),  # nothing is left
        "p\u00e4ss".encode("latin-1"),
    ],
)
def test_refuses_what_the_rfc_prohibits(octets):
    with pytest.raises(CannotPrepare):
        saslprep(octets)


@given(st.binary(max_size=20).filter(bytes.isascii))
def test_leaves_ascii_alone(octets):
    assert saslprep(octets) == octets


@given(st.text(max_size=20))
def test_prepares_what_is_prepared_to_itself(text):
    try:
        prepared = saslprep(text.encode("utf-8", "replace"))
    except CannotPrepare:
        return
    assert saslprep(prepared) == prepared

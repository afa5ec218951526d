from __future__ import annotations

from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helper.message.display_name import NAME_LIMIT, display_name, full_name_of


@pytest.mark.parametrize(
    ("gecos", "login", "name"),
    [
        (b"", b"bob", b""),
        (b"Bob Smith", b"bob", b"Bob Smith"),
        (b"Bob Smith,Room 1,555,,", b"bob", b"Bob Smith"),
        (b",,,", b"bob", b""),
        (b"&", b"bob", b"Bob"),
        (b"& Smith & co", b"bob", b"Bob Smith Bob co"),
        (b"& Smith", b"", b"Smith"),
        (b"Bob\nBcc: x", b"bob", b"Bob Bcc: x"),
        (b"Bob\x1b[2J\x7f\r", b"bob", b"Bob [2J"),
        (b"  Bob \t  Smith ", b"bob", b"Bob Smith"),
        ("Jürgen".encode(), b"j", "Jürgen".encode()),
        ("Jürgen".encode("iso-8859-1"), b"j", "Jürgen".encode()),
        ("a\u0085b\u2028c".encode(), b"j", b"a b c"),
        (b"x" * (NAME_LIMIT + 1), b"x", b"x" * NAME_LIMIT),
    ],
)
def test_reads_the_full_name_of_a_password_entry(gecos, login, name):
    assert full_name_of(gecos, login) == name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (b"", []),
        (b" \n ", []),
        (b"CronDaemon", [b"CronDaemon"]),
        (b"Bob Smith", [b"Bob", b"Smith"]),
        (b"J. Doe", [b'"J. Doe"']),
        (b"Doe, J", [b'"Doe, J"']),
        (b'Bob "the" Smith\\', [b'"Bob \\"the\\" Smith\\\\"']),
        (b'"Reminder Service"', [b"Reminder", b"Service"]),
        (b'"Smith, \\"Bob\\""', [b'"Smith, \\"Bob\\""']),
        (b'"', [b'"\\""']),
        (b'""', []),
        (b"Bob <evil@x>, (", [b'"Bob <evil@x>, ("']),
        (b"a\r\nBcc: b@x", [b'"a Bcc: b@x"']),
        ("Jürgen Müller".encode(), [b"=?utf-8?q?J=C3=BCrgen_M=C3=BCller?="]),
        ("é, (=?_)".encode(), [b"=?utf-8?q?=C3=A9=2C_=28=3D=3F=5F=29?="]),
        (b"=?utf-8?q?J=C3=BCrgen?=", [b"=?utf-8?q?J=C3=BCrgen?="]),
    ],
)
def test_makes_a_phrase_of_a_name(name, parts):
    assert display_name(name) == parts


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda octets: octets.decode("iso-8859-1")))
@example("é" * 200)
@example("\U0001f600" * 200)
def test_no_part_of_a_phrase_is_too_long_or_holds_a_control_or_a_raw_octet(text):
    for part in display_name(text.encode("utf-8", "replace")):
        assert part.isascii() and part.decode("ascii").isprintable()
        assert len(part) <= (75 if part.startswith(b"=?utf-8?q?") else 2 * NAME_LIMIT + 2)


@given(st.text(st.sampled_from('aéß漢\U0001f600 ?=_,("\\'), min_size=1, max_size=100).map(str.strip))
def test_encoded_words_mean_the_name(text):
    parts = display_name(text.encode())
    if text.isascii():
        assert not any(part.startswith(b"=?utf-8?q?") for part in parts) or "=?" in text
        return
    if text[0] == text[-1] == '"':
        return
    assert str(make_header(decode_header(" ".join(part.decode() for part in parts)))) == " ".join(text.split())

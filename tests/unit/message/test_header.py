from __future__ import annotations

import mmap
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helper.failure import MessageError
from helper.message.header import COLUMNS, FIELDS_LIMIT, HEADER_LIMIT, Field, new_field, split_message


def split(message: bytes) -> tuple[list[bytes], bytes]:
    fields, start = split_message(message)
    return [field.octets for field in fields], message[start:]


@pytest.mark.parametrize(
    ("message", "fields", "body"),
    [
        (b"", [], b""),
        (b"A: 1\n\nbody\n", [b"A: 1\n"], b"body\n"),
        (b"A: 1\r\n\r\nbody\r\n", [b"A: 1\n"], b"body\r\n"),
        (b"A: 1\r\nB: 2\n\r\nbody", [b"A: 1\n", b"B: 2\n"], b"body"),
        (b"A: 1\r\r\nB: 2\r\r\n\r\r\nbody", [b"A: 1\n", b"B: 2\n"], b"body"),
        (b"A: 1\n\n\nbody", [b"A: 1\n"], b"\nbody"),
        (b"A: 1\n", [b"A: 1\n"], b""),
        (b"A: 1", [b"A: 1\n"], b""),
        (b"A: 1\r", [b"A: 1\n"], b""),
        (b"A: 1\n\n", [b"A: 1\n"], b""),
        (b"A:\n\nx", [b"A:\n"], b"x"),
        (b"A:1\nB:2\n\nx", [b"A:1\n", b"B:2\n"], b"x"),
        (b"A: 1\n 2\n\t3\nB: 4\n\nx", [b"A: 1\n 2\n\t3\n", b"B: 4\n"], b"x"),
        (b"A: 1\n \nB: 2\n\nx", [b"A: 1\n", b"B: 2\n"], b"x"),
        (b"A: 1\n \t \r\n 2\n\nx", [b"A: 1\n 2\n"], b"x"),
        (b"A:\n \v\f\n \t\n\nx", [b"A:\n"], b"x"),
        (b"A: 1\n \xc2\xa0\n\nx", [b"A: 1\n \xc2\xa0\n"], b"x"),
        (b"Subject : x\n\nx", [b"Subject: x\n"], b"x"),
        (b"Subject \t : x : y\n\nx", [b"Subject: x : y\n"], b"x"),
        (b"\nA: 1\n\nx", [], b"A: 1\n\nx"),
        (b"\r\nA: 1\n", [], b"A: 1\n"),
        (b" A: 1\n\nx", [], b" A: 1\n\nx"),
        (b"hello\nworld\n", [], b"hello\nworld\n"),
        (b"hello world: 1\n\nx", [], b"hello world: 1\n\nx"),
        (b"A: 1\nhello\nB: 2\n\nx", [b"A: 1\n"], b"hello\nB: 2\n\nx"),
        (b"A: 1\n: 2\n\nx", [b"A: 1\n"], b": 2\n\nx"),
        (b"A: 1\nB\xc3\xa9: 2\n\nx", [b"A: 1\n"], b"B\xc3\xa9: 2\n\nx"),
        (b"A: 1\n.\nB: 2\n\nx", [b"A: 1\n"], b".\nB: 2\n\nx"),
        (b"A: \xff\xfe\n\nx", [b"A: \xff\xfe\n"], b"x"),
        (b"x\0y\n", [], b"x\0y\n"),
        (b"A: 1\n\nx\0y\n", [b"A: 1\n"], b"x\0y\n"),
    ],
)
def test_cuts_a_message_into_fields_and_body(message, fields, body):
    assert split(message) == (fields, body)


@pytest.mark.parametrize(
    ("message", "fields", "body"),
    [
        (b"From bob Mon Jan  1 00:00:00 2026\nA: 1\n\nx", [b"A: 1\n"], b"x"),
        (b">From bob Mon Jan  1 00:00:00 2026\r\nA: 1\r\n\r\nx", [b"A: 1\n"], b"x"),
        (b"From bob", [], b""),
        (b"From bob\n\nx", [], b"x"),
        (b"From bob\nFrom carol\nA: 1\n\nx", [], b"From carol\nA: 1\n\nx"),
        (b"A: 1\nFrom bob\nB: 2\n\nx", [b"A: 1\n"], b"From bob\nB: 2\n\nx"),
        (b"A: 1\n\nFrom bob\n", [b"A: 1\n"], b"From bob\n"),
        (b"From : bob@x\nA: 1\n\nx", [b"From: bob@x\n", b"A: 1\n"], b"x"),
        (b"From: bob@x\n\nx", [b"From: bob@x\n"], b"x"),
    ],
)
def test_leaves_out_an_mbox_line_only_at_the_very_start(message, fields, body):
    assert split(message) == (fields, body)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (b"To: a@x\rBcc: b@y\n\nx", [b"To: a@x Bcc: b@y\n"]),
        (b"To: a@x\r\rBcc: b@y\n\nx", [b"To: a@x  Bcc: b@y\n"]),
        (b"To: a@x\r Bcc: b@y\r\n\nx", [b"To: a@x  Bcc: b@y\n"]),
        (b"To: a@x\n\rBcc: b@y\n\nx", [b"To: a@x\n Bcc: b@y\n"]),
        (b"To: a@x\n\r \nBcc: b@y\n\nx", [b"To: a@x\n", b"Bcc: b@y\n"]),
        (b"To:\ra@x\r\n\r\nx", [b"To: a@x\n"]),
    ],
)
def test_a_bare_cr_in_the_header_becomes_a_space_and_begins_no_field(message, fields):
    assert split(message)[0] == fields


@pytest.mark.parametrize("message", [b"A: \0\n\nx", b"A: 1\n \0\n\nx", b"A: 1\nB: x\0", b"A: \0"])
def test_refuses_a_nul_in_the_header(message):
    with pytest.raises(MessageError, match="NUL"):
        split_message(message)


def test_a_header_is_as_large_as_it_may_be():
    header = b"A: " + b"x" * (HEADER_LIMIT - 5) + b"\n\n"
    assert len(header) == HEADER_LIMIT
    fields, start = split_message(header + b"body")
    assert (len(fields), start) == (1, HEADER_LIMIT)
    assert len(split_message(b"A: " + b"x" * (HEADER_LIMIT - 3))[0]) == 1


@pytest.mark.parametrize(
    "header",
    [
        b"A: " + b"x" * (HEADER_LIMIT - 4) + b"\n\n",
        b"A: " + b"x" * (HEADER_LIMIT - 5) + b"\nB: 2\n\n",
        b"A: " + b"x" * (HEADER_LIMIT - 7) + b"\nSubject: 2\n\n",
        b"A: " + b"x" * (HEADER_LIMIT - 5) + b"\n\r\n",
        b"A: " + b"x" * (HEADER_LIMIT - 2),
        b"From " + b"x" * HEADER_LIMIT,
    ],
)
def test_a_header_is_not_larger_than_it_may_be(header):
    with pytest.raises(MessageError, match=str(HEADER_LIMIT)):
        split_message(header + b"body")


def test_a_message_without_header_may_have_a_long_line():
    assert split_message(b"x" * 2 * HEADER_LIMIT) == ((), 0)


def test_a_header_has_a_bounded_number_of_fields():
    assert len(split_message(b"A:\n" * FIELDS_LIMIT)[0]) == FIELDS_LIMIT
    with pytest.raises(MessageError):
        split_message(b"A:\n" * (FIELDS_LIMIT + 1))


@pytest.mark.parametrize("piece", [b"\r", b"A:\r", b" \n", b"A: 1\n\n", b"(", b":", b"\n ", b"\r\n"])
def test_a_million_octets_of_anything_end_quickly(piece):
    fields, start = split_message(b"A: 1\n" + piece * ((HEADER_LIMIT - 5) // len(piece)))
    assert fields and start


def test_reads_a_mapped_file_and_a_view_as_it_reads_octets():
    message = b"A: 1\n 2\n\nbody"
    with mmap.mmap(-1, len(message)) as mapped:
        mapped.write(message)
        assert split_message(mapped) == split_message(memoryview(message)) == split_message(message)


@pytest.mark.parametrize(
    ("octets", "name", "key", "body"),
    [
        (b"Subject: x: y\n z\n", b"Subject", b"subject", b" x: y\n z\n"),
        (b"SUBJECT : x\n", b"SUBJECT", b"subject", b" x\n"),
        (b"A:\n", b"A", b"a", b"\n"),
    ],
)
def test_a_field_knows_its_name_and_body(octets, name, key, body):
    (field,), _ = split_message(octets)
    assert (field.name, field.key, field.body) == (name, key, body)


PIECES = st.sampled_from(
    [
        b"A: 1",
        b"From ",
        b"To: a@x",
        b"Bcc : b",
        b" ",
        b"\t",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b":",
        b"x",
        b"\xc3\xa9",
        b".",
    ]
)
MESSAGES = st.lists(PIECES, max_size=20).map(b"".join) | st.binary(max_size=60)


@given(MESSAGES)
@example(b"A: 1\r\r\n\r\r\nbody")
@example(b"From x\rA: 1\n")
def test_neither_loses_nor_invents_an_octet_but_blanks_that_say_nothing(message):
    try:
        fields, start = split_message(message)
    except MessageError:
        assert b"\0" in message
        return
    before_body = message[len(mbox_line(message)) : start]
    lines = [line.rstrip(b"\r").replace(b"\r", b" ") for line in before_body.split(b"\n")]
    lines = [re.sub(rb"^(\S+)[ \t]+:", rb"\1:", line) for line in lines if not line or not line.isspace()]
    header = b"".join(field.octets for field in fields)
    assert header.split(b"\n") in (lines, lines[:-1], [*lines, b""])
    assert_no_parser_stops(header)


def assert_no_parser_stops(header: bytes) -> None:
    """Say that each line is what RFC 5322 has a program write: a field's first line, or one with something in it."""
    for line in header.removesuffix(b"\n").split(b"\n") if header else []:
        assert re.match(rb"[!-9;-~]+:|[ \t].*\S", line)


def mbox_line(message: bytes) -> bytes:
    if not message.startswith(b"From ") or message[5:].lstrip(b" \t").startswith(b":"):
        return b""
    return message[: message.find(b"\n") + 1] or message


@given(MESSAGES)
def test_every_field_has_a_name_and_whole_lines(message):
    try:
        fields, _ = split_message(message)
    except MessageError:
        return
    for field in fields:
        assert field.octets.startswith(field.name) and field.octets.endswith(b"\n")
        assert b"\r" not in field.octets
        assert all(line.startswith((b" ", b"\t")) for line in field.octets.split(b"\n")[1:-1])


def test_a_new_field_is_folded_between_its_parts():
    assert new_field(b"A", [b"b", b"c"]) == Field(b"A", b"A: b c\n")
    assert new_field(b"A", [b"b" * (COLUMNS - 5), b"c"]).octets == b"A: " + b"b" * (COLUMNS - 5) + b" c\n"
    assert new_field(b"A", [b"b" * (COLUMNS - 4), b"c"]).octets == b"A: " + b"b" * (COLUMNS - 4) + b"\n c\n"
    assert new_field(b"A", [b"b" * 100, b"c"]).octets == b"A: " + b"b" * 100 + b"\n c\n"


@pytest.mark.parametrize("part", [b"x\nBcc: y", b"x\ry", b"\0", b"\x1b[2J", b"\x7f", b"a\tb"])
def test_a_new_field_holds_no_control_character(part):
    with pytest.raises(ValueError, match="control"):
        new_field(b"A", [b"x", part])

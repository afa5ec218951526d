from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.message.header import Field
from helper.message.rewrite_header import rewrite_addresses


def qualified(local_part: bytes, domain: bytes | None) -> bytes | None:
    return local_part + b"@new.example" if domain is None else None


def unchanged(_local_part: bytes, _domain: bytes | None) -> None:
    return None


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"From: root (Cron Daemon)\n", b"From: root@new.example (Cron Daemon)\n"),
        (b"From: Anacron <root>\n", b"From: Anacron <root@new.example>\n"),
        (b"From: bob\n", b"From: bob@new.example\n"),
        (b"From:bob", b"From:bob@new.example"),
        (b"to : a,b@x , c\n", b"to : a@new.example,b@x , c@new.example\n"),
        (b"To: a,\n\tb (x,\n y),\n c@x\n", b"To: a@new.example,\n\tb@new.example (x,\n y),\n c@x\n"),
        (b"To: g: a, =?utf-8?q?B?= <b>;, c@x\n", b"To: g: a@new.example, =?utf-8?q?B?= <b@new.example>;, c@x\n"),
        (b'To: "Doe, J." <"j d">\n', b'To: "Doe, J." <"j d"@new.example>\n'),
        (b'To: "bob"\n', b"To: bob@new.example\n"),
        (b"To: \xff <a>\n", b"To: \xff <a@new.example>\n"),
        (b"To: a@x\n", b"To: a@x\n"),
        (b"To: undisclosed-recipients:;\n", b"To: undisclosed-recipients:;\n"),
        (b"To: a, b c\n", b"To: a, b c\n"),
        (b"To: <>\n", b"To: <>\n"),
        (b"To:\n", b"To:\n"),
        (b"To: (((\n", b"To: (((\n"),
    ],
)
def test_replaces_single_addresses_and_leaves_the_rest(octets, expected):
    field = Field(octets.partition(b":")[0].strip(), octets)
    assert rewrite_addresses(field, qualified) == field.replace(octets=expected)


@given(st.binary(max_size=60) | st.text(st.sampled_from('ab@x.,:;<>()\\"[] \n'), max_size=40).map(str.encode))
def test_changes_nothing_where_nothing_is_to_change(body):
    field = Field(b"To", b"To:" + body)
    assert rewrite_addresses(field, unchanged) == field
    assert rewrite_addresses(field, lambda local, domain: local + b"@" + domain if domain else None).name == b"To"


@given(st.lists(st.sampled_from(["a", "b@x", '"q"', "N <c>", "(c) d (e)", "g: h, i;", ",", "\n "]), max_size=8))
def test_what_is_left_out_of_the_changes_stays_octet_for_octet(parts):
    octets = ("To: " + ", ".join(parts) + "\n").encode()
    marked = rewrite_addresses(Field(b"To", octets), lambda _local, _domain: b"\0")
    seen: list[bytes] = []
    again = rewrite_addresses(Field(b"To", octets), lambda local, domain: seen.append(domain or local))
    assert again.octets == octets
    pieces = marked.octets.split(b"\0")
    assert len(pieces) == len(seen) + 1
    at = 0
    for piece in pieces:
        at = octets.index(piece, at) + len(piece)

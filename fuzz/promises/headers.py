"""A header is cut into fields that cannot be read otherwise: no CR, no NUL, no line that begins another field.

Put together again they are the same fields, and the body begins where it did. Recipients of it are mailboxes.
"""

from __future__ import annotations

from fuzz.drawn import Drawn
from helper.address import Mailbox
from helper.failure import MessageError
from helper.message.address_list import parse_address_list
from helper.message.display_name import display_name, full_name_of
from helper.message.header import Field, field_name, new_field, split_message
from helper.message.header_recipients import header_recipients
from helper.message.mime.fields import fields_of
from helper.message.resent import ONCE, TRACE_KEYS, newest_resent_block

SEEDS = (
    b"From alice Sun Nov 22\nTo: a@x,\n\tb@y\nBcc: c@z\nSubject : x\n\nbody\n",
    b"Resent-To: a@x\r\nResent-To: b@y\r\nTo: c@z\r\n\r\nbody\r\n",
    b"To: a\r b\r\r\n\n",
    b"no header\n",
    b">From x\n \nA: b\n \nBcc: d@x\n",
    b"\n\n",
    b"Name\0With NUL: x\n",
    'J\u00f6rg "the" M\u00fcller'.encode(),
)
WORDS = b"\n|\r\n|\r|: |\n |\n\t|To:|Cc:|Bcc:|Resent-To:|From |\x00|a@x|\n\n".split(b"|")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    check_name(Drawn(octets))
    try:
        fields, start = split_message(octets)
    except MessageError as error:
        assert error.problem.isascii() and error.problem.isprintable()
        return
    assert 0 <= start <= len(octets)
    for field in fields:
        check_field(field)
    header = b"".join(field.octets for field in fields)
    assert split_message(header + b"\n") == (fields, len(header) + 1)
    assert split_message(header + b"\nBcc: in@the.body\n")[0] == fields
    assert fields_of(header.split(b"\n")[:-1]) == fields
    check_resent_block(fields)
    check_recipients(fields)


def check_resent_block(fields: tuple[Field, ...]) -> None:
    """The newest block begins and ends with fields of its kind, has each name once, and no trace field in it."""
    try:
        first, last = newest_resent_block(fields)
    except MessageError as error:
        assert error.problem.isascii() and error.problem.isprintable()
        return
    block = fields[first:last]
    names = [field.key for field in block if field.key in ONCE]
    assert len(names) == len(set(names)) and not any(field.key in TRACE_KEYS for field in block)
    assert all(field.key.startswith(b"resent-") for field in (*block[:1], *block[-1:]))


def check_field(field: Field) -> None:
    """Look at one field."""
    assert field.octets.endswith(b"\n") and b"\r" not in field.octets and b"\0" not in field.octets
    assert field_name(field.octets) == field.name and field.name
    first, *rest = field.octets[:-1].split(b"\n")
    assert first.startswith(field.name) and all(line[:1] in (b" ", b"\t") for line in rest)


def check_recipients(fields: tuple[Field, ...]) -> None:
    """Look at the recipients that `-t` takes."""
    try:
        recipients = header_recipients(fields)
    except MessageError as error:
        assert error.problem.isascii() and error.problem.isprintable()
        return
    for local_part, domain in recipients:
        Mailbox(local_part, domain or b"example.net")


def check_name(drawn: Drawn) -> None:
    """A name of any octets stands before an address, and changes nothing of it."""
    name = full_name_of(drawn.text(), b"alice")
    parts = display_name(name)
    field = new_field(b"From", [*parts, b"<alice@example.net>"])
    assert [(spec.local_part, spec.domain) for spec in parse_address_list(field.body)] == [(b"alice", b"example.net")]
    assert field.octets.isascii() and len(field.octets) < 4096

"""A body without parts that is converted means the same to who reads it, and so does the text of its header.

Python's own reader of mail is asked; where it finds a defect in the message as it came, readers differ anyway.
"""

from __future__ import annotations

import email
import email.header
import email.message

from fuzz.drawn import Drawn
from helper.failure import MessageError
from helper.message.body import wire_chunks
from helper.message.convert import CannotConvert, convert
from helper.message.header import split_message
from helper.text import LINE_LIMIT

SEEDS = (
    b"\xc3\xbc\xe2\x82\xac" * 60 + b"\0" + b"\xe2\x82\xac" * 400 + b"\n\0",
    b"Gr\xc3\xbc\xc3\x9fe\0Gr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln\n\0",
    b"x\0" + b"x" * (LINE_LIMIT + 1) + b"\n--b\n.\nFrom here \nend \t\n=20\1",
    b"\xff\xfe y\0\xff\xfe\r\r\n\n\2",
)
WORDS = (
    b"\n|\r\n|\r| \n|\t|=|.|--|From |\xc3\xbc|\xe2\x82\xac|\xff|"
    b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|"
    b"=?utf-8?q?x?="
).split(b"|")
TYPES = (b"", b"Content-Type: text/plain\n", b"Content-Type: application/x; charset=y\n", b"Content-Type: image/png\n")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    header = drawn.choice(TYPES)
    subject = drawn.text().translate(None, b"\r\n\0")
    body = drawn.octets.replace(b"\0", b"")
    header += (b"Subject: " + subject + b"\n" if subject.strip(b" \t") else b"") + b"\n"
    try:
        assert split_message(header + body)[1] == len(header)
        converted = convert(header, body, 0, keep_8bit=False, keep_8bit_header=False)
    except (CannotConvert, MessageError):
        return
    before = email.message_from_bytes(b"".join(wire_chunks(header, 0)) + b"".join(wire_chunks(body, 0)))
    after = email.message_from_bytes(b"".join(converted.chunks()))
    # Where the last line had no end, plain text gets one on the way, and base64 does not.
    assert payload(after) == payload(before), "another body"
    assert after.get_content_type() == before.get_content_type()
    if subject.isascii():
        return
    try:
        meant = subject.decode("utf-8")
    except UnicodeDecodeError:
        return
    if "=?" not in meant:  # how much space there is between words the library leaves open
        shown = str(email.header.make_header(email.header.decode_header(after["Subject"])))
        assert shown.split() == meant.split(), "another subject"


def payload(message: email.message.Message) -> bytes:
    """Return the octets of a body."""
    found = message.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found.removesuffix(b"\r\n")

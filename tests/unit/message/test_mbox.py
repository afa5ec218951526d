"""Whom an mbox line names, and what is no such line."""

from __future__ import annotations

import pytest

from helper.message.mbox import LINE_LIMIT, mbox_sender

DATE = b" Mon Jan  1 00:00:00 2024\n"


@pytest.mark.parametrize(
    ("line", "sender"),
    [
        (b"From alice@example.org" + DATE, b"alice@example.org"),
        (b"From alice" + DATE, b"alice"),
        (b"From <>" + DATE, b"<>"),
        (b"From alice@example.org  Mon, 1 Jan 24 00:00\r\n", b"alice@example.org"),
        (b"From alice@example.org Mon Jan 1 00:00 2024 remote from relay\n", b"alice@example.org"),
        (b"From \xff\xfe" + DATE, b"\xff\xfe"),
        (b">From alice@example.org" + DATE, None),
        (b"From alice@example.org\n", None),
        (b"From here on: all is well\n", None),
        (b"From 10:30 on\n", None),
        (b"From : alice@example.org" + DATE, None),
        (b"From: alice@example.org" + DATE, None),
        (b"From \n" + DATE, None),
        (b"From ", None),
        (b"from alice@example.org" + DATE, None),
        (b"\nFrom alice@example.org" + DATE, None),
        (b"From " + b"a" * LINE_LIMIT + DATE, None),
        (b"", None),
    ],
)
@pytest.mark.parametrize("kind", [bytes, memoryview])
def test_a_line_with_address_and_time_names_the_sender(kind, line, sender):
    assert mbox_sender(kind(line + b"Subject: hello\n\nA line.\n")) == sender

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helper.address import Mailbox
from helper.failure import MessageError
from helper.message.author import Author
from helper.message.compose import Options, Stamp, compose
from helper.message.header import COLUMNS, split_message

ACCOUNT = Mailbox(b"bob", b"example.net")
BOB = Author(
    login=b"bob",
    full_name=b"Bob Smith",
    account=ACCOUNT,
    own=(ACCOUNT,),
    reverse_path=ACCOUNT,
    trusted=False,
    rewrite=lambda mailbox: mailbox,
)
STAMP = Stamp(
    date=b"Sun, 22 Nov 2026 18:52:00 +0000",
    unique=b"20261122185200.aBc123",
    uid=1001,
    login=b"bob",
    primary_hostname=b"ws1.example.net",
    version=b"0.1.0",
)
OPTIONS = Options(
    qualify_domain=b"example.net",
    qualify_recipient=b"office.example",
    rewrite=lambda mailbox: mailbox,
    received_header=False,
)
DATE = b"Date: Sun, 22 Nov 2026 18:52:00 +0000\n"
MESSAGE_ID = b"Message-ID: <20261122185200.aBc123@ws1.example.net>\n"
FROM = b"From: bob@example.net\n"
COMPLETE = FROM + b"Date: today\nMessage-ID: <1@x>\n"


def composed(header: bytes, author: Author = BOB, options: Options = OPTIONS, stamp: Stamp = STAMP) -> bytes:
    """Return the composed header without the empty line."""
    octets = compose(split_message(header)[0], author, stamp, options).octets
    assert octets.endswith(b"\n\n") or octets == b"\n"
    return octets.removesuffix(b"\n")


def test_adds_what_is_missing():
    assert composed(b"Subject: x\n") == b"Subject: x\nFrom: Bob Smith <bob@example.net>\n" + DATE + MESSAGE_ID


def test_adds_nothing_that_is_there():
    assert composed(COMPLETE) == COMPLETE
    assert composed(b"DATE : x\nmessage-id: y\nFROM: bob@example.net\n") == (
        b"DATE: x\nmessage-id: y\nFROM: bob@example.net\n"
    )


def test_makes_a_header_where_there_is_none():
    assert composed(b"hello\n") == b"From: Bob Smith <bob@example.net>\n" + DATE + MESSAGE_ID


def test_never_invents_to():
    assert b"To:" not in composed(b"Bcc: a@x\n")


@pytest.mark.parametrize(
    "name",
    [b"Bcc", b"bcc", b"BCC ", b"Return-Path", b"Envelope-To", b"Delivery-Date", b"delivery-date\t"],
)
def test_removes_what_is_nobody_elses(name):
    header = COMPLETE + name + b": secret@x,\n other@x\nSubject: y\n"
    assert composed(header) == COMPLETE + b"Subject: y\n"


def test_removes_the_blind_copies_of_older_blocks_too():
    header = b"Resent-To: a@x\nReceived: x\nResent-From: o@x\nResent-Bcc: secret@x\nBcc: secret@y\n" + COMPLETE
    assert b"secret" not in composed(header)


def test_completes_the_newest_resent_block_as_well():
    header = b"Resent-To: a\nTo: c\n" + FROM + b"Date: today\nMessage-ID: <1@x>\n"
    assert composed(header) == (
        b"Resent-To: a@office.example\nResent-From: Bob Smith <bob@example.net>\nResent-"
        + DATE
        + b"Resent-"
        + MESSAGE_ID
        + b"To: c@office.example\n"
        + COMPLETE
    )


def test_leaves_an_older_resent_block_as_it_is():
    old = b"Resent-To: o@x\nResent-From: p@x\n"
    assert composed(b"Resent-From: bob@example.net\nResent-To: a@x\n" + old + COMPLETE) == (
        b"Resent-From: bob@example.net\nResent-To: a@x\nResent-" + DATE + b"Resent-" + MESSAGE_ID + old + COMPLETE
    )


NEWEST = b"Resent-From: Bob Smith <bob@example.net>\nResent-" + DATE + b"Resent-" + MESSAGE_ID
OLDER = b"Resent-From: o@x\nResent-Sender: p@x\nResent-To: q@x\n"
SENDER = b"Sender: s@x\n"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Resent-Bcc: secret@x\n" + SENDER, NEWEST + SENDER),
        (SENDER + b"Resent-Bcc: secret@x\n", SENDER + NEWEST),
        (b"Resent-Bcc: secret@x\nReceived: x\n" + OLDER + SENDER, NEWEST + b"Received: x\n" + OLDER + SENDER),
        (b"Resent-Bcc: secret@x\nReturn-Path: <x>\n" + OLDER, NEWEST + OLDER),
        (b"Resent-To: a@x\nX-Note: y\nResent-Cc: b@x\n", b"Resent-To: a@x\nX-Note: y\nResent-Cc: b@x\n" + NEWEST),
        (
            b"Received: x\nSubject: y\nResent-From: ceo@x\nX-Note: y\nResent-Sender: ceo@x\n",
            b"Received: x\nSubject: y\nResent-From: ceo@x\nX-Note: y\nResent-Sender: Bob Smith <bob@example.net>\n"
            b"Resent-" + DATE + b"Resent-" + MESSAGE_ID,
        ),
        (  # what is left of an older block when blind copies and Return-Path are gone must not join the newest one
            b"Resent-From: bob@example.net\nResent-Bcc: secret@x\nResent-Bcc: secret@y\nResent-Sender: ceo@x\n"
            b"Resent-From: ceo@x\n",
            b"Resent-From: bob@example.net\nResent-Sender: Bob Smith <bob@example.net>\nResent-"
            + DATE
            + b"Resent-"
            + MESSAGE_ID
            + b"Resent-Sender: ceo@x\nResent-From: ceo@x\n",
        ),
    ],
)
def test_the_newest_block_is_found_before_anything_is_removed(header, expected):
    assert composed(header + COMPLETE) == expected + COMPLETE


@pytest.mark.parametrize("name", [b"From", b"Sender", b"Reply-To"])
def test_qualifies_and_rewrites_authors(name):
    options = OPTIONS.replace(
        rewrite=lambda box: Mailbox(b"public", b"x.example") if box.local_part == b"root" else box
    )
    author = BOB.replace(trusted=True, rewrite=lambda mailbox: mailbox)
    rest = b"Date: today\nMessage-ID: <1@x>\n" + (b"" if name == b"From" else FROM)
    header = name + b": root (Cron Daemon), Al <al>, r@y, R <root@example.net>\n" + rest
    assert composed(header, author, options) == (
        name + b": public@x.example (Cron Daemon), Al <al@example.net>, r@y, R <public@x.example>\n" + rest
    )


@pytest.mark.parametrize("name", [b"To", b"Cc"])
def test_qualifies_recipients_and_rewrites_none(name):
    options = OPTIONS.replace(rewrite=lambda _box: Mailbox(b"public", b"x.example"))
    rewritten = b"From: public@x.example\nDate: today\nMessage-ID: <1@x>\n"
    assert composed(name + b": root, a@x (c),\n\tG: b;\n" + COMPLETE, options=options) == (
        name + b": root@office.example, a@x (c),\n\tG: b@office.example;\n" + rewritten
    )


def test_touches_no_other_field():
    header = b"Subject: bob, root\nX-To: bob\nErrors-To: bob\nReferences: <a b>\n"
    assert composed(header + COMPLETE) == header + COMPLETE


def test_the_own_address_is_rewritten_wherever_we_put_it():
    public = Mailbox(b"bob.smith", b"x.example")
    options = OPTIONS.replace(rewrite=lambda box: public if box == ACCOUNT else box)
    author = BOB.replace(own=(ACCOUNT, public))
    assert b"From: Bob Smith <bob.smith@x.example>\n" in composed(b"", author, options)
    assert b"From: Bob Smith <bob.smith@x.example>\n" in composed(b"From: bob\n", author, options)
    assert b"Sender: Bob Smith <bob.smith@x.example>\n" in composed(b"From: a@b\n", author, options)
    assert b"Sender" not in composed(b"From: bob@example.net\n", author, options)
    assert b"Sender" not in composed(b"From: bob.smith@x.example\n", author, options)


@pytest.mark.parametrize("body", [b"root@\xff", b"<>", b"(((", b"a b", b"", b"x" * 256])
def test_leaves_a_field_that_cannot_be_read_as_it_is(body):
    assert composed(b"To: " + body + b"\n" + COMPLETE) == b"To: " + body + b"\n" + COMPLETE


RECEIVED = OPTIONS.replace(received_header=True)


def test_received_comes_first_and_names_the_callers_uid():
    assert composed(b"Received: by y; then\n" + COMPLETE, options=RECEIVED) == (
        b"Received: by ws1.example.net (Gatepost 0.1.0, from userid 1001, login bob)\n"
        b" id 20261122185200.aBc123; Sun, 22 Nov 2026 18:52:00 +0000\n"
        b"Received: by y; then\n" + COMPLETE
    )


def test_received_names_an_only_recipient():
    options = RECEIVED.replace(only_recipient=Mailbox(b"a", b"x.example"))
    assert b" id 20261122185200.aBc123 for <a@x.example>; Sun" in composed(COMPLETE, options=options).replace(
        b"\n", b""
    )


def test_received_names_no_recipient_that_would_make_the_header_8bit():
    options = RECEIVED.replace(only_recipient=Mailbox("ü".encode(), b"x"))
    assert b" for " not in composed(COMPLETE, options=options)


def test_received_is_folded_at_78_columns():
    options = RECEIVED.replace(only_recipient=Mailbox(b"a" * 60, b"x.example"))
    stamp = STAMP.replace(primary_hostname=b"a-rather-long-host-name.department.example.net")
    received = composed(COMPLETE, options=options, stamp=stamp).removesuffix(COMPLETE)
    assert max(map(len, received.split(b"\n"))) <= COLUMNS


@pytest.mark.parametrize(
    ("login", "shown"),
    [
        (b"a(b", b"a\\(b)"),
        (b"a)b\\", b"a\\)b\\\\)"),
        ("jürgen".encode(), b"j??rgen)"),
        (b"a\nBcc: x", b"a?Bcc: x)"),
        (b"a\0\x7f", b"a??)"),
    ],
)
def test_no_login_leaves_its_comment(login, shown):
    assert b"login " + shown in composed(COMPLETE, options=RECEIVED, stamp=STAMP.replace(login=login))


@pytest.mark.parametrize(
    ("header", "message_id"),
    [
        (b"Message-ID: <1@x>\n", b"<1@x>"),
        (b"MESSAGE-ID :\n <1@x>\n", b"<1@x>"),
        (b"Message-ID: <1@x>\nMessage-ID: <2@x>\n", b"<1@x>"),
        (b"Message-ID: a\n b\n", b"a b"),
        (b"", b"<20261122185200.aBc123@ws1.example.net>"),
        (b"Resent-Message-ID: <3@x>\nMessage-ID: <1@x>\n", b"<1@x>"),
    ],
)
def test_tells_the_message_id_for_the_log(header, message_id):
    assert compose(split_message(header)[0], BOB, STAMP, OPTIONS).message_id == message_id


def test_removes_and_adds_what_the_configuration_says():
    options = RECEIVED.replace(
        headers_remove=(b"x-secret", b"received", b"list-*"), headers_add=(b"X-Secret: new", b"X: y")
    )
    header = b"X-Secret: a\n b\nReceived: by x; then\nList-Id: 1\nLIST-Post : 2\nX-Secret-Too: c\n"
    assert composed(header + COMPLETE, options=options) == b"X-Secret-Too: c\n" + COMPLETE + b"X-Secret: new\nX: y\n"


ADDRESS_FIELDS = st.sampled_from(
    [b"From: bob\n", b"From: (x\n", b"Sender: a\n", b"To: a, N <b>\n", b"Resent-To: c\n", b"Resent-From: bob\n"]
)
OTHER_FIELDS = st.sampled_from(
    [b"X: y\n z\n", b"Bcc: secret\n", b"A : \xff\n", b"Cc:\ta@x\r\n", b"Date: x\n", b"Message-ID:\n"]
)
PIECES = ADDRESS_FIELDS | OTHER_FIELDS


@given(st.lists(PIECES, max_size=8).map(b"".join) | st.binary(max_size=80), st.binary(max_size=30))
@example(b"From: bob\rBcc: secret\n", b"Bob\nBcc: secret")
def test_what_is_composed_is_a_header_whose_fields_stay_as_they_are(message, full_name):
    author = BOB.replace(full_name=full_name, given_name=None)
    try:
        fields, _ = split_message(message)
        once = compose(fields, author, STAMP, RECEIVED)
    except MessageError:
        return
    again, body_start = split_message(once.octets)
    assert body_start == len(once.octets)
    twice, _ = split_message(compose(again, author, STAMP, OPTIONS).octets)
    assert sorted(field.octets for field in twice) == sorted(field.octets for field in again)


@given(st.lists(PIECES, max_size=8).map(b"".join))
def test_loses_no_field_but_those_that_are_removed(header):
    fields, _ = split_message(header)
    kept = [field.key for field in fields if field.key not in (b"bcc", b"sender")]
    try:
        after = [field.key for field in split_message(composed(header))[0]]
    except MessageError:
        return
    assert all(after.count(key) >= kept.count(key) for key in kept)

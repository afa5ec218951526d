from __future__ import annotations

import pytest

from helper.address import Mailbox
from helper.message.author import Author, with_from, with_identity, with_resent_identity
from helper.message.header import split_message
from helper.message.resent import split_at_newest_block

ACCOUNT = Mailbox(b"bob", b"example.net")
PUBLIC = Mailbox(b"bob.smith", b"public.example")
AT_HOST = Mailbox(b"bob", b"ws1.example.net")
OTHER = Mailbox(b"news", b"example.org")
BOB = Author(
    login=b"bob",
    full_name=b"Bob Smith",
    account=ACCOUNT,
    own=(ACCOUNT, PUBLIC, AT_HOST),
    reverse_path=ACCOUNT,
    trusted=False,
    rewrite=lambda mailbox: mailbox,
)
TRUSTED = BOB.replace(trusted=True, rewrite=lambda mailbox: mailbox)
NAMED = b"Bob Smith <bob@example.net>"
OWN_SENDER = b"Sender: " + NAMED + b"\n"


def identified(header: bytes, author: Author) -> bytes:
    fields, _ = split_message(header)
    before, block, after = split_at_newest_block(fields)
    if block:
        fields = with_from((*before, *with_resent_identity(block, after, author), *after), b"", author)
    else:
        fields = with_identity(fields, author)
    return b"".join(field.octets for field in fields)


@pytest.mark.parametrize(
    ("author", "added"),
    [
        (BOB, b"From: Bob Smith <bob@example.net>\n"),
        (TRUSTED, b"From: Bob Smith <bob@example.net>\n"),
        (BOB.replace(given_name=b"The Bob"), b"From: The Bob <bob@example.net>\n"),
        (BOB.replace(given_name=b'"Doe, J."'), b'From: "Doe, J." <bob@example.net>\n'),
        (BOB.replace(given_name=b""), b"From: bob@example.net\n"),
        (BOB.replace(full_name=b""), b"From: bob@example.net\n"),
        (BOB.replace(full_name="Bób".encode()), b"From: =?utf-8?q?B=C3=B3b?= <bob@example.net>\n"),
        (BOB.replace(reverse_path=None), b"From: Bob Smith <bob@example.net>\n"),
        (TRUSTED.replace(reverse_path=OTHER), b"From: news@example.org\n"),
        (TRUSTED.replace(reverse_path=OTHER, given_name=b"News"), b"From: News <news@example.org>\n"),
        (BOB.replace(reverse_path=OTHER), b"From: Bob Smith <news@example.org>\n" + OWN_SENDER),
        (BOB.replace(reverse_path=AT_HOST), b"From: Bob Smith <bob@ws1.example.net>\n"),
        (BOB.replace(reverse_path=PUBLIC), b"From: Bob Smith <bob.smith@public.example>\n"),
        (TRUSTED.replace(reverse_path=AT_HOST), b"From: Bob Smith <bob@ws1.example.net>\n"),
    ],
)
def test_adds_from_where_it_is_missing(author, added):
    assert identified(b"Subject: x\n", author) == b"Subject: x\n" + added
    assert identified(b"From:\nSubject: x\nFROM : \n \n", author) == b"Subject: x\n" + added


@pytest.mark.parametrize(
    ("header", "author", "expected"),
    [
        (b"From: bob\n", BOB, b"From: Bob Smith <bob@example.net>\n"),
        (b"FROM : BOB \n", BOB, b"FROM: Bob Smith <bob@example.net>\n"),
        (b"From: bob\n", TRUSTED, b"From: Bob Smith <bob@example.net>\n"),
        (b"From: bob\n", BOB.replace(given_name=b"The Bob"), b"From: The Bob <bob@example.net>\n"),
        (b"From: bob\n", BOB.replace(full_name=b""), b"From: bob@example.net\n"),
        (b"From: bob (Cron Daemon)\n", BOB, b"From: bob (Cron Daemon)\n"),
        (b"From: Anacron <bob>\n", BOB, b"From: Anacron <bob>\n"),
        (b"From: bob@example.net\n", BOB, b"From: bob@example.net\n"),
        (b"From: carol\n", TRUSTED, b"From: carol\n"),
        (b"From: bob\n", BOB.replace(login=b"bobby"), b"From: bob\n"),
        (b"From: bob@example.net\n", BOB.replace(login=b"bob@example.net"), b"From: bob@example.net\n"),
        (b"From:\n", BOB.replace(login=b"bob@example.net"), b"From: Bob Smith <bob@example.net>\n"),
    ],
)
def test_completes_a_from_that_is_just_the_login(header, author, expected):
    assert identified(header, author) == expected


@pytest.mark.parametrize(
    "own",
    [
        b"bob",
        b"bob@example.net",
        b"Bob B. Smith <bob@example.net>",
        b"bob@EXAMPLE.net (Bob)",
        b"BOB@example.net",
        b'"bob"@example.net',
        b"bob.smith@public.example",
        b"bob@ws1.example.net",
        b"Bob <BOB@WS1.example.net>",
        b"g: bob@example.net;",
    ],
)
def test_names_no_sender_where_from_is_an_own_address(own):
    assert b"Sender" not in identified(b"From: " + own + b"\n", BOB)


@pytest.mark.parametrize(
    "other",
    [
        b"ceo@example.net",
        b"bob@example.org",
        b"bobby@example.net",
        b"xbob@example.net",
        b"carol",
        b"bob@example.net, ceo@example.net",
        b"bob <ceo@example.net>",
        b"bob@example.net <ceo@example.net>",
        b"<>",
        b"(",
        b"g:;",
        b"=?utf-8?q?bob=40example=2Enet?= <ceo@x>",
        b"bob@example.net\nFrom: ceo@example.net",
        b"ceo@example.net\nFrom: bob@example.net",
        b"bob@example.net\nFROM : ceo@example.net",
    ],
)
def test_names_the_sender_where_from_is_not_an_own_address(other):
    header = b"From: " + other + b"\n"
    kept = header.replace(b" :", b":")
    assert identified(header, BOB) == kept + OWN_SENDER
    assert identified(header, TRUSTED) == kept
    assert identified(header, BOB.replace(check_from=False)) == kept


def test_the_senders_name_is_the_accounts_and_not_that_of_the_command_line():
    assert identified(b"From: a@b\n", BOB.replace(given_name=b"The CEO")).endswith(OWN_SENDER)


@pytest.mark.parametrize(
    ("prefix", "suffix", "local_part", "own"),
    [
        (b"x-", b"", b"x-bob", True),
        (b"x-", b"", b"y-bob", False),
        (b"x-", b"", b"bob", True),
        (b"*-", b"", b"any-thing-bob", True),
        (b"*-", b"", b"anybob", False),
        (b"", b"+news", b"bob+news", True),
        (b"", b"+news", b"bob+other", False),
        (b"", b"+*", b"bob+any+thing", True),
        (b"", b"+*", b"bobby", False),
        (b"*-", b"+*", b"a-bob+b", True),
        (b"*-", b"+*", b"a-bob-b", False),
        (b"*-", b"+*", b"bobx-bob+b", True),
        (b"X-", b"", b"x-BOB", True),
        (b"", b"", b"x-bob", False),
        (b"", b"", b"bob+x", False),
    ],
)
def test_permits_a_prefix_and_a_suffix(prefix, suffix, local_part, own):
    author = BOB.replace(prefix=prefix, suffix=suffix)
    assert (b"Sender" not in identified(b"From: " + local_part + b"@example.net\n", author)) is own


SENDER = b"From: bob@example.net\nSender: ceo@example.net\nsender : ceo@example.net\n"


def test_removes_the_sender_of_an_untrusted_caller():
    assert identified(SENDER, BOB) == b"From: bob@example.net\n"
    assert identified(SENDER, BOB.replace(check_from=False)) == b"From: bob@example.net\n"
    assert identified(SENDER, BOB.replace(retain_sender=True)) == b"From: bob@example.net\n"


def test_retains_the_sender_of_the_trusted_and_where_it_is_told_to():
    kept = SENDER.replace(b" :", b":")
    assert identified(SENDER, TRUSTED) == kept
    assert identified(SENDER, BOB.replace(check_from=False, retain_sender=True)) == kept


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Resent-To: a\nFrom: o@x\n", b"Resent-To: a\nResent-From: " + NAMED + b"\nFrom: o@x\n"),
        (b"Resent-From: bob\nFrom: o@x\n", b"Resent-From: " + NAMED + b"\nFrom: o@x\n"),
        (
            b"Resent-From: bob@example.net\nSender: s@x\nFrom: o@x\n",
            b"Resent-From: bob@example.net\nSender: s@x\nFrom: o@x\n",
        ),
        (
            b"Resent-From: ceo@x\nResent-Sender: ceo@x\nFrom: o@x\n",
            b"Resent-From: ceo@x\nResent-" + OWN_SENDER + b"From: o@x\n",
        ),
        (
            b"Resent-From: bob\nReceived: x\nResent-From: p@x\nResent-Sender: q@x\nFrom: o@x\n",
            b"Resent-From: " + NAMED + b"\nReceived: x\nResent-From: p@x\nResent-Sender: q@x\nFrom: o@x\n",
        ),
        (b"Resent-From: bob@example.net\n", b"Resent-From: bob@example.net\nFrom: " + NAMED + b"\n"),
        (  # an older block that begins with Resent-Sender must not become a part of the newest one
            b"Resent-From: bob@example.net\nResent-Sender: a@x\nResent-Sender: ceo@x\nResent-To: b@x\nFrom: o@x\n",
            b"Resent-From: bob@example.net\nResent-" + OWN_SENDER + b"Resent-Sender: ceo@x\nResent-To: b@x\n"
            b"From: o@x\n",
        ),
    ],
)
def test_a_message_that_is_sent_again_is_identified_by_its_newest_block(header, expected):
    assert identified(header, BOB) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"From: ceo@x.example\n", b"From: bob@example.net\n"),
        (b'From: "The Shop" <shop@x.example> (x)\n', b'From: "The Shop" <bob@example.net> (x)\n'),
        (b"From:The\n Shop<shop@x.example>\n", b"From:The\n Shop<bob@example.net>\n"),
        (b"From: root (Cron Daemon)\n", b"From: bob@example.net (Cron Daemon)\n"),
        (b"From: =?utf-8?q?J=C3=B6rg?= <j@x>\n", b"From: =?utf-8?q?J=C3=B6rg?= <bob@example.net>\n"),
        (b"From: <@a.example,@b.example:ceo@x.example>\n", b"From: <bob@example.net>\n"),
        (b'From: "a, b" <a@x> (c, d), e@y, F <f@z>\n', b'From: "a, b" <bob@example.net> (c, d)\n'),
        (b"From: bob@example.net\n", b"From: bob@example.net\n"),
        (b"From: bob.smith@public.example\n", b"From: bob@example.net\n"),
        (b"From: bob\n", b"From: " + NAMED + b"\n"),
        (b"From: g: a@x, b@y;\n", b"From: " + NAMED + b"\n"),
        (b"From: (((\n", b"From: " + NAMED + b"\n"),
        (b"From: <>\n", b"From: " + NAMED + b"\n"),
        (b"From: Some Body\n", b"From: " + NAMED + b"\n"),
        (b"From: a@x\nFrom: b@y\n", b"From: bob@example.net\nFrom: bob@example.net\n"),
        (b"Subject: x\n", b"Subject: x\nFrom: " + NAMED + b"\n"),
        (b"Sender: ceo@x\nFrom: ceo@x\n", b"From: bob@example.net\n"),
        (
            b"Resent-From: Al <al@x>\nResent-To: b@y\nFrom: o@x\n",
            b"Resent-From: Al <bob@example.net>\nResent-To: b@y\nFrom: o@x\n",
        ),
    ],
)
def test_from_override_puts_the_own_address_in_the_place_of_every_other(field, expected):
    assert identified(field, BOB.replace(override_from=True)) == expected


def test_from_override_is_for_the_trusted_too():
    author = TRUSTED.replace(override_from=True, reverse_path=OTHER)
    assert identified(b"From: The CEO <ceo@x>\n", author) == b"From: The CEO <bob@example.net>\n"
    assert identified(b"Subject: x\n", author) == b"Subject: x\nFrom: bob@example.net\n"

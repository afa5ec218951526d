"""A header that goes out is complete, has no blind copies, says who an untrusted caller is, and needs no second pass.

What is not ours to change is there octet for octet.
"""

from __future__ import annotations

from fuzz.drawn import Drawn
from helper.address import AddressSyntax, Mailbox
from helper.failure import MessageError
from helper.message.address_list import parse_address_list
from helper.message.author import Author
from helper.message.compose import AUTHOR_KEYS, RECIPIENT_KEYS, REMOVED_KEYS, Options, Stamp, compose
from helper.message.header import Field, split_message
from helper.message.resent import newest_resent_block

SEEDS = (
    b'From: alice\nTo: bob, "C D" <c@x>\nSubject: hi\n\n\0',
    b"From: eve@elsewhere.example\nSender: root@example.net\nBcc: x@y\n\n\1",
    b"Resent-From: alice\nResent-Sender: x@y\nResent-To: bob\nFrom: old@x\nDate: then\n\n\2",
    b"From: alice@example.net, bob@example.net\nFrom: alice\nReply-To: alice\nReturn-Path: <x>\n\n\3",
    b"To: a\n",
)
WORDS = b"From:|Sender:|Resent-From:|Resent-Sender:|Bcc:|alice|@example.net|\n|, |<|>|Date:".split(b"|")
ALICE = Mailbox(b"alice", b"example.net")
PUBLIC = Mailbox(b"public", b"example.org")
STAMP = Stamp(b"Sun, 22 Nov 2026 18:52:00 +0000", b"unique", 1001, b"ali(ce", b"ws1.example.net", b"0.1.0")
OURS = AUTHOR_KEYS | RECIPIENT_KEYS | REMOVED_KEYS


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    trusted, rewriting, received = drawn.is_so(), drawn.is_so(), drawn.is_so()
    author = author_of(trusted, rewriting)
    options = Options(
        b"example.net", b"office.example", author.rewrite, received, Mailbox(b"b", b"x") if received else None
    )
    try:
        before = split_message(drawn.octets)[0]
        header = compose(before, author, STAMP, options)
    except MessageError:
        return
    fields, body_start = split_message(header.octets)
    assert body_start == len(header.octets) and header.octets.endswith(b"\n")
    keys = [field.key for field in fields]
    assert {b"from", b"date", b"message-id"} <= set(keys) and not REMOVED_KEYS & set(keys)
    kept = [field for field in before if field.key not in OURS]
    assert all(any(field is each or field == each for each in fields) for field in kept[:50])
    if not trusted:
        check_author(fields, author)
    again = compose(fields, author, STAMP, options.replace(received_header=False)).octets
    assert sorted(split_message(again)[0], key=repr) == sorted(fields, key=repr), "a second pass finds something to do"


def author_of(trusted: bool, rewriting: bool) -> Author:
    """Return the caller."""
    mailbox = PUBLIC if rewriting else ALICE
    return Author(
        login=b"alice",
        full_name=b"Alice L.",
        account=ALICE,
        own=(ALICE, mailbox),
        reverse_path=mailbox,
        trusted=trusted,
        rewrite=lambda given: PUBLIC if rewriting and given.key == ALICE.key else given,
    )


def check_author(fields: tuple[Field, ...], author: Author) -> None:
    """Every author who is not the caller alone stands beside the caller's Sender; nobody else is said to be one."""
    start, stop = newest_resent_block(fields)
    prefix = b"resent-" if stop else b""
    newest = fields[start:stop] if stop else fields  # older blocks, and what they are about, are of somebody else
    own = [[mailbox.key] for mailbox in author.own]
    senders = [addresses(field) for field in newest if field.key == prefix + b"sender"]
    assert all(sender == [author.own[-1].key] for sender in senders), "somebody else's Sender"
    authors = [addresses(field) for field in newest if field.key == prefix + b"from"]
    assert authors and (senders or all(each in own for each in authors)), "nobody says who it was"


def addresses(field: Field) -> list[bytes]:
    """Return the addresses of a field in lower case, none if it cannot be read."""
    try:
        return [
            spec.local_part.lower() + b"@" + (spec.domain or b"").lower() for spec in parse_address_list(field.body)
        ]
    except AddressSyntax:
        return []

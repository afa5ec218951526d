"""Real messages, as programs of Debian 12 hand them to sendmail: who gets them, and how their headers go out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helper.address import Mailbox
from helper.message.author import Author
from helper.message.body import dot_stuffed, survey, wire_chunks
from helper.message.compose import Options, Stamp, compose
from helper.message.header import split_message
from helper.message.header_recipients import header_recipients

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = sorted(folder.name for folder in SAMPLES.iterdir() if folder.is_dir())
STAMP = Stamp(
    date=b"Sun, 22 Nov 2026 18:52:00 +0000",
    unique=b"unique",
    uid=0,
    login=b"root",
    primary_hostname=b"ws1.example.net",
    version=b"0.1.0",
)
DATE = b"Date: Sun, 22 Nov 2026 18:52:00 +0000\n"
MESSAGE_ID = b"Message-ID: <unique@ws1.example.net>\n"
RECEIVED = (
    b"Received: by ws1.example.net (Gatepost 0.1.0, from userid 0, login root)\n"
    b" id unique; Sun, 22 Nov 2026 18:52:00 +0000\n"
)


def sample(name: str) -> bytes:
    return (SAMPLES / name / "1.stdin").read_bytes()


def arguments(name: str) -> list[str]:
    return json.loads((SAMPLES / name / "1.argv.json").read_text())


def author(login: bytes, trusted: bool) -> Author:
    account = Mailbox(login, b"example.net")
    return Author(
        login=login,
        full_name=login.capitalize(),
        account=account,
        own=(account,),
        reverse_path=account,
        trusted=trusted,
        rewrite=lambda mailbox: mailbox,
    )


ROOT = author(b"root", True)
ALICE = author(b"alice", False)
OPTIONS = Options(
    qualify_domain=b"example.net",
    qualify_recipient=b"example.net",
    rewrite=lambda box: Mailbox(b"ws1", b"public.example") if box == ROOT.account else box,
    received_header=False,
)


def composed(name: str, who: Author, options: Options = OPTIONS) -> bytes:
    return compose(split_message(sample(name))[0], who, STAMP, options).octets


@pytest.mark.parametrize(
    ("name", "who", "expected"),
    [
        (
            "anacron",
            ROOT.replace(given_name=b"Anacron"),
            b"From: Anacron <ws1@public.example>\nTo: root@example.net\nSubject: Anacron job 'job1' on ws1\n"
            b"Content-Type: text/plain; charset=UTF-8\n" + DATE + MESSAGE_ID,
        ),
        (
            "at",
            ALICE,
            b"Subject: Output from your job        1\nTo: alice@example.net\n"
            b"From: Alice <alice@example.net>\n" + DATE + MESSAGE_ID,
        ),
        (
            "sudo-badpass",
            author(b"bob", False),
            b"To: root@example.net\nFrom: Bob <bob@example.net>\nAuto-Submitted: auto-generated\n"
            b"Subject: *** SECURITY information for ws1.example.net ***\n" + DATE + MESSAGE_ID,
        ),
        (
            "mdadm-test",
            ROOT,
            b"From: mdadm monitoring <root@ws1>\nTo: root@example.net\n"
            b"Subject: TestMessage event on /dev/md0:ws1\n" + DATE + MESSAGE_ID,
        ),
        (
            "php-mail",
            author(b"www-data", False),
            b"To: bob@example.com\nSubject: php subj\nFrom: web@corp.example\n"
            b"Sender: Www-data <www-data@example.net>\n" + DATE + MESSAGE_ID,
        ),
        (
            "s-nail",
            ALICE,
            b"Date: Sun, 22 Nov 2026 06:31:14 +0000\nTo: bob@example.com\nSubject: snail subject\n"
            b"User-Agent: s-nail v14.9.24\nFrom: Alice <alice@example.net>\n" + MESSAGE_ID,
        ),
        (
            "fail2ban-sendmail",
            ROOT,
            b"Subject: [Fail2Ban] test: started on ws1.example.net\nDate: Sun, 22 Nov 2026 06:36:30 +0000\n"
            b"From: Fail2Ban <fail2ban@ws1.example.net>\nTo: admin@example.com\n" + MESSAGE_ID,
        ),
        (
            "ruby-mail",
            author(b"alice", True),
            b"Date: Sun, 22 Nov 2026 06:31:37 +0000\nFrom: alice@corp.example\nTo: bob@example.com\n"
            b"Cc: carol@example.org\nMessage-ID: <6b028c49377d0_4f2294-4f7@ws1.mail>\nSubject: rb\n"
            b"Mime-Version: 1.0\nContent-Type: text/plain;\n charset=UTF-8\nContent-Transfer-Encoding: 7bit\n",
        ),
    ],
)
def test_goes_out_with_this_header(name, who, expected):
    assert composed(name, who) == expected + b"\n"


def test_crons_recipients_are_qualified_and_its_environment_stays():
    header = composed("cron", ROOT, OPTIONS.replace(received_header=True))
    assert header.startswith(
        RECEIVED + b"From: cron@corp.example\nTo: root@example.net,carol@example.org\nSubject: Cron <root@ws1> printf"
    )
    assert header.count(b"X-Cron-Env: <") == 6


@pytest.mark.parametrize(
    ("name", "recipients"),
    [
        ("bsd-mailx", [(b"bob", b"example.com"), (b"carol", b"example.org"), (b"hidden", b"example.org")]),
        ("emacs-message", [(b"bob", b"example.com"), (b"hidden", b"example.org")]),
        ("logwatch", [(b"admin", b"example.com")]),
        ("mailutils-basic", [(b"bob", b"example.com")]),
        ("mdadm-test", [(b"root", None)]),
        ("perl-mime-lite", [(b"bob", b"example.com"), (b"carol", b"example.org"), (b"hidden", b"example.org")]),
        ("php-mail", [(b"bob", b"example.com"), (b"hidden", b"example.org")]),
        ("smartd-warning", [(b"carol", b"example.org"), (b"root", None)]),
        ("sudo-badpass", [(b"root", None)]),
    ],
)
def test_goes_to_these_recipients_of_its_header(name, recipients):
    assert "-t" in arguments(name)
    assert header_recipients(split_message(sample(name))[0]) == recipients


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", [ROOT, ALICE], ids=["trusted", "untrusted"])
def test_goes_out_as_a_complete_message_without_blind_copies(name, who):
    header = composed(name, who)
    keys = [field.key for field in split_message(header)[0]]
    assert keys.count(b"from") == keys.count(b"date") == keys.count(b"message-id") == 1
    assert b"bcc" not in keys and b"hidden@example.org" not in header


@pytest.mark.parametrize("name", NAMES)
def test_keeps_every_other_field_octet_for_octet(name):
    header = composed(name, ROOT)
    for field in split_message(sample(name))[0]:
        if field.key not in (b"from", b"to", b"bcc"):
            assert field.octets in header


@pytest.mark.parametrize("name", NAMES)
def test_the_body_goes_out_line_by_line(name):
    message = sample(name)
    start = split_message(message)[1]
    sent = b"".join(dot_stuffed(wire_chunks(message, start)))
    lines = [line.removeprefix(b".") for line in sent.split(b"\r\n")]
    assert lines == [*message[start:].splitlines(), b""]
    assert survey(message, start).octets == sum(len(line) + 2 for line in lines) - 2

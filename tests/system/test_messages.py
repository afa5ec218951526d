"""What arrives is what was written: header and body as they are, with nothing but what the rules of mail ask for."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from helper.smtp.transaction import CHUNK_LIMIT_OCTETS
from tests.support.misbehaviour import Behaviour
from tests.support.stream import Stream
from tests.system.outcome import (
    EXTENSIONS,
    FIVE,
    MESSAGE,
    ONE,
    WITH_CHUNKS,
    WITH_DATA,
    assert_not_sent,
    assert_sent,
    configure,
    label,
)

SAMPLES = Path(__file__).parents[1] / "samples"
ALIASES = {"aliases": "root: admin@example.com\nbob: bob@example.com\nalice: alice@example.com\n"}

# Whom each program's message goes to, by the aliases above.
SAMPLE_RECIPIENTS = {
    "anacron": ["admin@example.com"],
    "at": ["alice@example.com"],
    "bsd-mailx": ["bob@example.com", "carol@example.org", "hidden@example.org"],
    "cron": ["admin@example.com", "carol@example.org"],
    "emacs-message": ["bob@example.com", "hidden@example.org"],
    "fail2ban-sendmail": ["admin@example.com"],
    "git-send-email": ["list@example.org", "carol@example.org", "hidden@example.org"],
    "logwatch": ["admin@example.com"],
    "mailutils-basic": ["bob@example.com"],
    "mdadm-test": ["admin@example.com"],
    "mutt-basic": ["bob@example.com"],
    "perl-mime-lite": ["bob@example.com", "carol@example.org", "hidden@example.org"],
    "php-mail": ["bob@example.com", "hidden@example.org"],
    "ruby-mail": ["bob@example.com", "carol@example.org", "hidden@example.org"],
    "s-nail": ["bob@example.com"],
    "smartd-warning": ["carol@example.org", "admin@example.com"],
    "sudo-badpass": ["admin@example.com"],
}

with_each_extension = pytest.mark.parametrize("extensions", EXTENSIONS.values(), ids=EXTENSIONS)


def canonical(octets: bytes) -> bytes:
    """Return octets with CRLF line ends, the last line ended too."""
    lines = re.sub(rb"\r+\n", b"\n", octets).replace(b"\r", b"\n").split(b"\n")
    return b"\r\n".join(lines) if lines[-1] == b"" else b"\r\n".join([*lines, b""])


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize("program", SAMPLE_RECIPIENTS)
def test_what_real_programs_write_arrives(installation, smarthost, program, user):
    host = smarthost()
    configure(installation, host)
    argv = json.loads((SAMPLES / program / "1.argv.json").read_text())
    octets = (SAMPLES / program / "1.stdin").read_bytes()
    result = installation.send(*argv[1:], stdin=octets, user=user, etc=ALIASES)
    assert_sent(result, host, SAMPLE_RECIPIENTS[program])
    header, _, body = octets.replace(b"\r\n", b"\n").partition(b"\n\n")
    assert host.message.body == canonical(body)
    arrived = host.message.header.split(b"\r\n")
    for line in header.split(b"\n"):
        name = line.partition(b":")[0].lower()
        if name in (b"subject", b"mime-version", b"content-type", b"x-cron-env", b"date", b"message-id", b"x-mailer"):
            assert line in arrived
    names = [line.partition(b":")[0].lower() for line in arrived if line[:1] not in b" \t"]
    assert b"bcc" not in names
    for once in (b"from", b"date", b"message-id"):
        assert names.count(once) == 1
    assert b"hidden" not in host.message.header


BODIES = {
    "dots": b".\n..\n...\n.x\n\n.\n",
    "no-final-line-end": b"one\ntwo",
    "a-final-dot": b"one\n.",
    "CRLF": b"one\r\ntwo\r\n.\r\n",
    "CR": b"one\rtwo\r",
    "mixed": b"one\r\ntwo\nthree\rfour\n\rfive\r\n\r\nsix\r\r\n",
    "empty-lines-at-the-end": b"one\n\n\n\n",
    "only-empty-lines": b"\n\n\n",
    "spaces-at-line-ends": b"one  \ntwo\t\n \n",
    "8-bit": "Grüße — 東京\n".encode() + b"\xe9\xff\x80 latin\n",
    "controls": bytes(octet for octet in range(1, 32) if octet not in (10, 13)) + b"\x7f\n",
    "lines-of-998": (b"x" * 998 + b"\n") * 3,
    "a-header-in-the-body": b"To: mallory@example.com\nBcc: mallory@example.com\n",
    "from-line": b"From here on\n>From there\n",
    "smuggling-LF": b"one\n.\nMAIL FROM:<a@b>\n",
    "smuggling-CR": b"one\r.\rMAIL FROM:<a@b>\r",
    "smuggling-LF-CRLF": b"one\n.\r\nMAIL FROM:<a@b>\r\n",
    "smuggling-CRLF-LF": b"one\r\n.\nMAIL FROM:<a@b>\r\n",
    "smuggling-CR-CRLF": b"one\r.\r\nMAIL FROM:<a@b>\r\n",
    "CR-at-a-chunk-border": b"x\n" * 131063 + b"abcdefg\r\nz\n",
}


@with_each_extension
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_arrives_line_by_line(installation, smarthost, extensions, body):
    host = smarthost(extensions=extensions)
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=b"Subject: hello\n\n" + body), host, ONE)
    assert host.message.body == canonical(body)
    assert host.message.chunked == ("CHUNKING" in extensions and len(host.message.octets) <= CHUNK_LIMIT_OCTETS)
    if any(keyword.startswith("SIZE") for keyword in extensions):
        assert host.message.parameters["SIZE"] == str(len(host.message.octets))


@pytest.mark.parametrize("padding", range(262140 - 16, 262148 - 16))
def test_nothing_is_lost_where_pieces_meet(installation, smarthost, padding):
    """The message is sent in pieces of 256 KiB: line ends and dots may stand right there."""
    host = smarthost(extensions=WITH_DATA)
    configure(installation, host)
    body = (b"0123456789abcd\n" * (padding // 15 + 1))[:padding] + b"\n.\r\n..\r\n.\n" * 4
    assert_sent(installation.send(*ONE, stdin=b"Subject: hello\n\n" + body), host, ONE)
    assert host.message.body == canonical(body)


@pytest.mark.parametrize("extensions", [("PIPELINING",), ("PIPELINING", "8BITMIME")], ids=["7bit", "8bitmime"])
@pytest.mark.parametrize("octets", [b"caf\xe9", "café".encode()], ids=["latin", "utf-8"])
def test_8_bit_goes_as_it_is_or_not_at_all(installation, smarthost, extensions, octets):
    """Never 8-bit to who does not offer it: what is not sent as it is is encoded, or refused before any data."""
    host = smarthost(extensions=extensions)
    configure(installation, host)
    result = installation.send(*ONE, stdin=b"Subject: hello\n\n" + octets + b"\n")
    host.settle()
    if "8BITMIME" in extensions:
        assert_sent(result, host, ONE)
        assert host.message.parameters["BODY"] == "8BITMIME"
        assert host.message.body == octets + b"\r\n"
    elif result.status == 0:
        assert host.message.octets.isascii()
    else:
        assert result.reason.startswith(f"{label(host)}: ")
        assert_not_sent(result, result.reason, status=69, recipients=ONE, hosts=[host])
        assert host.session.content == b""


def test_header_fields_stay_octet_for_octet(installation, smarthost):
    header = (
        b"From: Alice (the (nested) one) <alice@example.net>\n"
        b'To: =?utf-8?q?C=C3=A4rol?= <carol@example.org>,\n\t"Quoted, Comma" <dave@example.org>\n'
        b"X-Folded: one\n two\n\tthree  \n"
        b"x-odd-CASE:no space\n"
        b"X-Empty:\n"
        b"X-8bit: caf\xe9\n"
        b"Subject:   spaces   kept   \n"
        b"Received: from somewhere by elsewhere; Mon, 1 Jan 2024 00:00:00 +0000\n"
        b"Date: Mon, 1 Jan 2024 00:00:00 +0000\n"
        b"Message-ID: <kept@example.net>\n"
    )
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=header + b"\nText.\n"), host, ONE)
    arrived = host.message.header + b"\r\n"
    assert header.replace(b"\n", b"\r\n") in arrived
    assert arrived.lower().count(b"\r\ndate:") == arrived.lower().count(b"\r\nmessage-id:") == 1


@pytest.mark.parametrize(
    ("removed", "kept"),
    [
        (b"Bcc: hidden@example.org\n", b"X-Kept: yes"),
        (b"Resent-Bcc: hidden@example.org\n", b"X-Kept: yes"),
        (b"Return-Path: <hidden@example.org>\n", b"X-Kept: yes"),
        (b"Envelope-To: hidden@example.org\n", b"X-Kept: yes"),
        (b"Delivery-Date: hidden\n", b"X-Kept: yes"),
        (b"bCC:\n hidden@example.org,\n\thidden2@example.org\n", b"X-Kept: yes"),
    ],
)
def test_some_fields_never_go_out(installation, smarthost, removed, kept):
    host = smarthost()
    configure(installation, host)
    message = b"To: carol@example.org\n" + removed + kept + b"\nSubject: x\n\nText.\n"
    assert_sent(installation.send(*ONE, stdin=message), host, ONE)
    assert b"hidden" not in host.message.octets
    assert kept in host.message.header.split(b"\r\n")


def test_missing_fields_are_added(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=b"Subject: x\n\nText.\n"), host, ONE)
    login, uid = installation.logins["alice"], installation.account("alice").pw_uid
    header = host.message.header.replace(b"\r\n\t", b" ").replace(b"\r\n ", b" ").split(b"\r\n")
    names = [line.partition(b": ")[0] for line in header]
    assert sorted(names) == [b"Date", b"From", b"Message-ID", b"Received", b"Subject"]
    assert f"From: Alice Example <{login}@example.net>".encode() in header
    received = next(line for line in header if line.startswith(b"Received: "))
    assert b"by ws1.example.net" in received
    assert b"userid %d" % uid in received


@pytest.mark.parametrize(("tls", "extensions"), [("none", WITH_DATA), ("starttls", WITH_CHUNKS)], ids=["data", "chunk"])
def test_a_large_message_arrives_whole(installation, smarthost, tls, extensions):
    host = smarthost(tls=tls, extensions=extensions)
    configure(installation, host, **dict.fromkeys(("command_timeout", "data_timeout", "final_timeout"), "30s"))
    mebibyte = b"".join(b".%014x\n" % number for number in range(65536))
    body = b"".join(b"%d\n" % number + mebibyte for number in range(25))
    assert_sent(installation.send(*ONE, stdin=b"Subject: large\n\n" + body), host, ONE)
    assert len(host.message.body) == len(canonical(body))
    assert hashlib.sha256(host.message.body).digest() == hashlib.sha256(canonical(body)).digest()


class HoldBack(Behaviour):
    """Look at the message for a while before anything at all is said (RFC 2920, section 3.2)."""

    def act(self, stream: Stream, said: bytes) -> None:
        stream.pause(1.2)  # longer than command_timeout and data_timeout
        stream.reply(said)


@with_each_extension
@pytest.mark.parametrize("recipients", [ONE, FIVE], ids=["one", "five"])
def test_replies_may_all_come_with_the_last_one(installation, smarthost, extensions, recipients):
    host = smarthost(extensions=extensions, at={"MESSAGE": HoldBack()})
    configure(installation, host, final_timeout="5s")
    assert_sent(installation.send(*recipients, stdin=MESSAGE), host, recipients)


@pytest.mark.parametrize("how", ["arguments", "one-argument", "header"])
def test_ten_thousand_recipients_are_one_transaction(installation, smarthost, how):
    recipients = [f"user{number}@example.org" for number in range(10_000)]
    host = smarthost()
    configure(installation, host, command_timeout="30s", final_timeout="30s")
    # No argument may be longer than 128 KiB (MAX_ARG_STRLEN, execve(2)).
    lists = [", ".join(recipients[at : at + 5000]) for at in (0, 5000)]
    arguments = {"arguments": recipients, "one-argument": lists, "header": ["-t"]}[how]
    to = b"To: " + ",\n ".join(recipients).encode() + b"\n" if how == "header" else b""
    result = installation.send(*arguments, stdin=to + MESSAGE.replace(b"To: <carol@example.org>\n", b""))
    host.settle()
    assert (result.status, result.stderr) == (0, "")
    assert host.message.addresses == [recipient.encode() for recipient in recipients]
    assert host.connections == 1


def test_an_argument_list_of_nearly_2_mib_is_read(installation, smarthost):
    """The kernel's limit is a quarter of the stack's; each argument costs its octets, a NUL and a pointer."""
    room = 2 * 1024 * 1024 - 40 * 1024
    name = "x" * 200
    count = room // (len(f"00000{name[:50]}@{name[:60]}.{name[:60]}.example.org") + 1 + 8)
    recipients = [f"{number:05}{name[:50]}@{name[:60]}.{name[:60]}.example.org" for number in range(count)]
    host = smarthost()
    configure(installation, host, command_timeout="30s", final_timeout="30s")
    result = installation.send(*recipients, stdin=MESSAGE)
    host.settle()
    assert (result.status, result.stderr) == (0, "")
    assert len(host.message.addresses) == count


@pytest.mark.parametrize("user", ["alice", "root"])
def test_several_sends_at_once_do_not_mix(installation, smarthost, user):
    host = smarthost()
    configure(installation, host, command_timeout="20s", final_timeout="20s")
    running = []
    for number in range(8):
        process = installation.start(FIVE[number % 5], user=user)
        process.stdin.write(b"Subject: number %d\n\nText %d.\n" % (number, number))
        process.stdin.close()
        running.append(process)
    for process in running:
        with process:
            assert process.wait(timeout=20) == 0
    host.settle()
    seen = sorted((message.body, message.addresses[0]) for message in host.messages)
    assert seen == sorted((b"Text %d.\r\n" % number, FIVE[number % 5].encode()) for number in range(8))
    assert len(installation.log_lines()) == 8

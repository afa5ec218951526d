"""What is done to a message: what is added, removed and qualified, and what stays as it is (contract, section 8)."""

from __future__ import annotations

import email.utils
import re
import time

import pytest

from tests.system.outcome import assert_sent, facts_of
from tests.system.world import MESSAGE, configure, fields, login, own

CAROL = "carol@example.org"
MBOX_LINE = b"From alice Mon Jan  1 00:00:00 2024\n"
DATE = re.compile(rb"Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
MESSAGE_ID = re.compile(rb"Message-ID: <[A-Za-z0-9.]+@ws1\.example\.net>")


def sent(installation, smarthost, *args, message=MESSAGE, main=None, recipients=(CAROL,), **options):
    """Send one message and return it as it arrived."""
    host = smarthost()
    configure(installation, host, main=main)
    assert_sent(installation.send(*args, *recipients, stdin=message, **options), host, recipients)
    return host.message


# What is added


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
@pytest.mark.parametrize("locale", ["C", "de_DE.UTF-8"])
def test_adds_the_date(installation, smarthost, timezone, locale):
    before = int(time.time())
    message = sent(installation, smarthost, env={"TZ": timezone, "LC_ALL": locale})
    (date,) = fields(message, "Date")
    assert DATE.fullmatch(date)
    assert before <= email.utils.parsedate_to_datetime(date[6:].decode()).timestamp() <= time.time()


def test_adds_a_message_id_that_no_other_message_has(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    results = [installation.send(CAROL, stdin=MESSAGE) for _ in range(3)]
    host.settle()
    found = [field for message in host.messages for field in fields(message, "Message-ID")]
    assert all(MESSAGE_ID.fullmatch(field) for field in found)
    assert len(set(found)) == 3
    logged = [facts_of(result.log_line)["message-id"] for result in results]
    assert logged == [field.decode().removeprefix("Message-ID: ") for field in found]


def test_leaves_date_and_message_id_as_they_are(installation, smarthost):
    header = b"date:  yesterday, about noon\nMESSAGE-ID:\n <x@y>\n"
    message = sent(installation, smarthost, message=header + MESSAGE)
    assert fields(message, "Date", "Message-ID") == [b"date:  yesterday, about noon", b"MESSAGE-ID:\r\n <x@y>"]


@pytest.mark.parametrize("who", ["alice", "root"])
def test_adds_received_with_the_callers_uid(installation, smarthost, who):
    old = b"Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\n"
    message = sent(installation, smarthost, message=old + MESSAGE, user=who)
    first, second = fields(message, "Received")
    account = installation.account(who)
    words = b" ".join(first.split())
    assert message.header.startswith(first)
    assert words.startswith(b"Received: by ws1.example.net (Gatepost ")
    assert f", from userid {account.pw_uid}, login {account.pw_name}) id ".encode() in words
    assert b" for <carol@example.org>; " in words
    assert max(map(len, first.split(b"\r\n"))) <= 78
    assert DATE.fullmatch(b"Date: " + words.rpartition(b"; ")[2])
    assert second == old[:-1]


def test_received_names_no_recipient_where_there_are_several(installation, smarthost):
    message = sent(installation, smarthost, recipients=[CAROL, "dora@example.org"])
    assert b"@example.org" not in message.header


def test_received_can_be_left_out(installation, smarthost):
    assert fields(sent(installation, smarthost, main={"received_header": False}), "Received") == []


def test_invents_no_recipient_in_the_header(installation, smarthost):
    message = sent(installation, smarthost, main={"received_header": False})
    assert fields(message, "To", "Cc", "Bcc", "Apparently-To") == []
    assert b"carol" not in message.octets


def test_adds_date_and_message_id_to_a_message_that_is_sent_again(installation, smarthost):
    old = b"Date: Mon, 1 Jan 2024 00:00:00 +0000\nMessage-ID: <old@example.org>\nFrom: x@example.org\n"
    message = sent(installation, smarthost, message=b"Resent-From: alice\nResent-To: carol\n" + old + MESSAGE)
    assert fields(message, "Date", "Message-ID", "From") == old.splitlines()
    resent = fields(message, "Resent-Date", "Resent-Message-ID")
    assert DATE.fullmatch(resent[0].removeprefix(b"Resent-"))
    assert MESSAGE_ID.fullmatch(resent[1].removeprefix(b"Resent-"))


# What is removed


@pytest.mark.parametrize(
    "field",
    [
        b"Bcc: hidden@example.org",
        b"BCC: hidden@example.org, Hidden Two <hidden2@example.org>",
        b"Bcc :\n hidden@example.org,\n\thidden2@example.org",
        b"Bcc:\n \n hidden@example.org",
        b"Resent-Bcc: hidden@example.org",
        b"Return-Path: <hidden@example.org>",
        b"return-path: hidden",
        b"Envelope-To: hidden@example.org",
        b"Delivery-Date: hidden",
    ],
)
@pytest.mark.parametrize("at", ["first", "last"])
def test_removes_what_is_nobodys_business(installation, smarthost, field, at):
    own_fields = b"To: carol@example.org\nX-Bcc: seen\n"
    header = field + b"\n" + own_fields if at == "first" else own_fields + field + b"\n"
    message = sent(installation, smarthost, message=header + MESSAGE)
    assert b"hidden" not in message.octets
    assert fields(message, "To", "X-Bcc", "Subject") == [b"To: carol@example.org", b"X-Bcc: seen", b"Subject: hello"]
    assert message.body == b"A line.\r\n"


@pytest.mark.parametrize("name", [b"Bcc", b"BCC", b"bcc "])
def test_blind_copies_are_read_before_they_are_removed(installation, smarthost, name):
    host = smarthost()
    configure(installation, host)
    message = b"To: carol@example.org\n" + name + b": hidden@example.org\n" + MESSAGE
    assert_sent(installation.send("-t", stdin=message), host, [CAROL, "hidden@example.org"])
    assert b"hidden" not in host.message.octets


def test_blind_copies_of_a_message_that_is_sent_again_are_read_before_they_are_removed(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    resent = b"Resent-To: carol@example.org\nResent-Bcc: hidden@example.org\n"
    message = resent + b"To: old@example.org\nBcc: old-hidden@example.org\n" + MESSAGE
    assert_sent(installation.send("-t", stdin=message), host, [CAROL, "hidden@example.org"])
    assert b"hidden" not in host.message.octets
    assert fields(host.message, "Resent-To", "To") == [b"Resent-To: carol@example.org", b"To: old@example.org"]


@pytest.mark.parametrize("line", [MBOX_LINE, b">" + MBOX_LINE, b"From x\n"])
def test_an_mbox_line_at_the_start_is_read_as_such(installation, smarthost, line):
    message = sent(installation, smarthost, message=line + MESSAGE)
    assert fields(message, "Subject") == [b"Subject: hello"]
    assert b"2024" not in message.octets
    assert b"From x" not in message.octets
    assert message.body == b"A line.\r\n"


def test_a_second_mbox_line_is_text(installation, smarthost):
    message = sent(installation, smarthost, message=MBOX_LINE + MBOX_LINE + MESSAGE)
    assert message.body == b"From alice Mon Jan  1 00:00:00 2024\r\nSubject: hello\r\n\r\nA line.\r\n"


def test_an_mbox_line_in_the_body_is_text(installation, smarthost):
    message = sent(installation, smarthost, message=MESSAGE + b"From here on\n>From there\n")
    assert message.body == b"A line.\r\nFrom here on\r\n>From there\r\n"


# What is qualified

DOMAINS = {"qualify_domain": "example.net", "qualify_recipient": "example.com"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("carol", ["carol@example.com"]),
        ("carol,dora", ["carol@example.com", "dora@example.com"]),
        ("Carol C. <carol>", ["carol@example.com"]),
        ('"Doe, Carol" <carol>, dora (too)', ["carol@example.com", "dora@example.com"]),
        ('"odd one"', ['"odd one"@example.com']),
        ("friends: carol, dora@example.org;", ["carol@example.com", "dora@example.org"]),
    ],
)
def test_qualifies_recipients(installation, smarthost, given, expected):
    host = smarthost()
    configure(installation, host, main=DOMAINS)
    assert_sent(installation.send(given, stdin=MESSAGE), host, expected)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"To: carol", b"To: carol@example.com"),
        (b"Cc: Carol C. <carol>, dora@example.org", b"Cc: Carol C. <carol@example.com>, dora@example.org"),
        (b"To: carol , (dora)\n\tdora", b"To: carol@example.com , (dora)\r\n\tdora@example.com"),
        (b"To: friends:carol,dora@example.org;", b"To: friends:carol@example.com,dora@example.org;"),
        (b"To: undisclosed-recipients:;", b"To: undisclosed-recipients:;"),
        (b"To: =?utf-8?q?Carol=C3=A9?= <carol>", b"To: =?utf-8?q?Carol=C3=A9?= <carol@example.com>"),
        (b"Resent-To: carol", b"Resent-To: carol@example.com"),
        (b"Resent-Cc: carol", b"Resent-Cc: carol@example.com"),
        (b"Reply-To: carol", b"Reply-To: carol@example.net"),
        (b"Resent-Reply-To: carol", b"Resent-Reply-To: carol@example.net"),
        (b"From: carol", b"From: carol@example.net"),
        (b"Subject: carol", b"Subject: carol"),
        (b"X-To: carol", b"X-To: carol"),
        (b"To: carol at work, dora", b"To: carol at work, dora"),
    ],
)
def test_qualifies_the_addresses_in_the_header(installation, smarthost, field, expected):
    name = field.partition(b":")[0].decode()
    message = sent(installation, smarthost, message=field + b"\n" + MESSAGE, main=DOMAINS)
    assert expected in fields(message, name)


@pytest.mark.parametrize(
    ("main", "etc", "domain"),
    [
        ({"qualify_domain": None}, {"mailname": "mail.example.com\n"}, "mail.example.com"),
        ({"qualify_domain": None}, {"mailname": None}, "ws1.example.net"),
        ({"qualify_domain": "example.org"}, {"mailname": "mail.example.com\n"}, "example.org"),
    ],
)
def test_knows_the_domain_for_addresses_without_one(installation, smarthost, main, etc, domain):
    recipients = [f"carol@{domain}"]
    host = smarthost()
    configure(installation, host, main=main)
    assert_sent(installation.send("carol", stdin=MESSAGE, etc=etc), host, recipients)
    assert host.message.reverse_path == f"{login(installation, 'alice')}@{domain}".encode()


# Who gets it once


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([CAROL, CAROL], [CAROL]),
        ([CAROL, "carol@EXAMPLE.org", "<carol@example.org>", '"carol"@example.org'], [CAROL]),
        ([f"{CAROL}, dora@example.org", "dora@example.org"], [CAROL, "dora@example.org"]),
        (["carol", "carol@example.net"], ["carol@example.net"]),
        (["Carol@example.org", CAROL], ["Carol@example.org", CAROL]),
    ],
)
def test_sends_to_each_recipient_once(installation, smarthost, given, expected):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(*given, stdin=MESSAGE), host, expected)


@pytest.mark.parametrize(("subtract", "expected"), [(False, [CAROL, "dora@example.org"]), (True, ["dora@example.org"])])
def test_arguments_and_header_are_added_or_subtracted(installation, smarthost, subtract, expected):
    host = smarthost()
    configure(installation, host, main={"extract_addresses_remove_arguments": subtract})
    message = b"To: dora@example.org\nCc: carol@example.org\n" + MESSAGE
    assert_sent(installation.send("-t", CAROL, stdin=message), host, expected)


# What stays as it is


def test_leaves_every_other_octet_of_the_header_alone(installation, smarthost):
    header = (
        b"X-Odd:   spaces   and\ttabs  \n"
        b"x-LOWER:no space\n"
        b"X-Folded: one\n  two\n\tthree\n"
        b"X-Empty:\n"
        b"X-Same: 1\nX-Same: 2\n"
        b"Subject: =?utf-8?b?w6Q=?= (not From: anybody)\n"
        b'To: "Carol, C." <carol@example.org> (a \\( comment)\n'
    )
    message = sent(installation, smarthost, message=header + b"\nA line.\n")
    assert header.replace(b"\n", b"\r\n") in message.octets


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (b"", b""),
        (b"\n", b""),
        (b"\nbody only\n", b"body only\r\n"),
        (b"no header at all\n", b"no header at all\r\n"),
        (b"Subject: no body\n", b""),
        (b"Subject: no body, no line end", b""),
        (b"Subject: x\n\nno line end", b"no line end\r\n"),
        (b"Subject: x\r\n\r\nall\r\nCRLF\r\n", b"all\r\nCRLF\r\n"),
        (b"Subject: x\r\n\r\nmixed\nends\r\n", b"mixed\r\nends\r\n"),
        (b"Subject: x\n\n\n\nblank lines\n\n", b"\r\n\r\nblank lines\r\n\r\n"),
    ],
)
def test_a_message_of_any_shape_arrives(installation, smarthost, text, body):
    message = sent(installation, smarthost, message=text)
    assert message.body == body
    assert fields(message, "From") == [f"From: Alice Example <{own(installation)}>".encode()]
    assert len(fields(message, "Date", "Message-ID", "Received")) == 3


# Blocks of a message that is sent again


OLDER = b"Resent-To: q@x.example\nResent-From: o@x.example\nResent-Sender: p@x.example\n"


@pytest.mark.parametrize(
    ("header", "recipients"),
    [
        (b"Resent-To: a@x.example\nX-Note: y\nResent-Bcc: b@x.example\n", ["a@x.example", "b@x.example"]),
        (b"Resent-Bcc: a@x.example\nReceived: by y\n" + OLDER, ["a@x.example"]),
        (b"Received: by y\nFrom: o@x.example\nTo: p@x.example\nResent-To: a@x.example\n", ["a@x.example"]),
        (b"Resent-To: a@x.example\nResent-Cc: b@x.example\n" + OLDER, ["a@x.example", "b@x.example"]),
    ],
)
def test_the_newest_block_is_sent_to_as_it_stands(installation, smarthost, header, recipients):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send("-t", stdin=header + b"Sender: s@x.example\n" + MESSAGE), host, recipients)
    senders = [b"Sender: s@x.example", *([b"Resent-Sender: p@x.example"] if OLDER in header else [])]
    assert sorted(fields(host.message, "Sender", "Resent-Sender")) == sorted(senders)
    assert len(fields(host.message, "Resent-From")) == len(senders)


@pytest.mark.parametrize("args", [["-t"], ["carol@example.org"]])
def test_fields_that_belong_to_no_block_are_refused(installation, smarthost, args):
    host = smarthost()
    configure(installation, host, main={"exit_codes": "sysexits"})
    result = installation.send(*args, stdin=b"Resent-To: a@x.example\nResent-To: b@x.example\n" + MESSAGE)
    assert (result.status, host.connections) == (65, 0)
    assert result.reason.startswith("Resent-To: appears twice")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (" ", "an address is missing"),
        ("  ", "an address is missing"),
        ("()", "there is white space or a comment in the address"),
    ],
)
def test_white_space_is_no_reverse_path(installation, smarthost, text, problem):
    host = smarthost()
    configure(installation, host)
    result = installation.send("-f", text, "carol@example.org", stdin=MESSAGE)
    assert (result.status, host.connections) == (1, 0)
    assert result.reason == f"{text.strip() or chr(34) * 2}: cannot be the reverse-path: {problem}"

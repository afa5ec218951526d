"""H2, H3, H4, K13: a line break, however it comes in, makes neither a command, nor a header field, nor a message."""

from __future__ import annotations

import email
import os
import re
from email.utils import parseaddr
from pathlib import Path

import pytest

from helper.message.body import CHUNK_OCTETS

BREAKS = {"lf": "\n", "cr": "\r", "crlf": "\r\n", "ls": "\u2028"}
EVIL = "evil@example.org"
MESSAGE = b"Subject: hello\n\nhello\n"

WITH_DATA = ("PIPELINING", "8BITMIME", "SIZE 10000000")
WITH_CHUNKS = (*WITH_DATA, "CHUNKING")
in_both_ways = pytest.mark.parametrize("extensions", [WITH_DATA, WITH_CHUNKS], ids=["data", "bdat"])
with_each_break = pytest.mark.parametrize("line_break", BREAKS.values(), ids=BREAKS)

# What some server or other has taken for the end of the data (CVE-2023-51764 to 51766, CVE-2024-27305).
ENDS = [
    b"\n.\n",
    b"\r\n.\n",
    b"\n.\r\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\n.\r",
    b"\r.\n",
    b"\r\n.\r\n",
    b"\n\n.\n\n",
]
SECOND = b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<evil@example.org>\r\nDATA\r\nSubject: second\r\n\r\nsecond\r\n.\r\n"

WITHOUT_DOTS_DOUBLED = {
    "helper/message/body.py": {'chunk.replace(b"\\n.", b"\\n..") if b"." in chunk else chunk': "chunk"}
}
# Obsolete header syntax (RFC 5322, section 4) that must be read and must not be written.
STOPS = [b"X : y\n", b"X\t \t:\n y\n", b"X: y\n \n", b"X: y\n \t\r\n z\n", b"X:\n \v\n\t\f\n"]
WITHOUT_CLEAN_SYNTAX = {"helper/message/header.py": {'    if octets[len(name)] != ord(":"):\n': "    if False:\n"}}
WITHOUT_CLEAN_NAMES = {
    "helper/message/display_name.py": {
        '    return " ".join(text[: 4 * NAME_LIMIT].translate(CONTROLS).split())[:NAME_LIMIT].strip()\n': (
            '    return text.replace("\\r", "\\n")\n'
        )
    },
    "helper/message/header.py": {"        if part.translate(None, CONTROLS) != part:\n": "        if False:\n"},
}


def assert_one_transaction_at_most(host, result):
    """Say that the smart host saw one honest transaction, or that the caller was told why there is none."""
    host.settle()
    verbs = [verb for session in host.sessions for verb in session.verbs]
    assert [verbs.count(verb) for verb in ("MAIL", "RCPT")] in ([0, 0], [1, 1])
    assert b"evil" not in b"".join(address for message in host.messages for address in message.addresses)
    if result.status:
        assert result.stderr.startswith(("sendmail: not sent: ", "sendmail: usage: "))
        assert result.stderr.count("\n") == 1
        assert host.messages == []
    else:
        assert result.stderr == ""
        names = [field.partition(b":")[0].lower() for field in unfolded(host.message.header)]
        assert not {b"bcc", b"x-evil", b"rcpt to"} & set(names)
    assert len(result.log_lines) == 1


def unfolded(header):
    """Return the fields of a header."""
    return re.sub(rb"\r\n[ \t]", b" ", header).split(b"\r\n")


@with_each_break
@pytest.mark.parametrize(
    "recipient",
    [
        "carol@example.org{0}RCPT TO:<" + EVIL + ">",
        "carol@example.org>{0}RCPT TO:<" + EVIL,
        '"carol{0}RCPT TO:<evil@example.org>"@example.org',
        '"carol\\{0}"@example.org',
        "Carol{0}Bcc: x <carol@example.org>",
        "carol@example.org{0}",
        "carol@exa{0}mple.org",
        "(comment{0}RCPT TO:<evil@example.org>) carol@example.org",
    ],
)
def test_by_a_recipient(installation, smarthost, recipient, line_break):
    host = smarthost()
    installation.configure_relay(host)
    assert_one_transaction_at_most(host, installation.send(recipient.format(line_break), stdin=MESSAGE))


@with_each_break
@pytest.mark.parametrize("option", ["-f", "-F", "-B", "-L", "-O"])
def test_by_an_option(installation, smarthost, option, line_break):
    """As root, whose -f is obeyed."""
    host = smarthost()
    installation.configure_relay(host)
    value = f"alice@example.net{line_break}X-Evil: x{line_break}RCPT TO:<{EVIL}>"
    result = installation.send(option, value, "carol@example.org", stdin=b"\nhello\n", user="root")
    assert_one_transaction_at_most(host, result)


@pytest.mark.parametrize(
    "value", ["a@b.example> SIZE=1", "a@b.example SMTPUTF8", "<a@b.example> RET=HDRS", "a> X@b.example"]
)
def test_a_reverse_path_brings_no_parameter(installation, smarthost, value):
    host = smarthost()
    installation.configure_relay(host)
    result = installation.send("-f", value, "carol@example.org", stdin=MESSAGE, user="root")
    assert_one_transaction_at_most(host, result)
    assert all(set(message.parameters) <= {"SIZE"} for message in host.messages)


@pytest.mark.parametrize("line_break", ["\r", "\x85", "\u2028", "\x0b", "\x0c"])
def test_by_the_full_name_in_the_password_file(installation, smarthost, line_break):
    host = smarthost()
    installation.configure_relay(host)
    etc = {"passwd": passwd_with(installation, f"Alice{line_break}X-Evil{line_break}Bcc {EVIL}")}
    result = installation.send("carol@example.org", stdin=b"\nhello\n", etc=etc)
    assert_one_transaction_at_most(host, result)
    assert b"Alice X-Evil" in host.message.header


@with_each_break
@pytest.mark.parametrize("field", ["To", "From", "Subject", "Message-ID", "X-Mine"])
def test_by_a_header_field(installation, smarthost, field, line_break):
    host = smarthost()
    installation.configure_relay(host)
    value = f'"Carol{line_break} RCPT TO:<{EVIL}>" <carol@example.org>'
    message = f"{field}: {value}\n\nhello\n".encode("utf-8", "surrogateescape")
    assert_one_transaction_at_most(host, installation.send("carol@example.org", stdin=message))


@pytest.mark.parametrize("line_break", ["\n ", "\r\n ", "\r ", "\n\t", "\x0b"])
def test_by_the_recipients_of_the_header(installation, smarthost, line_break):
    host = smarthost()
    installation.configure_relay(host)
    message = f'To: "carol{line_break}RCPT TO:<evil@example.org>" <carol@example.org>\n\nhello\n'.encode()
    assert_one_transaction_at_most(host, installation.send("-t", stdin=message))


@pytest.mark.parametrize("stop", STOPS, ids=repr)
def test_no_parser_ends_the_header_before_the_fields_that_we_add(installation, smarthost, stop):
    """Some, such as Python's email, take such a line for the body's first: the caller's `From:` would stand alone."""
    host = smarthost()
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=b"From: ceo@example.org\n" + stop + MESSAGE)
    assert result.status == 0
    assert parsed_sender(host) == f"{installation.logins['alice']}@example.net"
    assert not re.search(rb"\r\n[ \t\v\f]*\r\n", host.message.header + b"\r\n")


@in_both_ways
@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_no_body_ends_before_its_end(installation, smarthost, end, extensions):
    host = smarthost(extensions=extensions)
    installation.configure_relay(host)
    result = installation.send("-i", "carol@example.org", stdin=MESSAGE + b"first" + end + SECOND)
    assert_one_transaction_at_most(host, result)
    assert b"MAIL FROM:<evil@example.net>" in host.message.body
    assert_wire_is_canonical(host, extensions)


@pytest.mark.parametrize("end", [b"\n.\n", b"\r.\r", b"\r\n.\r\n"], ids=repr)
@pytest.mark.parametrize("before", range(1, 4))
def test_no_body_ends_between_two_pieces_of_it(installation, smarthost, end, before):
    """The message is put on the wire in pieces; here one of them ends inside of what might be taken for its end."""
    host = smarthost(extensions=WITH_DATA)
    installation.configure_relay(host)
    head = b"Subject: hello\n\n"
    line = b"x" * 62 + b"\n"
    filler = (line * (CHUNK_OCTETS // len(line) + 1))[: CHUNK_OCTETS - before]
    result = installation.send("-i", "carol@example.org", stdin=head + filler + end + SECOND)
    assert_one_transaction_at_most(host, result)
    assert_wire_is_canonical(host, WITH_DATA)


def test_control_without_clean_syntax_the_sender_is_text(weakened, smarthost):
    installation = weakened(WITHOUT_CLEAN_SYNTAX)
    host = smarthost()
    installation.configure_relay(host)
    installation.send("carol@example.org", stdin=b"From: ceo@example.org\nX : y\n" + MESSAGE)
    assert parsed_sender(host) is None


def test_control_without_doubled_dots_a_second_message_is_smuggled(weakened, smarthost):
    installation = weakened(WITHOUT_DOTS_DOUBLED)
    host = smarthost(extensions=WITH_DATA, expect_violations=True)
    installation.configure_relay(host)
    installation.send("-i", "carol@example.org", stdin=MESSAGE + b"first\n.\n" + SECOND)
    host.settle()
    assert host.violations or len(host.messages) > 1


def test_control_without_clean_names_a_header_field_is_smuggled(weakened, smarthost):
    """Two defences are out: names are cleaned, and a field of ours with a control character is a defect."""
    installation = weakened(WITHOUT_CLEAN_NAMES)
    host = smarthost(expect_violations=True)
    installation.configure_relay(host)
    etc = {"passwd": passwd_with(installation, "Alice\rX-Evil")}
    installation.send("carol@example.org", stdin=b"\nhello\n", etc=etc)
    host.settle()
    assert any(field.startswith(b"X-Evil") for field in unfolded(bytes(host.session.content)))


def parsed_sender(host):
    """Return the sender that Python's email finds in the header, without the display name."""
    sender = email.message_from_bytes(host.message.octets)["Sender"]
    return None if sender is None else parseaddr(sender)[1]


def assert_wire_is_canonical(host, extensions):
    """Say that no CR or LF went out but in CRLF, and no end of data but one (none at all with BDAT)."""
    said = b"".join(octets for who, octets in host.session.transcript if who == "C")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", said)
    if extensions == WITH_DATA:
        assert said.count(b"\r\n.\r\n") == 1


def passwd_with(installation, full_name):
    """Return the password file with another full name for alice."""
    alice = installation.account("alice").pw_name
    lines = []
    for line in Path("/etc/passwd").read_text("utf-8", "surrogateescape").split("\n"):
        parts = line.split(":")
        if parts[0] == alice:
            parts[4] = full_name
        lines.append(":".join(parts))
    return os.linesep.join(lines)

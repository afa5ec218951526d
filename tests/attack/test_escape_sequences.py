"""I12, B3: what a smart host or a caller says can neither steer a terminal nor forge or break a line of the log."""

from __future__ import annotations

import json

import pytest

from tests.support.misbehaviour import Raw

MESSAGE = b"Subject: hello\n\nhello\n"
NASTY = {
    "title": b"\x1b]0;owned\x07",
    "clear": b"\x1b[2J\x1b[H",
    "c1": b"\x9b31m\xc2\x9b31m",
    "carriage-return": b"\rsendmail: all is well",
    "backspace": b"no\x08\x08yes",
    "bidi": "\u202egnitareverof\u202c".encode(),
    "format": b"%s%s%n%x%p",
    "nul": b"a\0b",
    "latin-1": b"\xe4\xf6\xfc",
    "fields": b'" outcome=accepted status=0 reply="250 ok',
    "backslash": b'\\" outcome=accepted status=0 \\',
}
ADDRESSES = {
    "quoted": '"a outcome=accepted status=0"@example.org',
    "equals": "a=outcome=accepted@example.org",
    "quote": '"\\" outcome=accepted \\""@example.org',
    "comma": '"a>,<b"@example.org',
    "backslash": '"a\\\\"@example.org',
    "utf-8": "\u202eevil\u202c@example.org",
}
each_nasty = pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
each_address = pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)

WITHOUT_CLEAN_REPLIES = {
    "helper/smtp/reply.py": {
        'line.translate(TO_PRINTABLE).decode("ascii")': 'bytes(octet & 0x7F for octet in line).decode("ascii")'
    },
    "helper/delivery/log.py": {"    return printable(value[:limit])\n": "    return value[:limit]\n"},
    "frontend/answers.c": {"octets[at] = '?';": "octets[at] = octets[at];"},
}
WITHOUT_QUOTES = {
    "helper/delivery/log.py": {
        "    if value and not any(character in ' \"\\\\=' for character in value):\n": "    if value:\n"
    }
}


def assert_clean(result, status):
    """Say that terminal and log hold lines of printable ASCII, one of them in the log, with the true outcome."""
    assert result.status == status
    assert all(" " <= character <= "~" for character in result.stderr.replace("\n", ""))
    assert all(" " <= character <= "~" for character in result.log_line)
    facts = facts_of(result.log_line)
    assert [value for name, value in facts if name == "status"] == [str(status)]
    outcome = [value for name, value in facts if name == "outcome"]
    assert outcome in ([["accepted"]] if status == 0 else [["refused"], ["failed"], ["in-doubt"]])
    assert len({name for name, _ in facts}) == len(facts)


def facts_of(line):
    """Read a line of the log as a program would: names and values, quoted or not."""
    facts = []
    at = 0
    while at < len(line):
        name, _, rest = line[at:].partition("=")
        if rest.startswith('"'):
            end = 1
            while rest[end] != '"':
                end += 2 if rest[end] == "\\" else 1
            value, end = rest[1:end], end + 1
        else:
            end = len(rest.split(" ", 1)[0])
            value = rest[:end]
            assert "=" not in value
        facts.append((name, value))
        assert rest[end : end + 1] in ("", " ")
        at += len(name) + 1 + end + 1
    return facts


@pytest.mark.parametrize("step", ["EHLO", "MAIL"])
@each_nasty
def test_by_a_reply(installation, smarthost, step, nasty):
    host = smarthost(at={step: Raw(b"554-5.7.1 " + nasty + b"\r\n554 5.7.1 " + nasty + b"\r\n")})
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=MESSAGE)
    assert_clean(result, 1)
    assert result.stderr.count("\n") == 1


@each_nasty
def test_by_a_reply_that_accepts(installation, smarthost, nasty):
    host = smarthost(at={"MESSAGE": Raw(b"250 2.0.0 " + nasty.replace(b"\0", b"").replace(b"\r", b"") + b"\r\n")})
    installation.configure_relay(host)
    assert_clean(installation.send("carol@example.org", stdin=MESSAGE), 0)


@each_nasty
def test_by_a_dialogue_that_is_shown(installation, smarthost, nasty):
    at = {
        "EHLO": Raw(b"250-smtp.test " + nasty + b"\r\n250 X" + nasty + b"\r\n"),
        "QUIT": Raw(b"221 " + nasty + b"\r\n"),
    }
    installation.configure_relay(smarthost(at=at))
    result = installation.send("-v", "carol@example.org", stdin=MESSAGE)
    assert all(" " <= character <= "~" for character in result.stderr.replace("\n", ""))


@each_address
def test_by_an_address(installation, smarthost, address):
    host = smarthost(refuse={"RCPT": "550 5.1.1 no such user"})
    installation.configure_relay(host)
    assert_clean(installation.send(address, stdin=MESSAGE), 1)


@each_address
def test_by_a_reverse_path(installation, smarthost, address):
    installation.configure_relay(smarthost())
    assert_clean(installation.send("-f", address, "carol@example.org", stdin=MESSAGE, user="root"), 0)


@each_nasty
def test_by_the_header(installation, smarthost, nasty):
    installation.configure_relay(smarthost())
    text = nasty.replace(b"\0", b"")
    message = b"Message-ID: <" + text + b"@x>\nFrom: " + text + b" <a@example.net>\nSubject: " + text + b"\n\nhello\n"
    assert_clean(installation.send("carol@example.org", stdin=message, user="root"), 0)


def test_by_a_command_line(installation, smarthost):
    installation.configure_relay(smarthost())
    result = installation.send("-Y\x1b]0;owned\x07", "--\x1b[2J", stdin=MESSAGE)
    assert result.status == 64
    assert all(" " <= character <= "~" for character in result.stderr.replace("\n", "") + result.log_line)


@pytest.mark.parametrize("nasty", [NASTY["title"], NASTY["format"], NASTY["fields"]], ids=["title", "format", "fields"])
def test_by_argv_0(installation, smarthost, nasty):
    """The log's name is ours; only the last part of this one is looked at, for mailq and newaliases."""
    host = smarthost(refuse={"MAIL": "550 no"})
    installation.configure_relay(host)
    name = nasty.replace(b"\0", b"").decode("utf-8", "surrogateescape")
    code = "import os, sys; os.execv(sys.argv[1], [sys.argv[2], 'carol@example.org'])"
    through = ("/usr/bin/python3", "-c", code, str(installation.sendmail), name * 100)
    assert_clean(installation.send(stdin=MESSAGE, through=through), 1)


@each_nasty
def test_the_log_in_json_is_one_object(installation, smarthost, nasty):
    host = smarthost(at={"MAIL": Raw(b"554 5.7.1 " + nasty + b"\r\n")})
    installation.configure_relay(host, {"log_format": "json"})
    line = installation.send("carol@example.org", stdin=MESSAGE).log_line
    facts = json.loads(line, object_pairs_hook=list)
    assert len({name for name, _ in facts}) == len(facts)
    assert dict(facts)["status"] == 1
    assert all(" " <= character <= "~" for _, value in facts for character in str(value))


def test_control_without_cleaning_the_escape_sequence_arrives(weakened, smarthost):
    """Three places are weakened: replies are cleaned when they are read, lines when they are logged and shown."""
    installation = weakened(WITHOUT_CLEAN_REPLIES)
    installation.configure_relay(smarthost(at={"MAIL": Raw(b"554 " + NASTY["title"] + b"\r\n")}))
    result = installation.send("carol@example.org", stdin=MESSAGE)
    assert "\x1b]0;owned\x07" in result.stderr
    assert "\x1b]0;owned\x07" in result.log_lines[0]


def test_control_without_quotes_the_log_can_be_forged(weakened, smarthost):
    installation = weakened(WITHOUT_QUOTES)
    installation.configure_relay(smarthost(at={"MAIL": Raw(b"554 x outcome=accepted\r\n")}))
    result = installation.send("carol@example.org", stdin=MESSAGE)
    assert result.log_line.count(" outcome=") == 2

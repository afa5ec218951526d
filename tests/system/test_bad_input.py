"""Bad input: one line says what is wrong with it, and no smart host is bothered."""

from __future__ import annotations

import pytest

from tests.system.outcome import (
    FIVE,
    MESSAGE,
    ONE,
    assert_not_sent,
    assert_sent,
    configure,
    facts_of,
    shown_status,
)

USAGE, DATA, NO_USER = 64, 65, 67

with_each_exit_codes = pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])


def assert_usage(result, problem: str, host) -> None:
    """The command line was not understood: 64 whatever the exit codes are, one line, in the log too."""
    assert (result.status, result.stdout) == (USAGE, "")
    assert result.stderr.startswith("sendmail: usage: ")
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1
    facts = facts_of(result.log_line)
    assert (facts["outcome"], facts["status"]) == ("failed", "64")
    assert facts["reason"] == result.stderr.removesuffix("\n")
    assert host.connections == 0


# No recipient


@with_each_exit_codes
@pytest.mark.parametrize("arguments", [(), ("-i",), ("-oi", "-oem"), ("-f", "alice@example.net"), ("--",), ("-v",)])
def test_without_recipients_the_command_line_makes_no_sense(installation, smarthost, arguments, exit_codes):
    host = smarthost()
    configure(installation, host, exit_codes)
    result = installation.send(*arguments, stdin=MESSAGE)
    assert_usage(result, "recipient", host)


@with_each_exit_codes
@pytest.mark.parametrize(
    "message",
    [
        b"Subject: to nobody\n\nText.\n",
        b"To:\nCc: \nSubject: to nobody\n\nText.\n",
        b"To: undisclosed-recipients:;\nSubject: to nobody\n\nText.\n",
        b"",
        b"\n\nText.\nTo: carol@example.org\n",
        b"X-To: carol@example.org\n\nText.\n",
    ],
    ids=["no-field", "empty-fields", "empty-group", "no-message", "in-the-body", "another-field"],
)
def test_a_message_may_name_nobody(installation, smarthost, message, exit_codes):
    host = smarthost()
    configure(installation, host, exit_codes)
    result = installation.send("-t", stdin=message)
    reason = "no recipient: neither an argument nor To:, Cc: or Bcc: of the message names one"
    assert_not_sent(result, reason, status=shown_status(DATA, exit_codes), recipients=(), hosts=[host])
    assert host.connections == 0


# Recipients that are none

NONSENSE = [
    "",
    " ",
    ",",
    "@",
    "@example.org",
    "carol@",
    "carol@@example.org",
    "carol@example..org",
    "carol@example.org>",
    "<carol@example.org",
    "Carol <carol@example.org> <dave@example.org>",
    "carol dave@example.org",
    'ca"rol@example.org',
    '"carol@example.org',
    "carol(comment@example.org",
    "carol@example.org;",
    "c" * 256 + "@example.org",
    "c@" + ("d" * 60 + ".") * 5 + "example",
    "(" * 50000,
    "<" * 50000,
    '"' + "\\" * 50001,
    "a," * 50000 + "@",
]


@with_each_exit_codes
@pytest.mark.parametrize("recipient", NONSENSE, ids=lambda recipient: repr(recipient[:30]))
def test_a_recipient_may_make_no_sense(installation, smarthost, recipient, exit_codes):
    host = smarthost()
    configure(installation, host, exit_codes)
    result = installation.send("carol@example.org", recipient, stdin=MESSAGE, time_limit_s=8)
    assert result.status == shown_status(NO_USER, exit_codes)
    assert result.reason
    assert len(result.stderr) < 10000
    facts = facts_of(result.log_line)
    assert (facts["outcome"], facts["status"]) == ("failed", str(result.status))
    assert facts["to"].startswith("<carol@example.org>")
    assert host.connections == 0


@pytest.mark.parametrize("where", ["only", "after", "before", "name"])
@pytest.mark.parametrize("control", ["\r", "\n", "\r\n", "\x1b", "\x7f", "\t", "\x01"])
def test_a_recipient_may_hold_a_control_character(installation, smarthost, control, where):
    """CR LF in an address would be a second SMTP command."""
    recipient = {
        "only": control,
        "after": f"carol@example.org{control}RCPT TO:<mallory@example.com>",
        "before": f"{control}carol@example.org",
        "name": f"Carol{control}Example <carol@example.org>",
    }[where]
    host = smarthost()
    configure(installation, host)
    result = installation.send(*ONE, recipient, stdin=MESSAGE)
    assert_usage(result, "control character", host)


@pytest.mark.parametrize("control", ["\r", "\n", "\r\n", "\x1b", "\x7f"])
@pytest.mark.parametrize("option", ["-f", "-r", "-F"])
def test_an_option_may_hold_a_control_character(installation, smarthost, option, control):
    host = smarthost()
    configure(installation, host)
    result = installation.send(option, f"alice{control}x@example.net", *ONE, stdin=MESSAGE)
    assert_usage(result, "control character", host)


@with_each_exit_codes
@pytest.mark.parametrize("field", ["To", "Cc", "Bcc"])
@pytest.mark.parametrize(
    "value",
    [b"<carol@example.org", b"carol@@example.org", b"a\0b@example.org", b"ok@example.org, <", b"(" * 40000],
    ids=lambda value: repr(value[:30]),
)
def test_a_header_field_of_recipients_may_make_no_sense(installation, smarthost, field, value, exit_codes):
    host = smarthost()
    configure(installation, host, exit_codes)
    message = field.encode() + b": " + value + b"\nSubject: x\n\nText.\n"
    result = installation.send("-t", stdin=message, time_limit_s=8)
    assert result.status == shown_status(DATA, exit_codes)
    assert_not_sent(result, result.reason, status=result.status, recipients=(), hosts=[host])
    assert host.connections == 0


def test_one_bad_recipient_of_many_stops_the_message(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    result = installation.send(*FIVE, "not an address", stdin=MESSAGE)
    assert_not_sent(result, result.reason, status=NO_USER, recipients=(*FIVE, "not an address"), hosts=[host])
    assert "not an address" in result.reason
    assert host.connections == 0


# The reverse-path


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize(
    "reverse_path",
    ["@", "a@@b", "<a@example.net", "a b@example.net", "a@example.net>", "(" * 40000],
    ids=lambda value: repr(value[:30]),
)
def test_a_reverse_path_may_make_no_sense(installation, smarthost, reverse_path, user):
    """For root it fails; whoever may not say it is not heard anyway (contract, section 8)."""
    host = smarthost()
    configure(installation, host, "simple")
    result = installation.send("-f", reverse_path, *ONE, stdin=MESSAGE, user=user, time_limit_s=8)
    if result.status == 0:
        assert user == "alice"
        assert_sent(result, host, ONE)
        return
    assert_not_sent(result, result.reason, status=1, recipients=ONE, hosts=[host])
    assert host.connections == 0


# Options that nobody understands


@with_each_exit_codes
@pytest.mark.parametrize(
    "arguments",
    [
        ("-Z",),
        ("--frobnicate",),
        ("-tZ",),
        ("-",),
        ("-bX",),
        ("-b",),
        ("-B", "9BIT"),
        ("-f",),
        ("-F",),
        ("-t", "-f"),
        ("-\x1b[31m",),
        ("-é",),
    ],
    ids=repr,
)
def test_an_unknown_option_is_a_usage_error(installation, smarthost, arguments, exit_codes):
    host = smarthost()
    configure(installation, host, exit_codes)
    result = installation.send(*ONE, *arguments, stdin=MESSAGE)
    assert_usage(result, "", host)
    assert result.stderr.isascii()
    assert "\x1b" not in result.stderr


def test_arguments_need_not_be_text(installation, smarthost):
    host = smarthost()
    configure(installation, host, "simple")
    result = installation.send(b"\xff\xfe@example.org", stdin=MESSAGE)
    assert result.status == 1
    assert result.stderr.startswith("sendmail: not sent: ")
    assert result.stderr.isascii()
    assert result.stderr.count("\n") == 1
    assert result.log_line.isascii()
    assert host.connections == 0

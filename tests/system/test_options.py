"""The command line as a whole: which words are options, which are recipients, and what the program is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.outcome import FIVE, MESSAGE, ONE, assert_sent, configure, dialogue_of, label


def test_no_ignored_option_opens_a_file(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    home = Path(installation.account("alice").pw_dir)
    before, trap = sorted(home.iterdir()), home / "trap"
    options = (f"-X{trap}", "-X", str(trap), "-O", f"AliasFile={trap}", f"-oA{trap}", f"-oQ{home}", "-d0-99.100")
    assert_sent(installation.send(*options, *ONE, stdin=MESSAGE), host, ONE)
    assert sorted(home.iterdir()) == before


def test_options_may_follow_recipients(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(*FIVE[:2], "-i", *FIVE[2:4], "-oem", FIVE[4], stdin=MESSAGE), host, FIVE)


def test_two_hyphens_end_the_options(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    recipients = ("carol@example.org", "-f@example.org", "--@example.org")
    assert_sent(installation.send("-i", "--", *recipients, stdin=MESSAGE), host, recipients)


@pytest.mark.parametrize("empty", ["", "  ", "()", ","])
def test_an_argument_without_an_address_stops_the_message(installation, smarthost, empty):
    """A script whose variable was empty has not said to whom the message goes."""
    host = smarthost()
    configure(installation, host, "simple")
    result = installation.send(*ONE, empty, stdin=MESSAGE)
    shown = empty.strip() or '""'
    assert (result.status, result.reason) == (1, f"{shown}: is not a recipient: it contains no address")
    assert host.connections == 0


def test_commas_may_stand_alone_in_a_list(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(",user1@example.org,,user2@example.org,", stdin=MESSAGE), host, FIVE[:2])


def test_names_need_not_be_utf_8(installation, smarthost):
    """What is none is taken for Latin-1, which programs without a locale write."""
    host = smarthost()
    configure(installation, host)
    arguments = (b"-FJ\xfcrgen", b"J\xfcrgen <carol@example.org>")
    assert_sent(installation.send(*arguments, stdin=b"Subject: x\n\nText.\n"), host, ONE)
    login = installation.logins["alice"]
    assert f"From: =?utf-8?q?J=C3=BCrgen?= <{login}@example.net>".encode() in host.message.header.split(b"\r\n")


def test_an_argument_may_be_a_list_of_addresses(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    arguments = ("user1@example.org, User Two <user2@example.org>", "(a comment) user3@example.org")
    arguments += ("Group: user4@example.org, user5@example.org;",)
    result = installation.send(*arguments, stdin=MESSAGE)
    host.settle()
    assert result.status == 0
    assert host.message.addresses == [recipient.encode() for recipient in FIVE]


def test_a_local_part_may_be_longer_than_most(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    recipient = f"reply+{'x' * 200}@example.org"
    assert_sent(installation.send(recipient, stdin=MESSAGE), host, [recipient])


@pytest.mark.parametrize("how", ["argument", "header"])
def test_an_address_may_stand_where_its_display_name_should(installation, smarthost, how):
    host = smarthost()
    configure(installation, host)
    named = f"{ONE[0]} <{ONE[0]}>"
    words, header = ((named,), b"") if how == "argument" else (("-t",), f"To: {named}\n".encode())
    assert_sent(installation.send(*words, stdin=header + b"Subject: x\n\nText.\n"), host, ONE)


def test_duplicate_recipients_get_one_copy(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    result = installation.send(*ONE, "carol@EXAMPLE.ORG", "-t", *ONE, stdin=MESSAGE)
    host.settle()
    assert result.status == 0
    assert host.message.addresses == [b"carol@example.org"]


def test_recipients_of_arguments_and_header_are_united(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    message = b"To: carol@example.org\nCc: user1@example.org\nBcc: user2@example.org\n\nText.\n"
    assert_sent(installation.send("-t", FIVE[2], stdin=message), host, (FIVE[2], *ONE, *FIVE[:2]))
    assert b"user2" not in host.message.header


def test_arguments_may_be_taken_away_from_the_header(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, {"extract_addresses_remove_arguments": True})
    message = b"To: carol@example.org, user1@example.org\n\nText.\n"
    assert_sent(installation.send("-t", "user1@example.org", stdin=message), host, ONE)


@pytest.mark.parametrize("user", ["alice", "root"])
def test_the_last_of_two_reverse_paths_counts(installation, smarthost, user):
    host = smarthost()
    installation.configure_relay(host, {"untrusted_set_sender": ["*"]})
    arguments = ("-f", "first@example.net", "-r", "second@example.net")
    assert_sent(installation.send(*arguments, *ONE, stdin=MESSAGE, user=user), host, ONE)
    assert host.message.reverse_path == b"second@example.net"


# What sends nothing


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize("arguments", [("-bp",), ("-bp", "-v"), ("-v", "-bp")])
def test_the_queue_is_always_empty(installation, smarthost, arguments, user):
    host = smarthost()
    configure(installation, host)
    result = installation.send(*arguments, user=user)
    assert (result.status, result.stdout, result.stderr) == (0, "Mail queue is empty\n", "")
    assert (host.connections, result.log_lines) == (0, [])


def test_mailq_shows_the_queue(installation, smarthost):
    configure(installation, smarthost())
    result = installation.send(program=installation.prefix / "bin/mailq")
    assert (result.status, result.stdout, result.stderr) == (0, "Mail queue is empty\n", "")


@pytest.mark.parametrize("option", ["-bm", "-bv"])
def test_an_option_counts_more_than_the_name(installation, smarthost, option):
    host = smarthost()
    configure(installation, host)
    result = installation.send(option, *ONE, stdin=MESSAGE, program=installation.prefix / "bin/mailq")
    host.settle()
    assert (result.status, len(host.messages)) == (0, option == "-bm")


@pytest.mark.parametrize("name", ["lib/sendmail", "sbin/sendmail"])
def test_every_name_of_sendmail_sends(installation, smarthost, name):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=MESSAGE, program=installation.prefix / name), host, ONE)


# A program may say anything for its own name: cron and shells put a hyphen before it, others have a path or nothing.
NAMES = ["send-mail", "/nowhere/send-mail", "-sendmail", "", "sendmail.postfix", "mailq/", b"\xff\x1b[31m", "x" * 5000]
CALLED = ("/bin/bash", "-c", 'exec -a "$0" "$@"')  # by the name that follows


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name[:20]))
def test_any_other_name_sends_too(installation, smarthost, name):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=MESSAGE, through=(*CALLED, name)), host, ONE)


@pytest.mark.parametrize(("name", "status"), [("mailq", 0), ("/x/y/mailq", 0), ("newaliases", 0), ("sendmail", 64)])
def test_a_name_alone_is_a_whole_command_line(installation, smarthost, name, status):
    configure(installation, smarthost())
    result = installation.send(stdin=MESSAGE, through=(*CALLED, name))
    assert (result.status, result.stderr.startswith("sendmail: usage: ")) == (status, status == 64)


@pytest.mark.parametrize("option", ["-bp", "--help", "-bV"])
def test_what_cannot_be_told_is_a_failure(installation, option):
    result = installation.run_as("alice", "/bin/sh", "-c", f'"$0" {option} >/dev/full', str(installation.sendmail))
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == "sendmail: standard output cannot be written: No space left on device\n"


def test_help_is_short_and_goes_to_standard_output(installation, smarthost):
    configure(installation, smarthost())
    result = installation.send("--help")
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.startswith("usage: sendmail ")
    assert all(option in result.stdout for option in ("-t", "-i", "-f", "-bp"))
    assert len(result.stdout.splitlines()) < 50


@pytest.mark.parametrize("option", ["-bV", "--version", "-d0.1"])
def test_the_version_is_told(installation, smarthost, option):
    configure(installation, smarthost())
    result = installation.send(option)
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.startswith("Gatepost ")
    assert "Python 3" in result.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("-bV",), ("-bp",), ("-q",)])
def test_what_sends_nothing_works_without_a_configuration(installation, arguments):
    installation.configuration.unlink()
    assert installation.send(*arguments).status == 0


# -v


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_the_dialogue_is_shown_without_credentials(installation, smarthost, mechanism, user):
    host = smarthost(tls="starttls", auth={"ws1": "correct horse battery"}, mechanisms=[mechanism])
    configure(installation, host)
    result = installation.send("-v", *ONE, stdin=MESSAGE, user=user)
    assert (result.status, result.stdout) == (0, "")
    lines = dialogue_of(result)
    assert len(lines) == len(result.stderr.splitlines())
    assert f"-- connected to {host.address}[{host.address}]:{host.port}" in lines
    assert any(line.startswith("-- TLSv1.3 TLS_") and "localhost" in line for line in lines)
    assert "<< 220 smtp.test ESMTP" in lines
    assert ">> RCPT TO:<carol@example.org>" in lines
    assert any(line.startswith(f">> AUTH {mechanism}") for line in lines)
    assert ">> QUIT" in lines
    assert any("***" in line for line in lines)
    for shown in ("correct", "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5", "d3MxAGNvcnJl", "AHdzMQ"):
        assert shown not in result.stderr


def test_a_failure_is_the_last_line_of_the_dialogue(installation, smarthost):
    host = smarthost(refuse={"RCPT": "550 5.1.1 \x1b[31mno"})
    configure(installation, host)
    result = installation.send("-v", *ONE, stdin=MESSAGE)
    reason = f"{label(host)}: RCPT TO:<carol@example.org> was refused: 550 5.1.1 ?[31mno"
    assert result.stderr.splitlines()[-1] == f"sendmail: not sent: {reason}"
    assert "<< 550 5.1.1 ?[31mno" in dialogue_of(result)


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full", "2>&1 | true"], ids=["closed", "full", "gone"])
def test_who_does_not_listen_to_standard_error_sends_all_the_same(installation, smarthost, stderr):
    host = smarthost()
    configure(installation, host)
    script = f'"$0" -v carol@example.org {stderr}'
    installation.run_as("alice", "/bin/sh", "-c", script, str(installation.sendmail), stdin=MESSAGE)
    host.settle()
    assert host.message.addresses == [b"carol@example.org"]

"""`gatepost send-test`: a message through the installed sendmail, its dialogue, and one line about its fate."""

from __future__ import annotations

import json
import subprocess

import pytest

from helper.version import VERSION
from tests.support.misbehaviour import AcceptThen, Close
from tests.support.smarthost import refusing_port


def gatepost(installation, *arguments, **options):
    command = [installation.prefix / "bin/gatepost", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)


@pytest.fixture
def host(installation, smarthost):
    host = smarthost(tls="starttls", auth={"ws1": "canary-secret"})
    installation.configure_relay(host)
    return host


def test_a_message_arrives_with_its_dialogue_shown(installation, host):
    done = gatepost(installation, "send-test", "bob@x.example")
    assert (done.returncode, done.stdout) == (0, "sent: the smart host accepted the message for bob@x.example\n")
    assert ">> RCPT TO:<bob@x.example>" in done.stderr
    assert "canary-secret" not in done.stderr
    host.settle()
    assert host.message.addresses == [b"bob@x.example"]
    assert b"root@example.net" in host.message.header
    assert b"Auto-Submitted: auto-generated" in host.message.header
    assert b"asked for it with" in host.message.body


def test_a_message_is_sent_by_the_user_who_is_named(installation, host):
    alice = installation.logins["alice"]
    assert gatepost(installation, "send-test", "bob@x.example", "--as", alice).returncode == 0
    assert f"caller={alice} " in installation.log.read_text()
    host.settle()
    assert host.message.reverse_path == f"{alice}@example.net".encode()


def test_a_user_sends_as_nobody_else(installation, host):
    alice = installation.account("alice")
    as_alice = {"user": alice.pw_uid, "group": alice.pw_gid, "extra_groups": []}
    assert gatepost(installation, "send-test", "bob@x.example", **as_alice).returncode == 0
    done = gatepost(installation, "send-test", "bob@x.example", "--as", "root", **as_alice)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == "gatepost: usage: only root can send as somebody else: sudo gatepost send-test\n"
    host.settle()
    assert [message.reverse_path for message in host.messages] == [f"{alice.pw_name}@example.net".encode()]


@pytest.mark.parametrize(("exit_codes", "status"), [("simple", 1), ("sysexits", 67)], ids=["simple", "sysexits"])
def test_a_refusal_is_the_line_and_the_status_of_sendmail(installation, smarthost, exit_codes, status):
    refusing = smarthost(refuse={"RCPT": "550 5.1.1 no such user"})
    installation.configure_relay(refusing, {"exit_codes": exit_codes})
    done = gatepost(installation, "send-test", "bob@x.example")
    told = f"127.0.0.1:{refusing.port}: RCPT TO:<bob@x.example> was refused: 550 5.1.1 no such user"
    assert (done.returncode, done.stdout) == (status, f"not sent: {told}\n")
    assert "<< 550 5.1.1 no such user" in done.stderr
    assert "sendmail: not sent" not in done.stderr


def test_a_dead_smart_host_is_told(installation, host):
    with refusing_port() as port:
        text = installation.configuration.read_text().replace(f":{host.port}", f":{port}")
        installation.configuration.write_text(text)
        done = gatepost(installation, "send-test", "bob@x.example")
    assert (done.returncode, done.stdout) == (1, f"not sent: 127.0.0.1:{port}: connecting: connection refused\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bob@x.example\nBcc: eve@x.example"], "the address contains a control character"),
        (["bob@x.example", "--as", "nobody-there"], "there is no user nobody-there"),
        (["bob@x.example", "--as", ""], "there is no user "),
        ([], "the following arguments are required: ADDRESS"),
        (["a@x.example", "b@x.example"], "unrecognized arguments: b@x.example"),
    ],
)
def test_what_cannot_be_understood_sends_nothing(installation, host, arguments, told):
    done = gatepost(installation, "send-test", *arguments)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == f"gatepost: usage: {told}\n"
    host.settle()
    assert host.connections == 0


def test_an_address_is_never_an_option(installation, host):
    done = gatepost(installation, "send-test", "--", "-bv@x.example")
    assert done.returncode == 0, done
    host.settle()
    assert host.message.addresses == [b"-bv@x.example"]


def test_a_sendmail_that_is_not_there_is_told(installation, host):
    away = installation.sendmail.rename(installation.sendmail.with_suffix(".away"))
    try:
        done = gatepost(installation, "send-test", "bob@x.example")
    finally:
        away.rename(installation.sendmail)
    assert (done.returncode, done.stderr) == (1, "")
    told = "cannot be run: No such file or directory: gatepost check"
    assert done.stdout == f"not sent: {installation.sendmail} {told}\n"


def test_the_connection_that_was_lost_at_the_end_leaves_it_in_doubt(installation, smarthost):
    installation.configure_relay(smarthost(at={"MESSAGE": AcceptThen(Close())}))
    done = gatepost(installation, "send-test", "bob@x.example")
    assert done.returncode == 1
    assert done.stdout.startswith("may have been sent: ")


def test_all_of_it_is_told_as_one_json_object(installation, host):
    alice = installation.logins["alice"]
    done = gatepost(installation, "send-test", "bob@x.example", "--as", alice, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    dialogue = told.pop("dialogue")
    text = "sent: the smart host accepted the message for bob@x.example"
    facts = {"version": VERSION, "status": 0, "user": alice, "address": "bob@x.example", "outcome": "accepted"}
    assert told == facts | {"text": text}
    assert any(line.endswith(">> RCPT TO:<bob@x.example>") for line in dialogue)
    assert "canary-secret" not in done.stdout
    host.settle()
    assert host.message.reverse_path == f"{alice}@example.net".encode()


@pytest.mark.parametrize(
    ("script", "outcome", "text"),
    [
        ({"refuse": {"RCPT": "550 5.1.1 no"}}, "failed", "not sent: "),
        ({"at": {"MESSAGE": AcceptThen(Close())}}, "in-doubt", "may have been sent: "),
    ],
)
def test_a_failure_is_told_as_json_too(installation, smarthost, script, outcome, text):
    installation.configure_relay(smarthost(**script))
    done = gatepost(installation, "send-test", "bob@x.example", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr, told["status"], told["outcome"]) == (1, "", 1, outcome)
    assert told["text"].startswith(text)


def test_output_that_cannot_be_written_is_told_in_one_line(installation, host):
    with open("/dev/full", "w") as full:
        command = [installation.prefix / "bin/gatepost", "send-test", "bob@x.example", "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, "gatepost: standard output: No space left on device\n")

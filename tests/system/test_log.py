"""The log: one line for each message, that nobody but us has written."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.misbehaviour import AcceptThen, Close
from tests.system.outcome import FIVE, MESSAGE, ONE, bracketed, configure, facts_of

NAMES = ["message-id", "caller", "uid", "from", "to", "host", "tls", "auth", "size", "outcome", "reply", "status"]


def test_a_line_tells_all_there_is_to_know(installation, smarthost):
    host = smarthost(tls="starttls", auth={"ws1": "correct horse battery"})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=b"Message-ID: <one@example.net>\n" + MESSAGE)
    host.settle()
    facts = facts_of(result.log_line)
    account = installation.account("alice")
    assert list(facts) == [*NAMES, "seconds"]
    assert facts["message-id"] == "<one@example.net>"
    assert (facts["caller"], facts["uid"]) == (account.pw_name, str(account.pw_uid))
    assert facts["from"] == f"<{account.pw_name}@example.net>"
    assert facts["to"] == bracketed(FIVE)
    assert facts["host"] == f"127.0.0.1[127.0.0.1]:{host.port}"
    assert (facts["tls"], facts["auth"]) == ("TLSv1.3", "PLAIN")
    assert facts["size"] == str(len(host.message.octets))
    assert (facts["outcome"], facts["reply"], facts["status"]) == ("accepted", "250 2.0.0 taken", "0")
    assert 0 < float(facts["seconds"]) < 10


@pytest.mark.parametrize(
    ("script", "outcome", "status"),
    [
        ({}, "accepted", 0),
        ({"refuse": {"RCPT": "550 5.1.1 no"}}, "refused", 67),
        ({"at": {"EHLO": Close()}}, "failed", 75),
        ({"at": {"MESSAGE": AcceptThen(Close())}}, "in-doubt", 75),
    ],
    ids=["accepted", "refused", "failed", "in-doubt"],
)
def test_json_says_the_same(installation, smarthost, script, outcome, status):
    host = smarthost(**script)
    installation.configure_relay(host, {"log_format": "json", "exit_codes": "sysexits"})
    result = installation.send(*FIVE, stdin=MESSAGE)
    line = json.loads(result.log_line)
    assert (line["outcome"], line["status"], line["to"]) == (outcome, status, bracketed(FIVE))
    assert line["uid"] == installation.account("alice").pw_uid
    assert isinstance(line["seconds"], float)
    assert result.status == status
    assert line.get("reason", "") == result.stderr.removesuffix("\n")


EVIL = [
    'one" outcome=accepted status=0 x="',
    'one\\" outcome=accepted x=\\',
    "one outcome=accepted",
    "=",
    "\\",
    "one\x1b[2J",
    "é ü",
]


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("evil", EVIL)
def test_a_caller_cannot_forge_a_fact(installation, smarthost, evil, log_format):
    host = smarthost(refuse={"RCPT": "550 5.1.1 no"})
    installation.configure_relay(host, {"log_format": log_format})
    message = f"Message-ID: <{evil}>\nSubject: x\n\n".encode() + MESSAGE
    quoted = '"' + evil.replace("\\", "\\\\").replace('"', '\\"').replace("\x1b", "") + '"@example.org'
    result = installation.send("-f", quoted, quoted, *ONE, stdin=message)
    assert result.status == 1
    line = result.log_line
    assert line.isascii()
    assert line.isprintable()
    facts = facts_of(line) if log_format == "text" else json.loads(line)
    assert (facts["outcome"], int(facts["status"])) in (("refused", 1), ("failed", 1))
    assert facts["caller"] == installation.logins["alice"]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_smart_host_cannot_forge_a_line(installation, smarthost, log_format):
    text = '550-5.1.1 no" outcome=accepted status=0\r\n550 5.1.1 \x1b]0;x\x07 \xff\u2028 \\" x'
    host = smarthost(refuse={"RCPT": text})
    installation.configure_relay(host, {"log_format": log_format})
    result = installation.send(*ONE, stdin=MESSAGE)
    line = result.log_line
    assert line.isascii()
    assert line.isprintable()
    facts = facts_of(line) if log_format == "text" else json.loads(line)
    assert (facts["outcome"], int(facts["status"])) == ("refused", 1)
    assert facts["reason"] == result.stderr.removesuffix("\n")


# In a mount namespace of the send alone: /dev is covered by a copy of its few devices and the log's socket.
PRIVATE_DEV = """
set -e
mkdir -p "$1/dev"
mount -t tmpfs -o mode=0755 tmpfs "$1/dev"
for device in null zero full random urandom tty; do
    touch "$1/dev/$device"
    mount --bind "/dev/$device" "$1/dev/$device"
done
touch "$1/dev/log"
mount --bind "$1/log" "$1/dev/log"
mount --rbind "$1/dev" /dev
shift
exec "$@"
"""


class SystemLog:
    """What reaches /dev/log of the sends that are run inside of it."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.path = folder / "log"
        self.outer = ("/usr/bin/unshare", "--mount", "/bin/sh", "-c", PRIVATE_DEV, "sh", folder)
        self._listener = listener
        self._fillings = 0

    def entry(self) -> tuple[int, str, str]:
        """Return priority, name with process id, and text of the only entry."""
        octets = self._listener.recv(65536)
        with pytest.raises(BlockingIOError):
            self._listener.recv(1)
        match = re.fullmatch(
            r"<(\d+)>(?:\w{3} [ \d]\d \d\d:\d\d:\d\d )([^ ]+): (.*)", octets.rstrip(b"\0\n").decode("ascii")
        )
        assert match, octets
        return int(match[1]), match[2], match[3]

    def empty(self) -> None:
        """Read what has filled it."""
        for _ in range(self._fillings):
            self._listener.recv(65536)

    def fill(self) -> None:
        """Send to it until its queue is full."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.setblocking(False)
            filler.connect(str(self.path))
            with contextlib.suppress(BlockingIOError):
                while filler.send(b"full"):
                    self._fillings += 1


@pytest.fixture
def system_log(tmp_path: Path) -> Iterator[SystemLog]:
    """Stand in for the machine's own log."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "log"))
        (tmp_path / "log").chmod(0o666)
        listener.setblocking(False)
        yield SystemLog(tmp_path, listener)


MAIL_INFO, MAIL_ERROR = 2 << 3 | 6, 2 << 3 | 3


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize(
    ("script", "priority", "outcome"),
    [({}, MAIL_INFO, "accepted"), ({"refuse": {"RCPT": "550 5.1.1 no"}}, MAIL_ERROR, "refused")],
    ids=["accepted", "refused"],
)
@pytest.mark.parametrize("log", ["syslog", None], ids=["told", "by-default"])
def test_the_system_log_has_the_line(installation, smarthost, system_log, log, script, priority, outcome, user):
    host = smarthost(**script)
    installation.configure_relay(host, {"log": log})
    result = installation.send(*FIVE, stdin=MESSAGE, user=user, outer=system_log.outer)
    seen, name, text = system_log.entry()
    assert seen == priority
    assert re.fullmatch(r"gatepost\[\d+\]", name)
    facts = facts_of(text)
    assert (facts["outcome"], facts["to"]) == (outcome, bracketed(FIVE))
    assert facts.get("reason", "") == result.stderr.removesuffix("\n")
    assert facts["caller"] == installation.account(user).pw_name


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize("text", ['qualify_domian = "example.net"\n', None], ids=["wrong", "missing"])
def test_the_system_log_tells_of_a_broken_configuration(installation, system_log, text, user):
    """No configuration says where to log, and cron, at and sudo throw away what is printed."""
    installation.configure(text or "")
    if text is None:
        installation.configuration.unlink()
    result = installation.send(*ONE, stdin=MESSAGE, user=user, outer=system_log.outer)
    priority, _, line = system_log.entry()
    facts = facts_of(line)
    assert priority == MAIL_ERROR
    assert (facts["outcome"], facts["status"], facts["to"]) == ("failed", "1", "<carol@example.org>")
    assert facts["reason"] == result.stderr.removesuffix("\n")
    assert facts["caller"] == installation.account(user).pw_name


@pytest.mark.parametrize("user", ["alice", "root"])
def test_a_system_log_that_is_full_keeps_nobody_longer_than_5_s(installation, smarthost, system_log, user):
    host = smarthost()
    installation.configure_relay(host, {"log": "syslog"})
    system_log.fill()
    began_s = time.monotonic()
    result = installation.send(*ONE, stdin=MESSAGE, user=user, outer=system_log.outer)
    assert (result.status, result.stderr, len(host.messages)) == (0, "", 1)
    assert 5 <= time.monotonic() - began_s < 10


def test_a_system_log_that_is_read_in_time_has_the_line(installation, smarthost, system_log):
    host = smarthost()
    installation.configure_relay(host, {"log": "syslog"})
    system_log.fill()
    reader = threading.Timer(1, system_log.empty)
    reader.start()
    assert installation.send(*ONE, stdin=MESSAGE, outer=system_log.outer).status == 0
    reader.join()
    assert facts_of(system_log.entry()[2])["outcome"] == "accepted"


def test_a_system_log_with_a_stream_has_the_line(installation, smarthost, tmp_path):
    host = smarthost()
    installation.configure_relay(host, {"log": "syslog"})
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "log"))
        (tmp_path / "log").chmod(0o666)
        listener.listen()
        assert installation.send(*ONE, stdin=MESSAGE, outer=SystemLog(tmp_path, listener).outer).status == 0
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as stream:
            octets = stream.read()
    assert re.match(rb"<22>\w{3} [ \d]\d [\d:]{8} gatepost\[\d+\]: message-id=", octets)
    assert octets.endswith(b"\0") and octets.count(b"\0") == 1


@pytest.mark.parametrize("size", [10, 10_000])
def test_an_entry_of_the_system_log_has_a_bounded_length(installation, smarthost, system_log, size):
    host = smarthost(refuse={"MAIL": "550 5.7.1 " + "no " * 10_000})
    installation.configure_relay(host, {"log": "syslog"})
    recipients = [f"user{number}@example.org" for number in range(size)]
    installation.send(*recipients, stdin=MESSAGE, outer=system_log.outer)
    facts = facts_of(system_log.entry()[2])
    assert facts["outcome"] in ("refused", "failed")
    assert facts["status"] == "1"


def test_a_full_log_does_not_change_the_truth(installation, smarthost):
    """What the smart host has taken is sent, whatever becomes of the line."""
    host = smarthost()
    configure(installation, host)
    installation.configure_relay(host, {"log": "/dev/full"})
    result = installation.send(*ONE, stdin=MESSAGE)
    host.settle()
    assert (result.status, len(host.messages)) in ((0, 1), (1, 0))
    assert result.status == 0 or "/dev/full" in result.reason


@pytest.mark.parametrize("user", ["alice", "root"])
def test_the_callers_environment_and_name_do_not_steer_the_log(installation, smarthost, system_log, user):
    """CVE-2023-6246: the name in the system log came from argv[0]."""
    host = smarthost()
    installation.configure_relay(host, {"log": "syslog"})
    link = Path(installation.account("alice").pw_dir) / ("x" * 200)
    link.parent.chmod(0o755)
    link.symlink_to(installation.sendmail)
    try:
        env = {"TZ": "/etc/shadow", "LOGNAME": "mallory", "USER": "mallory"}
        installation.send(*ONE, stdin=MESSAGE, user=user, program=link, env=env, outer=system_log.outer)
    finally:
        link.unlink()
    _, name, text = system_log.entry()
    assert name.startswith("gatepost[")
    assert facts_of(text)["caller"] == installation.account(user).pw_name

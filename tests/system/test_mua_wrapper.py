"""What chapter 48 of Exim's specification, "Using Exim as a non-queueing client", promises of mua_wrapper."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import accounts
from tests.support.misbehaviour import Silent
from tests.support.smarthost import deaf_port, refusing_port
from tests.system.outcome import FIVE, MESSAGE, ONE, assert_logged, assert_not_sent, assert_sent, configure, label

# Where programs that handle mail leave things, besides where everybody may.
FOLDERS = ("/var/spool", "/var/lib", "/var/log", "/run", "/home")


def files_of(installation) -> set[Path]:
    """Return what lies in the installation, and whatever the callers and our accounts own elsewhere."""
    uids = {installation.account(who).pw_uid for who in installation.logins}
    found = {Path(folder, name) for folder, _, names in os.walk(installation.root) for name in names}
    found |= set(map(Path, accounts.files_of(uids, ())))
    for top in FOLDERS:
        for folder, folders, names in os.walk(top):
            for path in (Path(folder, name) for name in (*names, *folders)):
                try:
                    if path.lstat().st_uid in uids:
                        found.add(path)
                except FileNotFoundError:  # somebody else's, gone meanwhile
                    continue
    return found


def test_success_is_for_all_recipients(installation, smarthost):
    host = smarthost()
    configure(installation, host, "simple")
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)


def test_one_refused_recipient_fails_all(installation, smarthost):
    host = smarthost(refuse={"RCPT 2": "550 5.1.1 no such user"})
    configure(installation, host, "simple")
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: RCPT TO:<user2@example.org> was refused: 550 5.1.1 no such user"
    assert_not_sent(result, reason, status=1, recipients=FIVE, outcome="refused", hosts=[host])


@pytest.mark.parametrize("reply", ["450 4.7.1 not now", "550 5.7.1 never"])
def test_a_reverse_path_refused_for_now_is_refused_for_good(installation, smarthost, reply):
    host = smarthost(refuse={"MAIL": reply})
    configure(installation, host, "simple")
    result = installation.send(*ONE, stdin=MESSAGE)
    reason = f"{label(host)}: MAIL FROM:<{installation.logins['alice']}@example.net> was refused: {reply}"
    assert_not_sent(result, reason, status=1, recipients=ONE, outcome="refused", hosts=[host])


def test_another_host_is_tried_after_a_refused_connection(installation, smarthost):
    host = smarthost()
    with refusing_port() as port:
        configure(installation, host, hosts=[f"127.0.0.1:{port}", label(host)])
        assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)


def test_another_host_is_tried_after_a_time_out(installation, smarthost):
    silent, host = smarthost(at={"GREETING": Silent()}), smarthost()
    configure(installation, host, hosts=[label(silent), label(host)])
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)


def test_all_hosts_may_be_down(installation, smarthost):
    host = smarthost()
    with refusing_port() as refusing, deaf_port() as deaf:
        hosts = [f"127.0.0.1:{refusing}", f"127.0.0.1:{deaf}"]
        configure(installation, host, "simple", hosts=hosts)
        result = installation.send(*FIVE, stdin=MESSAGE)
    assert all(f"{each}: connecting: " in result.reason for each in hosts)
    assert_not_sent(result, result.reason, status=1, recipients=FIVE, hosts=[host])


def test_an_alias_may_lead_to_an_address(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    result = installation.send("postmaster", stdin=MESSAGE, etc={"aliases": "postmaster: carol@example.org\n"})
    assert_sent(result, host, ONE)


@pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])
@pytest.mark.parametrize(
    "item",
    ["/var/mail/alice", "|/usr/bin/true", '"|/bin/sh -c true"', ":fail: left the company", ":defer: come back later"],
)
def test_an_alias_may_not_lead_to_a_local_delivery(installation, smarthost, item, exit_codes):
    host = smarthost()
    configure(installation, host, exit_codes)
    result = installation.send(
        "carol@example.org", "postmaster", stdin=MESSAGE, etc={"aliases": f"postmaster: {item}\n"}
    )
    assert result.status == (1 if exit_codes == "simple" else 75 if "defer" in item else result.status)
    assert result.status != 0
    assert "postmaster@example.net" in result.reason
    assert not item.startswith(":") or item.partition(": ")[2] in result.reason
    recipients = ("carol@example.org", "postmaster")
    assert_not_sent(result, result.reason, status=result.status, recipients=recipients, hosts=[host])
    assert host.connections == 0


def test_an_unknown_port_name_fails(installation, smarthost):
    host = smarthost()
    configure(installation, host, "simple", hosts=["127.0.0.1:no-such-port"])
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert_not_sent(result, result.reason, status=1, recipients=FIVE, hosts=[host])


@pytest.mark.parametrize("options", [("-f", "<>"), ("-f", ""), ("-f<>",), ("-r", "<>")])
@pytest.mark.parametrize("user", ["alice", "root"])
def test_the_null_reverse_path_is_for_everybody(installation, smarthost, user, options):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(*options, *ONE, stdin=MESSAGE, user=user), host, ONE)
    assert host.message.reverse_path == b""


@pytest.mark.parametrize("option", ["-bd", "-bdf", "-bD"])
@pytest.mark.parametrize("more", [(), ("-q30m",)])
def test_there_is_no_daemon(installation, smarthost, option, more):
    configure(installation, smarthost(), "simple")
    result = installation.send(option, *more)
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == "sendmail: not sent: Daemon cannot be run\n"
    assert_logged(result, status=1, recipients=(), outcome="failed")


@pytest.mark.parametrize("option", ["-odq", "-odb", "-odf", "-odi", "-odqs", "-oem", "-oep", "-oMrbsmtp", "-om", "-oo"])
def test_queueing_options_are_ignored(installation, smarthost, option):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(option, *ONE, stdin=MESSAGE), host, ONE)


@pytest.mark.parametrize("option", ["-odq", "-odb", "-oem"])
def test_queueing_options_do_not_hide_a_failure(installation, smarthost, option):
    host = smarthost(refuse={"RCPT": "450 4.2.1 later"})
    configure(installation, host, "simple")
    assert installation.send(option, *ONE, stdin=MESSAGE).status == 1


@pytest.mark.parametrize("option", ["-q", "-qff", "-q30m", "-qR"])
def test_there_is_no_queue_to_run(installation, smarthost, option):
    host = smarthost()
    configure(installation, host)
    result = installation.send(option)
    assert (result.status, result.stdout, result.stderr) == (0, "", "")
    assert host.connections == 0


@pytest.mark.parametrize("user", ["alice", "root"])
def test_nothing_is_left_on_disk(installation, smarthost, user):
    host = smarthost(tls="starttls", auth={"ws1": "correct horse"}, refuse={"RCPT:lost@example.org": "550 no"})
    configure(installation, host)
    installation.send(*ONE, stdin=MESSAGE, user=user)  # what the harness itself makes is there now
    before = files_of(installation)
    assert installation.send(*ONE, stdin=MESSAGE, user=user).status == 0
    assert installation.send("lost@example.org", stdin=MESSAGE, user=user).status != 0
    assert files_of(installation) == before


def test_there_is_no_bounce(installation, smarthost):
    host = smarthost(refuse={"RCPT:lost@example.org": "550 5.1.1 lost"})
    configure(installation, host)
    assert installation.send("-f", "alice@example.net", "lost@example.org", stdin=MESSAGE).status != 0
    host.settle()
    assert host.connections == 1
    assert host.messages == []

"""`-C`: a configuration of the caller's choice, without privilege (contract, sections 5 and 10)."""

from __future__ import annotations

import os

import pytest

from tests.support.installation import write
from tests.support.personal import PASSWORD, Personal
from tests.system.outcome import assert_not_sent, assert_sent

MESSAGE = b"Subject: hello\n\nhello\n"
ONE = ("carol@example.org",)
NO_NEW_PRIVS = ("/usr/bin/setpriv", "--no-new-privs")


def is_refused(personal, host, reason, result, recipients=ONE):
    """Say that one line tells why, and that nobody was sent to."""
    assert_not_sent(result, reason, status=1, recipients=recipients, hosts=[host])
    assert host.connections == 0


def test_c_sends_by_the_configuration_that_it_names(personal, own_host):
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE)
    assert_sent(result, own_host, ONE)
    assert own_host.session.identity == "alice"
    assert f"caller={personal.account.pw_name} uid={personal.account.pw_uid} " in result.log_line


@pytest.mark.parametrize(
    "options", [["-C{0}"], ["-tiC", "{0}"], ["-C", "/nowhere", "-C", "{0}"], ["-C", "/{0}"], ["-v", "-C", "{0}"]]
)
def test_c_is_given_as_options_are(personal, own_host, options):
    words = [word.format(personal.configuration) for word in options]
    result = personal.send(*ONE, *words, stdin=b"To: carol@example.org\n\nhello\n")
    assert result.status == 0
    assert own_host.message.addresses == [b"carol@example.org"]


def test_a_relative_name_is_the_callers(personal, own_host):
    result = personal.send("-C", "../gatepost.toml", *ONE, stdin=MESSAGE, cwd=personal.secrets)
    assert_sent(result, own_host, ONE)


@pytest.mark.parametrize("mode", [0o6755, 0o2755, 0o755], ids=["6755", "2755", "755"])
@pytest.mark.parametrize("through", [(), NO_NEW_PRIVS], ids=["", "no-new-privs"])
def test_c_works_whatever_the_launcher_can_do(personal, own_host, mode, through):
    personal.installation.mode(mode)
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE, through=through)
    assert_sent(result, own_host, ONE)


def test_the_configuration_of_the_installation_plays_no_part_and_its_log_has_no_line(personal, own_host):
    """Personal.send() looks at that log."""
    personal.installation.configure("this is no configuration", {"relay.password": "secret"})
    assert_sent(personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE), own_host, ONE)


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["-bv", "carol@example.org"], 0, "carol@example.org"),
        (["-bt", "carol@example.org"], 0, "transport relay"),
        (["-bp"], 0, "Mail queue is empty"),
        (["-bV"], 0, "Gatepost"),
    ],
)
def test_the_other_modes_work_as_ever(personal, own_host, options, status, told):
    result = personal.send("-C", str(personal.configuration), *options)
    assert result.status == status
    assert told in result.stdout
    assert own_host.connections == 0


def test_smtp_can_be_spoken_too(personal, own_host):
    lines = ("EHLO x", "MAIL FROM:<>", "RCPT TO:<carol@example.org>", "DATA", "", "hello", ".", "QUIT", "")
    result = personal.send("-bs", "-C", str(personal.configuration), stdin="\r\n".join(lines).encode())
    assert (result.status, result.stderr, own_host.message.addresses) == (0, "", [b"carol@example.org"])


def test_aliases_and_rewriting_are_the_configurations(personal, smarthost):
    host = smarthost()
    aliases = personal.folder / "aliases"
    more = (
        f'\n[[routers]]\nname = "mine"\ndriver = "redirect"\nfile = "{aliases}"\n'
        '\n[[routers]]\nname = "smarthost"\ndriver = "accept"\ntransport = "relay"\n'
        '\n[rewrite]\n"*@example.net" = "alice@home.example"\n'
    )
    personal.configure(host, more=more)
    personal.write(aliases, "friends: carol@example.org, dora@example.org\n")
    result = personal.send("-C", str(personal.configuration), "friends", stdin=MESSAGE)
    assert_sent(result, host, ["carol@example.org", "dora@example.org"])
    assert host.message.reverse_path == b"alice@home.example"


def test_a_program_for_the_password_runs_as_the_caller(personal, smarthost):
    host = smarthost(tls="starttls", auth={"alice": PASSWORD})
    program, mark = personal.folder / "password", personal.folder / "mark"
    auth = {"user": "alice", "password_command": [str(program), str(mark)]}
    personal.configure(host, auth=auth)
    personal.write(program, f'#!/bin/sh\nid -u > "$1"\necho {PASSWORD}\n', 0o700)
    assert_sent(personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE), host, ONE)
    assert mark.read_text() == f"{personal.account.pw_uid}\n"


def test_it_may_stand_in_a_folder_like_tmp(personal, smarthost):
    host = smarthost(tls="starttls", auth={"alice": PASSWORD})
    shared = personal.installation.root / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    inside = Personal(personal.installation, folder=str(shared / "alice"))
    inside.configure(host)
    result = inside.send("-C", str(inside.configuration), *ONE, stdin=MESSAGE)
    shared.chmod(0o777)
    refused = inside.send("-C", str(inside.configuration), *ONE, stdin=MESSAGE)
    assert_sent(result, host, ONE)
    assert refused.reason == f"{shared}: can be written by others: chmod go-w"


def test_a_configuration_that_is_wrong_is_told_with_its_place(personal, smarthost):
    host = smarthost()
    personal.configure(host, more="\n[transports.other]\nhosts = 5\n")
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE)
    assert result.status == 1
    assert result.reason.startswith(f"{personal.configuration}, line ")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file or directory"),
        (lambda path: path.chmod(0), "cannot be read: Permission denied"),
        (lambda path: path.chmod(0o620), "can be written by others: chmod go-w"),
        (lambda path: path.chmod(0o602), "can be written by others: chmod go-w"),
        (lambda path: os.truncate(path, 1 << 30), "is larger than 65536 octets"),
        (lambda path: (path.unlink(), os.mkfifo(path, 0o666)), "is not a regular file"),
        (lambda path: (path.unlink(), path.mkdir(mode=0o755)), "is not a regular file"),
    ],
    ids=["missing", "unreadable", "group-writable", "writable", "huge", "fifo", "folder"],
)
def test_a_configuration_that_is_not_fit_is_refused(personal, own_host, make, told):
    make(personal.configuration)
    if personal.configuration.exists():
        mode = personal.configuration.stat().st_mode & 0o777
        os.chown(personal.configuration, personal.account.pw_uid, personal.account.pw_gid)
        personal.configuration.chmod(mode)
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE)
    assert (result.status, result.reason) == (1, f"{personal.configuration}: {told}")
    assert own_host.connections == 0


@pytest.mark.parametrize("folder", ["folder", "home"])
def test_a_folder_in_which_others_could_exchange_it_is_refused(personal, own_host, folder):
    path = getattr(personal, folder)
    path.chmod(0o777)
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE)
    path.chmod(0o700)
    assert (result.status, result.reason) == (1, f"{path}: can be written by others: chmod go-w")
    assert own_host.connections == 0


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        (0o604, "can be read by others: chmod go-rwx"),
        (0o640, "can be read by others: chmod go-rwx"),
        (0o620, "can be written by others: chmod go-w"),
        (0o000, "cannot be read: Permission denied"),
    ],
)
def test_a_secret_that_others_can_read_or_write_is_refused(personal, own_host, mode, told):
    secret = personal.secrets / "relay.password"
    secret.chmod(mode)
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE)
    is_refused(personal, own_host, f"{secret}: {told}", result)


def test_a_secret_of_roots_may_be_read_by_way_of_its_group(personal, own_host):
    write(personal.secrets / "relay.password", PASSWORD, 0, personal.account.pw_gid, 0o640)
    assert_sent(personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE), own_host, ONE)


def test_a_log_is_never_created(personal, own_host):
    personal.log.unlink()
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE)
    assert result.status == 1
    assert result.reason == (
        f"{personal.log}: cannot be opened as the log (No such file or directory): "
        f"create it, writable only by {personal.account.pw_name}"
    )
    assert not personal.log.exists()


# By root


def test_c_by_root_reads_with_the_rights_of_the_stand_in(personal, smarthost):
    host = smarthost(tls="starttls", auth={"root": PASSWORD})
    standin = personal.installation.account("null")
    folder = personal.installation.root / "roots"
    folder.mkdir()
    of_root = Personal(personal.installation, folder=str(folder), who="root")
    of_root.configure(host)
    for file in (of_root.configuration, of_root.secrets / "relay.password"):
        os.chown(file, 0, standin.pw_gid)
        file.chmod(0o640)
    of_root.secrets.chmod(0o755)
    os.chown(of_root.log, standin.pw_uid, -1)
    result = of_root.send("-C", str(of_root.configuration), *ONE, stdin=MESSAGE)
    assert_sent(result, host, ONE)
    assert "caller=root uid=0 " in result.log_line


def test_c_by_root_of_a_file_that_root_alone_can_read_is_refused(personal, own_host):
    write(personal.configuration, personal.configuration.read_text(), 0, 0, 0o600)
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE, user="root")
    assert (result.status, result.reason) == (1, f"{personal.configuration}: cannot be read: Permission denied")
    assert own_host.connections == 0

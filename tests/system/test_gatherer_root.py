"""The C program run by root: it gives root up, or, where it cannot, all that the name would give."""

from __future__ import annotations

import os
import socket
import struct

import pytest

from tests.support.gatherer import (
    CALLER,
    MESSAGE,
    NOT_HERE,
    SERVICE,
    STANDIN,
    UNPRIVILEGED,
    frame,
    give,
    message_question,
    status,
)
from tests.support.process import children_of, status_of, wait_for

NOBODY = 65534
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def without(*names):
    """Return the command that becomes the program without these capabilities."""
    words = ",".join(f"-{name}" for name in names)
    return [b"setpriv", b"--bounding-set", words.encode(), b"--inh-caps", words.encode()]


def start(program, *arguments, through=(), **options):
    """Start it as root."""
    if not through:
        return program.start(*arguments, user=0, **options)
    argv = [*through, bytes(program.program), *map(os.fsencode, arguments)]
    return program.start(user=0, argv=argv, executable="/usr/bin/setpriv", **options)


def ids(pid):
    """Return all uids, gids and groups of a process."""
    found = status_of(pid)
    return [{int(word) for word in found[name].split()} for name in ("Uid", "Gid", "Groups")]


def running_below(send):
    """Return the processes that it has started and that have not ended."""
    return [pid for pid in children_of(send.process.pid) if status_of(pid).get("State", "Z")[0] != "Z"]


def connector_of(send):
    """Return the one process that is left when the helper is started."""
    wait_for(lambda: len(running_below(send)) == 1, "the end of what has started the helper")
    return running_below(send)[0]


def peer_of(connection):
    """Return the uid that the kernel noted for who has connected."""
    return struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]


def test_it_is_the_stand_in_while_it_serves_and_nobody_is_left_behind(program):
    with start(program) as send:
        helper = send.helper()
        assert helper.arguments == [str(program.python), "-I", "-S", "-B", "/helper"]
        helper.hello()
        helper.say(message_question())
        wait_for(lambda: ids(send.process.pid) == [{STANDIN}, {STANDIN}, set()], "the stand-in")
        assert {int(status_of(send.process.pid)[name], 16) for name in CAPABILITIES} == {0}
        wait_for(lambda: running_below(send) == [], "the end of what has started the helper")
        give(send, MESSAGE)
        assert helper.taken_message() == MESSAGE
        helper.end(status(0))
        assert send.end().status == 0


def test_a_helper_without_privilege_has_the_stand_ins_rights_and_no_variable_of_roots(program):
    with start(program, env={"HOME": "/root", "XDG_CONFIG_HOME": "/root/x"}) as send:
        send.helper().end(frame(b"p"))
        other = send.helper()
        assert other.arguments[1:] == UNPRIVILEGED
        assert other.environment == ["PATH=/usr/bin:/bin"]
        other.hello()
        other.end(status(0))
        send.end()


def test_root_takes_the_socket_as_root(program):
    """The stand-in is sent away there: the one process that can connect in root's name has nothing else of root's."""
    with program.listening(), start(program, "-t") as send:
        helper = send.helper()
        helper.hello()
        wait_for(lambda: ids(send.process.pid) == [{STANDIN}, {STANDIN}, set()], "the stand-in")
        connector = connector_of(send)
        wait_for(lambda: {int(status_of(connector)[name], 16) for name in CAPABILITIES} == {0}, "no capability")
        assert len(os.listdir(f"/proc/{connector}/fd")) == 1
        assert status_of(connector)["NoNewPrivs"] == "1"
        helper.end(frame(b"c", NOT_HERE))
        behind = send.behind_socket()
        assert peer_of(behind.socket) == 0
        hello = behind.hello()
        assert (hello.arguments, len(hello.descriptors)) == ([b"sendmail", b"-t"], 1)
        os.close(hello.descriptors[0])
        behind.end(status(0))
        assert send.end().status == 0


@pytest.mark.parametrize("killed", [True, False])
def test_that_process_ends_with_it(program, killed):
    with program.listening(), start(program) as send:
        helper = send.helper()
        helper.hello()
        connector = connector_of(send)
        if killed:
            send.process.kill()
        else:
            helper.end(status(0))
        send.end()
        wait_for(lambda: status_of(connector).get("State", "Z")[0] == "Z", "its end")


def test_a_socket_at_which_nobody_listens_is_told_to_it(program):
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(program.socket_path))
    try:
        with start(program) as send:
            send.helper().end(frame(b"c", NOT_HERE))
            other = send.helper()
            words = f"{NOT_HERE.decode()}, and {program.socket_path} cannot be connected to: Connection refused"
            assert other.arguments[1:] == [*UNPRIVILEGED, words]
            other.end(status(1))
            send.end()
    finally:
        program.socket_path.unlink()


@pytest.mark.parametrize(
    "missing", [("setuid",), ("setgid",), ("setuid", "setgid"), ("setuid", "setpcap")], ids="-".join
)
def test_root_that_cannot_become_anybody_takes_the_socket(program, missing):
    with program.listening(), start(program, through=without(*missing)) as send:
        behind = send.behind_socket()
        behind.hello()
        assert peer_of(behind.socket) == 0
        assert status_of(send.process.pid)["NoNewPrivs"] == "1"
        assert {int(status_of(send.process.pid)[name], 16) for name in ("CapPrm", "CapEff", "CapAmb")} == {0}
        behind.end(status(0))
        assert send.end().status == 0


@pytest.mark.parametrize("missing", ["setuid", "setgid"])
def test_where_that_is_closed_the_sentence_names_what_is_missing(program, missing):
    with start(program, "--help", through=without(missing)) as send:
        other = send.helper()
        words = f"sendmail: not sent: cannot drop root: this process has no CAP_{missing.upper()}"
        assert other.arguments[1:] == [*UNPRIVILEGED, words]
        assert other.hello().arguments[1:] == [b"--help"]
        other.end(status(0))
        assert send.end().status == 0


@pytest.mark.parametrize(
    ("passwd", "told"),
    [
        ("", "the service user mailuser is not in /etc/passwd"),
        ("mailuser:x:0:0::/:/\nmailnull:x:5:5::/:/\n", "the service user mailuser is not in /etc/passwd, or is root"),
        ("mailuser:x:5:5::/:/\n", "the stand-in user mailnull is not in /etc/passwd"),
        ("mailuser:x:5:5::/:/\nmailnull:x:5:5::/:/\n", "or is root or the service user"),
        ("mailuser:x:5:5::/:/\nmailnull:x:0:0::/:/\n", "the stand-in user mailnull is not in /etc/passwd, or is root"),
    ],
)
def test_without_the_accounts_root_is_nobody_and_the_rest_is_answered(program, passwd, told):
    kept = (program.folder / "passwd").read_text()
    program.accounts(passwd)
    try:
        with start(program) as send:
            other = send.helper()
            assert told in other.arguments[-1]
            other.say(message_question())
            assert ids(send.process.pid) == [{NOBODY}, {NOBODY}, set()]
            other.end()
            give(send, MESSAGE)
            result = send.end()
            assert (result.status, told in result.stderr.decode()) == (1, True)
    finally:
        program.accounts(kept)


def test_rights_that_a_set_id_program_lends_are_given_up(program):
    """Real, effective and saved ids are all the caller's, whatever they were."""

    def lend():
        os.setresgid(CALLER, SERVICE, SERVICE)
        os.setresuid(CALLER, SERVICE, SERVICE)

    with program.start(user=0, preexec_fn=lend) as send:
        helper = send.helper()
        assert helper.arguments == [str(program.launcher)]
        helper.hello()
        assert ids(send.process.pid)[:2] == [{CALLER}, {CALLER}]
        helper.end(status(0))
        assert send.end().status == 0


def test_root_that_runs_a_set_id_program_of_another_is_root(program):
    with program.start(user=0, preexec_fn=lambda: os.setresuid(0, SERVICE, SERVICE)) as send:
        helper = send.helper()
        assert helper.arguments[1:] == ["-I", "-S", "-B", "/helper"]
        helper.hello()
        wait_for(lambda: ids(send.process.pid)[0] == {STANDIN}, "the stand-in")
        helper.end(status(0))
        assert send.end().status == 0

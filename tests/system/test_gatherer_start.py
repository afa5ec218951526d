"""How the C program starts helpers: with what, and what becomes of a start that fails."""

from __future__ import annotations

import os
import resource

import pytest

from tests.support.gatherer import MESSAGE, UNPRIVILEGED, drained, frame, give, status

VARIABLES = ["HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"]


def test_the_launcher_is_given_nothing(program):
    with program.start("-t", env=dict.fromkeys([*VARIABLES, "LD_PRELOAD", "PYTHONPATH", "PATH"], "/x")) as send:
        helper = send.helper()
        assert helper.arguments == [str(program.launcher)]
        assert helper.environment == []
        helper.end(frame(b"p"))
        other = send.helper()
        assert other.arguments == [str(program.python), *UNPRIVILEGED]
        assert sorted(other.environment) == sorted(["PATH=/usr/bin:/bin", *(f"{name}=/x" for name in VARIABLES)])
        assert other.directory == "/tmp"
        other.end(status(0))
        send.end()


@pytest.mark.parametrize("env", [{}, {"HOMER": "/x", "XDG_CONFIG_HOMES": "/y"}, {"HOME": ""}], ids=str)
def test_a_variable_is_given_as_it_is_or_not_at_all(program, env):
    with program.start(env=env) as send:
        send.helper().end(frame(b"p"))
        other = send.helper()
        assert other.environment == ["PATH=/usr/bin:/bin", *(["HOME="] if "HOME" in env else [])]
        other.end(status(0))
        send.end()


@pytest.mark.parametrize("closed", [(), (0,), (1,), (2,), (0, 1), (0, 1, 2)], ids=str)
def test_closed_standard_descriptors_do_no_harm(program, closed):
    with program.start(preexec_fn=lambda: [os.close(number) for number in closed]) as send:
        helper = send.helper()
        helper.hello()
        if 0 not in closed:
            give(send, MESSAGE)
        assert helper.message() == (b"" if 0 in closed else MESSAGE)
        helper.end(frame(b"e", b"line"), status(3))
        result = send.end()
        assert (result.status, result.stdout, result.stderr) == (3, b"", b"" if 2 in closed else b"line\n")


def test_descriptors_that_were_left_open_are_the_callers_own_affair(program):
    """A lock can hang on one until the program ends, and a terminal be hung up by its end."""
    reader, writer = os.pipe()
    with program.start(pass_fds=[writer]) as send:
        os.close(writer)
        helper = send.helper()
        helper.hello()
        os.set_blocking(reader, False)
        with pytest.raises(BlockingIOError):
            os.read(reader, 1)
        helper.end(status(0))
        assert send.end().status == 0
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_where_no_process_can_be_started_that_is_said(program):
    def limit():
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))

    with program.start(user=54322, preexec_fn=limit) as send:
        result = send.end()
        assert (result.status, result.stderr.count(b"\n")) == (1, 1)
        assert b"process" in result.stderr


@pytest.mark.parametrize("files", [3, 4])
def test_a_hard_limit_of_open_files_that_is_too_low_is_said(shipped_program, files):
    with shipped_program.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) as send:
        send.process.stdin.close()
        send.process.stdin = None
        result = send.end()
        reason = b"a resource limit of the caller is too low (open files, address space, data or stack)"
        assert (result.status, result.stderr) == (1, b"sendmail: not sent: " + reason + b"\n")


def test_a_launcher_that_is_missing_is_said_and_the_rest_is_answered(program):
    kept = program.launcher.with_name("kept")
    program.launcher.rename(kept)
    try:
        with program.start("--help") as send:
            other = send.helper()
            words = f"sendmail: not sent: {program.launcher} cannot be executed: sudo gatepost check"
            assert other.arguments[1:] == [*UNPRIVILEGED, words]
            assert other.hello().arguments == [b"sendmail", b"--help"]
            other.end(frame(b"o", b"usage\n"), status(0))
            assert send.end().stdout == b"usage\n"
    finally:
        kept.rename(program.launcher)


def test_where_nothing_can_be_started_the_sentence_is_shown(program):
    kept = [(path, path.with_name(f"{path.name}.kept")) for path in (program.launcher, program.python)]
    for path, elsewhere in kept:
        path.rename(elsewhere)
    try:
        with program.start() as send:
            assert drained(send)
            result = send.end()
            words = f"sendmail: not sent: {program.launcher} cannot be executed: sudo gatepost check\n"
            assert (result.status, result.stderr) == (1, words.encode())
    finally:
        for path, elsewhere in kept:
            elsewhere.rename(path)


def test_a_sentence_of_any_length_is_kept_whole_or_cut(program):
    for length in (8192, 65535):
        with program.start() as send:
            send.helper().end(frame(b"c", b"x" * length))
            other = send.helper()
            assert other.arguments[-1] == "x" * length
            other.end()
            assert send.end().stderr == b"x" * length + b"\n"

"""The gatherer that pip installs, in Python: files, pipes and terminals over the same wire, with the test as helper."""

from __future__ import annotations

import os
import shutil
import signal
import time

import pytest

from tests.support.gatherer import (
    CLOSED,
    ENDED,
    IN_DOUBT,
    MESSAGE,
    NOT_HERE,
    ROOT,
    drained,
    frame,
    give,
    message_question,
    status,
)

# In the place of the helper: hands its channel to the test.
HELPER = "import os, sys\nos.execve({relay!r}, sys.argv, os.environ)\n"
# A distribution of somebody else's, which the interpreter finds first.
FOREIGN = 'raise SystemExit("this is another helper")\n'


@pytest.fixture(scope="module")
def package(shipped_program):
    """What pip would put into site-packages, below a directory beside the C program."""
    site = shipped_program.folder / "site"
    shutil.copytree(ROOT / "packaging/pip", site / "gatepost", ignore=shutil.ignore_patterns("__pycache__"))
    script = site / "gatepost/helper/personal/__main__.py"
    script.parent.mkdir(parents=True)
    script.write_text(HELPER.format(relay=str(shipped_program.launcher)))
    (site / "helper").mkdir()
    (site / "helper/__init__.py").write_text(FOREIGN)
    return site


@pytest.fixture
def start(shipped_program, package):
    """Start it as `python3 -m gatepost.sendmail`."""

    def started(*arguments, **options):
        command = [b"/usr/bin/python3", b"-m", b"gatepost.sendmail", *arguments]
        place = {"executable": "/usr/bin/python3", "cwd": package, "argv": command}
        return shipped_program.start(**(place | options))

    return started


def test_it_tells_the_helper_what_it_was_called_with(start, package):
    env = {"HOME": "/x", "XDG_CONFIG_HOME": "/y", "SECRET": "z", "PYTHONPATH": "/elsewhere:here"}
    with start("-t", b"\xff a", "", env=env) as send:
        helper = send.helper()
        hello = helper.hello()
        assert hello.arguments[1:] == [b"-t", b"\xff a", b""]
        assert hello.arguments[0].endswith(b"/gatepost/sendmail.py")
        assert (hello.kind, hello.descriptors) == (b"o", [])
        assert helper.arguments == [f"{package}/gatepost/helper/personal/__main__.py"]
        given = dict(variable.split("=", 1) for variable in helper.environment)
        modules = given.pop("GATEPOST_MODULES").split(":")
        assert given.pop("LC_CTYPE", "C.UTF-8") == "C.UTF-8"  # an interpreter's own (PEP 538)
        assert given == {"PATH": "/usr/bin:/bin", "HOME": "/x", "XDG_CONFIG_HOME": "/y"}
        assert modules[0] == "/elsewhere"
        assert str(package) not in modules
        assert all(folder.startswith("/") for folder in modules)
        helper.end(status(3))
        assert send.end().status == 3


@pytest.mark.parametrize("limit", [0, 10, len(MESSAGE) - 1, len(MESSAGE)])
@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_a_message_comes_from_a_pipe_or_a_file(start, tmp_path, kind, limit):
    (tmp_path / "message").write_bytes(b"before" + MESSAGE)
    with (tmp_path / "message").open("rb", buffering=0) as file:
        file.seek(6)
        with start(**({"stdin": file} if kind == "file" else {})) as send:
            helper = send.helper()
            helper.hello()
            if kind == "pipe":
                give(send, MESSAGE)
            assert helper.message(limit, dot_ends=True) == (MESSAGE[: limit + 1] if limit else MESSAGE)
            helper.end(frame(b"d"), frame(b"e", b"a line\x1b"), frame(b"o", b"text\r\n"), status(0))
            result = send.end()
    assert (result.status, result.stdout, result.stderr) == (0, b"text\r\n", b"a line?\n")


@pytest.mark.parametrize(
    ("typed", "message"),
    [([b"a\n", b".\n"], b"a\n"), ([b".\n"], b""), ([b"a\n.\nb\n"], b"a\n"), ([b".a\n", b"..\n", b"\x04"], b".a\n..\n")],
)
def test_a_message_is_typed(start, typed, message):
    controller, terminal = os.openpty()
    with start(stdin=terminal) as send:
        os.close(terminal)
        helper = send.helper()
        assert helper.hello().kind == b"t"
        helper.say(message_question(0, True))
        for part in typed:
            os.write(controller, part)
            time.sleep(0.02)
        assert helper.taken_message() == message
        helper.end(status(0))
        assert send.end().status == 0
    os.close(controller)


def test_a_session_is_a_dialogue_and_its_end_is_told(start):
    with start("-bs") as send:
        helper = send.helper()
        helper.hello()
        helper.say(frame(b"o", b"220 here\r\n"))
        give(send, b"QUIT\r\n")
        assert [helper.input(2), helper.input(), helper.input()] == [b"QU", b"IT\r\n", b""]
        helper.end(frame(b"d"))
        result = send.end()
    assert (result.status, result.stdout, result.stderr) == (1, b"220 here\r\n" + CLOSED, IN_DOUBT)


@pytest.mark.parametrize("target", ["/dev/full", None])
def test_output_that_cannot_be_written_is_no_success(start, target):
    options = {"stdout": os.open(target, os.O_WRONLY)} if target else {"preexec_fn": lambda: os.close(1)}
    with start("--help", **options) as send:
        helper = send.helper()
        helper.hello()
        helper.end(frame(b"o", b"help\n"), status(0))
        result = send.end()
    assert result.status == 1
    assert result.stderr.startswith(b"sendmail: standard output cannot be written: ")


@pytest.mark.parametrize(
    ("frames", "arguments"),
    [([frame(b"p")], []), ([frame(b"c", NOT_HERE)], [NOT_HERE.decode()]), ([], [ENDED.decode().strip()])],
    ids=["p", "c", "end"],
)
def test_another_helper_follows(start, frames, arguments):
    with start(*["x" * 1000] * 500) as send:
        send.helper().end(*frames)
        other = send.helper()
        assert other.arguments[1:] == arguments
        assert len(other.hello().arguments) == 501
        other.end()
        if not arguments:
            send.helper().end()
        assert drained(send)
        assert send.end().stderr == (arguments[0].encode() + b"\n" if arguments else ENDED)


@pytest.mark.parametrize(("frames", "told"), [([], ENDED), ([frame(b"d")], IN_DOUBT), ([frame(b"z")], ENDED)])
def test_nothing_is_claimed_that_is_not_known(start, frames, told):
    with start() as send:
        helper = send.helper()
        helper.hello()
        give(send, MESSAGE)
        helper.message()
        helper.end(*frames)
        result = send.end()
    assert (result.status, result.stderr) == (1, told)


def test_an_interrupt_ends_it_without_a_word(start):
    with start() as send:
        helper = send.helper()
        helper.hello()
        helper.say(message_question())
        time.sleep(0.05)
        send.process.send_signal(signal.SIGINT)
        assert (send.end().status, send.process.returncode) == (-2, -2)
        assert helper.socket.recv(1) == b""

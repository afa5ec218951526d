"""The helper of a personal send: what it has, what it has not, and when it ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.misbehaviour import Silent
from tests.support.process import command_of, files_of, status_of, wait_for

MESSAGE = b"Subject: hello\n\nhello\n"
ONE = ("carol@example.org",)


def test_everything_is_done_with_the_callers_ids_and_with_nothing_that_was_inherited(personal, start_waiting):
    inherited = os.open("/etc/passwd", os.O_RDONLY)
    helper = start_waiting(
        personal, pass_fds=[inherited], cwd=personal.home, through=("/usr/bin/python3", "-c", PREPARED)
    )
    os.close(inherited)
    status = status_of(helper)
    uid, gid = str(personal.account.pw_uid), str(personal.account.pw_gid)
    assert (status["Uid"].split(), status["Gid"].split()) == ([uid] * 4, [gid] * 4)
    assert (int(status["CapPrm"], 16), status["NoNewPrivs"]) == (0, "1")
    files = files_of(helper)
    assert ([files[number] for number in (0, 1, 2)], "/etc/passwd" in files.values()) == (["/dev/null"] * 3, False)
    assert (int(status["SigIgn"], 16) & bit(signal.SIGTERM), int(status["SigBlk"], 16)) == (0, 0)
    environment = Path(f"/proc/{helper}/environ").read_bytes()
    assert (status["NSsid"], environment) == (str(helper), b"PATH=/usr/bin:/bin\0HOME=%b\0" % bytes(personal.home))
    assert os.readlink(f"/proc/{helper}/cwd") == "/"


# What a hostile or careless caller may leave to what it executes.
PREPARED = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
os.execv(sys.argv[1], sys.argv[1:])
"""


def bit(number):
    """Return a signal's bit in the masks of /proc."""
    return 1 << number - 1


def test_a_send_whose_frontend_is_killed_is_not_delivered(personal, start_waiting):
    helper = start_waiting(personal)
    start_waiting.process.kill()
    wait_for(lambda: status_of(helper).get("State", "Z")[0] in "ZX", "the end of the helper")
    assert start_waiting.host.messages == []


@pytest.fixture
def start_waiting(smarthost):
    """Start a send that waits for the greeting of the smart host, and return its helper."""

    class Start:
        process = host = None

        def __call__(self, personal, **popen):
            self.host = smarthost(at={"GREETING": Silent()})
            personal.configure(self.host)
            options = ("-C", str(personal.configuration), *ONE)
            self.process = personal.installation.start(*options, user=personal.who, **popen)
            self.process.stdin.write(MESSAGE)
            self.process.stdin.close()
            wait_for(lambda: self.host.acted, "the connection")
            return next(pid for pid in personal.installation.processes() if is_personal_helper(pid))

    start = Start()
    yield start
    if start.process is not None:
        start.process.kill()
        start.process.wait()
        for pipe in (start.process.stdout, start.process.stderr):
            pipe.close()


def is_personal_helper(pid):
    return any(word.endswith(b"/helper/personal/__main__.py") for word in command_of(pid))

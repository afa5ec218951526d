"""What attack tests may ask for besides: a directory for everybody, and sends that stand still."""

from __future__ import annotations

import shutil

import pytest

from tests.support.misbehaviour import Silent
from tests.support.process import helper_below, wait_for

MESSAGE = b"Subject: hello\n\nhello\n"


@pytest.fixture
def playground(installation):
    """Return a folder in which everybody may do everything, outside of the homes that are closed to others."""
    folder = installation.root / "playground"
    folder.mkdir()
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start_held():
    """Start sends that stand still, as process and helper; `message` None: standard input stays open and empty."""
    processes = []

    def start(installation, message=MESSAGE, **options):
        process = installation.start("carol@example.org", **options)
        processes.append(process)
        if message is not None:
            process.stdin.write(message)
            process.stdin.close()
        return process, helper_below(process.pid)

    yield start
    for process in processes:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()


@pytest.fixture
def held(smarthost, start_held):
    """Return the helper of a send that waits for the greeting of a smart host."""

    def start(installation, user="alice", **options):
        host = smarthost(at={"GREETING": Silent()})
        installation.configure_relay(host)
        helper = start_held(installation, user=user, **options)[1]
        wait_for(lambda: host.acted, "the connection")
        return helper

    return start

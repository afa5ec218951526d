"""J1 to J3: however many sends one user lets stand still, another user's goes through at once."""

from __future__ import annotations

import time

import pytest

from tests.support.misbehaviour import Silent
from tests.support.process import wait_for

MESSAGE = b"Subject: hello\n\nhello\n"
MANY = 30
LOCKED = {
    "helper/privileged/protected_files.py": {
        "    return protected_file(owner.configuration, CONFIGURATION_LIMIT, owner=owner)\n": (
            "    import fcntl\n    fcntl.flock(os.open(paths.CONFIGURATION, os.O_RDONLY), fcntl.LOCK_EX)\n"
            "    return protected_file(owner.configuration, CONFIGURATION_LIMIT, owner=owner)\n"
        )
    }
}


@pytest.fixture
def crowd():
    """Return a function that starts many sends of alice which come no further than to the smart host."""
    processes = []

    def gather(installation, host, many, standing):
        for _ in range(many):
            process = installation.start("carol@example.org", user="alice")
            processes.append(process)
            process.stdin.write(MESSAGE)
            process.stdin.close()
        wait_for(lambda: len(host.acted) >= standing, f"{standing} sends that stand still")

    yield gather
    for process in processes:
        process.kill()
    for process in processes:
        process.wait()
        process.stdout.close()
        process.stderr.close()


def silent_for_alice(installation, smarthost):
    """Configure for a smart host that never answers alice, and return it."""
    alice = installation.account("alice").pw_name
    host = smarthost(at={f"MAIL:{alice}@example.net": Silent()})
    installation.configure_relay(host)
    return host


def test_a_send_of_another_user_does_not_wait(installation, smarthost, crowd):
    host = silent_for_alice(installation, smarthost)
    crowd(installation, host, MANY, MANY)
    started_s = time.monotonic()
    result = installation.send("carol@example.org", stdin=MESSAGE, user="bob")
    assert (result.status, result.stderr) == (0, "")
    assert time.monotonic() - started_s < 10
    assert len(host.messages) == 1


@pytest.mark.parametrize("user", ["bob", "root"])
def test_nor_does_it_when_they_are_stopped(installation, smarthost, crowd, user):
    """A stopped process gives nothing back that it holds: so it must hold nothing that others need."""
    host = silent_for_alice(installation, smarthost)
    crowd(installation, host, 5, 5)
    installation.run_as("alice", "/bin/kill", "-STOP", *map(str, installation.processes()))
    result = installation.send("carol@example.org", stdin=MESSAGE, user=user)
    assert (result.status, result.stderr) == (0, "")


def test_control_a_lock_that_all_sends_share_lets_the_other_user_wait(weakened, smarthost, crowd):
    installation = weakened(LOCKED)
    host = silent_for_alice(installation, smarthost)
    crowd(installation, host, 2, 1)
    with pytest.raises(AssertionError, match="did not end within"):
        installation.send("carol@example.org", stdin=MESSAGE, user="bob", time_limit_s=1)

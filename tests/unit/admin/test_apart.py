"""A process apart has nothing of the command's but its work, and is heard for so long and so much, and no more."""

from __future__ import annotations

import os
import signal
import time

import pytest

from admin.apart import ERR, LINE_LIMIT, NOT_EXECUTED, OUT, Apart, finish, program, relay
from helper.failure import SystemFault
from helper.privileged.python_prctl import PR_SET_DUMPABLE, prctl


@pytest.fixture(autouse=True)
def dumpable():
    """Leave the test process as it was: others look into /proc/self."""
    yield
    prctl(PR_SET_DUMPABLE, 1)


def lines_of(work, time_limit_s=10, **options):
    with Apart(None, work, time_limit_s, **options) as made:
        return list(made.lines())


def test_it_has_a_session_and_descriptors_of_its_own():
    kept = os.open("/", os.O_RDONLY)
    os.set_inheritable(kept, True)
    script = "import os; print(os.getsid(0) == os.getpid(), os.listdir('/proc/self/fd'), os.getcwd(), dict(os.environ))"
    with Apart(None, program("/usr/bin/python3", "-ISc", script), 10) as made:
        done = finish(made)
    os.close(kept)
    environment = {"PATH": "/usr/bin:/bin", "LC_CTYPE": "C.UTF-8"}  # the last is the interpreter's own
    assert done.stdout.decode() == f"True ['0', '1', '2', '3'] / {environment}\n"  # 3 is the listing itself
    assert (done.status, done.stderr) == (0, b"")


def test_it_ignores_and_blocks_no_signal():
    was = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    try:
        with Apart(None, program("/bin/cat", "/proc/self/status"), 10) as made:
            status = finish(made).stdout.decode()
    finally:
        signal.signal(signal.SIGUSR1, was)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR2})
    ignored, blocked = (int(status.partition(name)[2].split()[0], 16) for name in ("SigIgn:", "SigBlk:"))
    own_of_libc = 3 << 31  # 32 and 33, which posix_spawn(3) hands on ignored: make(1) starts its programs so
    assert (ignored & ~own_of_libc, blocked) == (0, 0)


def test_what_it_writes_is_printable_line_by_line():
    octets = b"one\x1b[2J\xff\ntwo\nthree"
    assert lines_of(lambda: os.write(1, octets) and os.write(2, b"\r!")) == [
        (OUT, "one?[2J\\ufffd"),
        (OUT, "two"),
        (OUT, "three"),
        (ERR, "?!"),
    ]


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (lambda: time.sleep(60), "it did not end within 0.3 s"),
        (program("/usr/bin/yes"), "it printed more than 1000 octets"),
        (lambda: os.write(1, b"x" * 70000), "it printed more than 1000 octets"),
    ],
    ids=["silent", "endless", "long"],
)
def test_who_goes_on_is_ended(work, told):
    began = time.monotonic()
    with pytest.raises(SystemFault, match=told):
        lines_of(work, 0.3, said_limit=1000)
    assert time.monotonic() - began < 10


def test_who_closes_everything_and_goes_on_is_ended_as_well():
    def work():
        os.closerange(0, 3)
        time.sleep(60)

    with Apart(None, work, 0.3) as made:
        assert list(made.lines()) == []
        with pytest.raises(SystemFault, match=r"within 0\.3 s"):
            made.wait()
    assert made.end() == -signal.SIGKILL


def test_a_line_without_an_end_is_not_collected_for_ever():
    with pytest.raises(SystemFault, match=f"a line of more than {LINE_LIMIT} octets"):
        lines_of(lambda: [os.write(1, b"x" * 60000) for _ in range(LINE_LIMIT // 60000 + 1)])


def test_what_cannot_be_executed_has_its_own_status():
    with Apart(None, program("/nowhere"), 10) as made:
        assert finish(made).status == NOT_EXECUTED


def test_relayed_work_is_printed_and_its_status_returned(capsys):
    def work():
        os.write(1, b"shown\x1b\n")
        os.write(2, b"told\n")
        return 3

    assert relay(work, 10) == 3
    assert capsys.readouterr() == ("shown?\n", "told\n")

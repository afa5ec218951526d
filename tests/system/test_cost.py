"""What a send costs, as far as it can be counted: system calls, writes to the smart host, memory.

Time is for `make bench`. These are what it is made of, and they are the same on every machine, however busy.
"""

from __future__ import annotations

import importlib.util
import re
import time

import pytest

from tests.support.misbehaviour import Delay
from tests.support.process import helper_below, status_of
from tests.system.outcome import EXTENSIONS, MESSAGE, ONE, WITH_CHUNKS, assert_sent, configure

MIB = 1 << 20
# The frontend's from its start, the helper's from the opening of its script to the end, measured with some room for
# another C library or another Python; a module that is loaded by itself costs thirty or more. They were
# 154 and 435. Of the helper's, python-prctl takes some forty, most of them to find and load it. Of the frontend's,
# prctl(2) takes 83, to drop root's bounding set capability by capability.
CALLS_LIMIT = {"frontend": 170, "helper": 465}
# As many as there are turns (test_turns.py), and for a server without PIPELINING one more: QUIT, when all is over.
WRITES = {"pipelining-chunking": 2, "pipelining-data": 3, "stepwise-chunking": 5, "stepwise-data": 6}
LARGE_OCTETS = 8 * MIB
# What a pipe holds, and what poll(2) waits for room for in a connection that is full. The frontend moves and waits; the
# helper waits, sends and looks whether the server says something.
PIECE_OCTETS, CALLS_OF_A_PIECE = 64 * 1024, 8  # on a quiet machine 3; on a busy one the pieces are smaller
READING_S = 0.5
LINE = b"0123456789" * 7 + b"\n"
MEMORY_MARGIN_KIB = 1024  # by which two sends may differ anyway


@pytest.fixture
def trace(tmp_path):
    """Where strace writes."""
    return tmp_path / "trace"


def traced(installation, host, trace, message=MESSAGE):
    """Send as root, who can trace both halves, by a compiled configuration; return the lines of each half."""
    checked = installation.run_as("root", str(installation.prefix / "bin/gatepost"), "check")
    assert checked.status == 0, checked.stdout
    outer = ("/usr/bin/strace", "-f", "-qq", "-s", "300", "-o", trace)
    assert_sent(installation.send(*ONE, stdin=message, user="root", outer=outer), host, ONE)
    lines = trace.read_text().splitlines()
    return {half: own_calls(half, lines) for half in CALLS_LIMIT}


def own_calls(half, lines):
    """Return what a half asked of the kernel, the frontend from its start, the helper from its script on."""
    begin, start = {
        "frontend": ('/sbin/sendmail", [', "execve("),
        "helper": ('/helper/__main__.py"', "openat("),
    }[half]
    # strace cuts a line in two (unfinished, resumed) where another process comes between.
    pid = next(line.split()[0] for line in lines if "execve(" in line and begin in line and " = -1" not in line)
    own = [line for line in lines if line.split()[0] == pid and " resumed>" not in line]
    opened = next(number for number, line in enumerate(own) if start in line and begin in line)
    return own[opened:]


@pytest.mark.parametrize("half", CALLS_LIMIT)
def test_a_half_asks_the_kernel_for_little(installation, smarthost, trace, half):
    host = smarthost(extensions=WITH_CHUNKS)
    configure(installation, host)
    calls = traced(installation, host, trace)[half]
    assert CALLS_LIMIT[half] // 2 < len(calls) < CALLS_LIMIT[half]


def test_the_helper_opens_its_bundle_and_no_module_of_its_own_besides(installation, smarthost, trace):
    host = smarthost(extensions=WITH_CHUNKS)
    configure(installation, host)
    calls = traced(installation, host, trace)["helper"]
    opened = [found[1] for line in calls if (found := re.search(r'openat\([^"]*"[^"]*/gatepost/([^"]+)"', line))]
    modules = {path for path in opened if path.endswith((".py", ".pyc", ".bundle"))}
    loader = {"helper/__pycache__/__init__.cpython", "helper/__pycache__/bundle.cpython"}
    expected = {"helper/__main__.py", "helper/helper.cpython"} | loader
    if importlib.util.find_spec("prctl") is None:  # what takes its place before the drop is used after it as well
        expected.add("helper/privileged/__pycache__/kernel.cpython")
    assert {re.sub(r"-\d+\..*", "", path) for path in modules} == expected


@pytest.mark.parametrize("way", WRITES)
def test_what_can_be_said_at_once_is_written_at_once(installation, smarthost, trace, way):
    host = smarthost(extensions=EXTENSIONS[way])
    configure(installation, host)
    calls = traced(installation, host, trace)["helper"]
    connected = next(line for line in calls if "connect(" in line and f"htons({host.port})" in line)
    descriptor = re.search(r"connect\((\d+),", connected)[1]
    writes = [line for line in calls if f" sendto({descriptor}, " in line]
    assert len(writes) == WRITES[way], writes


def test_a_large_message_is_moved_in_large_pieces(installation, smarthost, trace):
    host = smarthost(extensions=WITH_CHUNKS)
    configure(installation, host, data_timeout="60s", final_timeout="60s")
    calls = traced(installation, host, trace, MESSAGE + LINE * (LARGE_OCTETS // len(LINE)))
    for half, lines in calls.items():
        assert len(lines) < CALLS_LIMIT[half] + CALLS_OF_A_PIECE * (LARGE_OCTETS // PIECE_OCTETS), half


def memory_of_helper(installation, smarthost, size_octets):
    """Return the most that the helper had of its own while it sent a message, in KiB: without the message's file."""
    host = smarthost(extensions=(*WITH_CHUNKS[:3], "SIZE 0"), at={"MESSAGE": Delay(READING_S)})
    configure(installation, host, data_timeout="60s", final_timeout="60s")
    process = installation.start(*ONE)
    helper = helper_below(process.pid)
    process.stdin.write(MESSAGE + LINE * (size_octets // len(LINE)))
    process.stdin.close()
    looks = []
    while "VmHWM" in (status := status_of(helper)):
        looks.append([int(status[name].split()[0]) for name in ("RssShmem", "VmHWM")])
        time.sleep(0.005)
    assert process.wait() == 0
    in_file, most = max(looks)
    assert in_file * 1024 > size_octets, "the message was not in memory when the smart host had taken it"
    return most - in_file


def test_a_larger_message_takes_no_more_memory_than_its_file(installation, smarthost):
    smaller, larger = (memory_of_helper(installation, smarthost, size * MIB) for size in (20, 45))
    assert abs(larger - smaller) < MEMORY_MARGIN_KIB

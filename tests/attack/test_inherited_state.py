"""D1 to D11: whatever state a caller hands down, its helper runs in the same one as everybody else's."""

from __future__ import annotations

import itertools
import os
import re
import signal
from pathlib import Path

import pytest

from tests.support.forged import ForgedFrontend, memory_file
from tests.support.misbehaviour import Delay
from tests.support.process import files_of, status_of

MESSAGE = b"Subject: hello\n\nhello\n"
START = "helper/privileged/start.h"

# Each is done by a program of the caller that then becomes sendmail.
BECOME = "\nos.execv(sys.argv[1], sys.argv[1:])"
IMPORTS = "import fcntl, os, resource, signal, sys, termios\n"
STATES = {
    "descriptors": "for _ in range(500): os.set_inheritable(os.open('/etc/hostname', os.O_RDONLY), True)",
    "channel-taken": "os.dup2(os.open('/etc/hostname', os.O_RDONLY), 3)",
    "ignored-signals": "for n in set(signal.valid_signals()) - {9, 19}: signal.signal(n, signal.SIG_IGN)",
    # By number, as posix_spawn(3) does: the C library lets nobody ignore the two that it uses itself.
    "library-signals": "import ctypes; call = ctypes.CDLL(None).syscall\n"
    "number = 13 if os.uname().machine == 'x86_64' else 134\n"
    "for n in (32, 33): assert not call(number, n, (ctypes.c_ulong * 4)(1), None, ctypes.c_ulong(8))",
    "blocked-signals": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())",
    "umask-0": "os.umask(0)",
    "umask-777": "os.umask(0o777)",
    "no-core": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "all-core": "resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))",
    "few-files": "resource.setrlimit(resource.RLIMIT_NOFILE, (20, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))",
    "closed-descriptors": "os.closerange(0, 3)",
    "little-stack": "resource.setrlimit(resource.RLIMIT_STACK, (1 << 17, -1))",
    "nice": "os.nice(19)",
    "one-processor": "os.sched_setaffinity(0, {0})",
    "children": "[os._exit(0) for _ in range(5) if not os.fork()]",
    "session": "os.setsid()",
    "terminal": "m, s = os.openpty(); os.dup2(m, 99); os.setsid(); fcntl.ioctl(s, termios.TIOCSCTTY, 0)",
}
# Hard limits cannot be raised again: too low ones end in one clear line.
TOO_LOW = {
    "files": "resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))",
    "address-space": "resource.setrlimit(resource.RLIMIT_AS, (40 << 20, 40 << 20))",
    "data": "resource.setrlimit(resource.RLIMIT_DATA, (20 << 20, 20 << 20))",
    "file-size": "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
    "stack": "resource.setrlimit(resource.RLIMIT_STACK, (512 << 10, 512 << 10))",
}
AS_INHERITED = {
    START: {
        "    (void)umask(077);\n": "",
        "    reset_signals();\n": "    (void)reset_signals;\n",
        "    if (syscall(SYS_close_range, CHANNEL + 1, ~0U, 0) != 0) {\n": "    if (false) {\n",
        "    (void)setsid();": "    ",
    }
}


def through(program):
    """Return the command by which the caller makes that state and becomes sendmail."""
    return ("/usr/bin/python3", "-c", IMPORTS + program + BECOME)


def state_of(helper):
    """Return what a helper has of the state that processes hand down, without what differs from send to send."""
    status = status_of(helper)
    named = {name: status[name] for name in ("Umask", "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs", "CapBnd")}
    limits = Path(f"/proc/{helper}/limits").read_text().splitlines()[1:]
    soft = {
        line[:26].strip(): line[26:].split()[0] for line in limits if re.match("Max (core|cpu|data|stack|open)", line)
    }
    terminal = Path(f"/proc/{helper}/stat").read_text().rpartition(")")[2].split()[4]
    files = [re.sub(r"\d+", "", target) for _, target in sorted(files_of(helper).items())]
    files = files[:4] + sorted(file for file in files[4:] if "memfd:" not in file)
    return named | soft | {"terminal": terminal, "files": files, "cwd": os.readlink(f"/proc/{helper}/cwd")}


@pytest.fixture
def ordinary(installation, held):
    """The state of a helper whose caller hands nothing odd down."""
    return state_of(held(installation))


@pytest.mark.parametrize("state", STATES)
def test_the_helpers_state_is_its_own(installation, held, ordinary, state):
    assert state_of(held(installation, through=through(STATES[state]))) == ordinary


def test_an_ordinary_helper_has_what_it_needs_and_no_more(ordinary):
    files = ordinary["files"]
    assert files[:4] == ["/dev/null", "/dev/null", "/dev/null", "socket:[]"]
    assert len(files) == 6, files  # besides: the log, the smart host
    assert (ordinary["terminal"], ordinary["Max core file size"]) == ("0", "0")
    assert (ordinary["Umask"], int(ordinary["SigBlk"], 16), ordinary["cwd"]) == ("0077", 0, "/")


@pytest.mark.parametrize("closed", [each for size in range(4) for each in itertools.combinations(range(3), size)])
def test_closed_standard_descriptors_do_no_harm(installation, smarthost, closed):
    """The next file that is opened would be given their numbers, and text for the user written into it."""
    installation.configure_relay(smarthost())
    program = "".join(f"os.close({number})\n" for number in closed)
    result = installation.send("carol@example.org", stdin=MESSAGE, through=through(program))
    assert (result.status, result.stdout, result.stderr) == (0, "", "")
    assert "caller=" in result.log_line


@pytest.mark.parametrize("limit", TOO_LOW)
def test_limits_that_are_too_low_end_in_one_clear_line(installation, smarthost, limit):
    host = smarthost()
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=MESSAGE, through=through(TOO_LOW[limit]))
    assert result.status != 0
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("sendmail: not sent: ")
    assert host.messages == []


@pytest.mark.parametrize("timer", ["ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF"])
def test_a_timer_of_the_caller_does_not_end_the_helper(installation, smarthost, timer):
    """Timers outlive execve(2). The launcher is started directly: a frontend would die of its caller's timer."""
    installation.configure_relay(smarthost(at={"EHLO": Delay(0.8)}))
    timer = getattr(signal, timer)
    with ForgedFrontend(installation, prepare=lambda: signal.setitimer(timer, 0.4)) as forged:
        forged.ready()
        forged.submit(memory_file(MESSAGE))
        assert forged.end() == ([], 0)


def test_a_caller_with_as_many_processes_as_allowed_is_told(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host)
    program = "resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))"
    result = installation.send("carol@example.org", stdin=MESSAGE, through=through(program))
    assert result.status == 1
    assert "process limit" in result.reason


def test_control_without_the_resets_the_helper_is_in_the_callers_state(weakened, held):
    installation = weakened(AS_INHERITED)
    program = "\n".join(STATES[name] for name in ("descriptors", "umask-0", "blocked-signals"))
    state = state_of(held(installation, through=through(program)))
    assert len(state["files"]) > 500
    assert state["Umask"] == "0000"
    assert int(state["SigBlk"], 16)

"""D1 to D11, K7: whatever state a caller hands down, its helper runs in the same one as everybody else's."""

from __future__ import annotations

import ctypes
import itertools
import os
import re
import signal
from pathlib import Path

import pytest

from tests.support.forged import ForgedFrontend, memory_file
from tests.support.misbehaviour import Delay, Silent
from tests.support.process import files_of, status_of

MESSAGE = b"Subject: hello\n\nhello\n"
START = "helper/start.h"

# Each is done by a program of the caller that then becomes sendmail.
BECOME = "\nos.execv(sys.argv[1], sys.argv[1:])"
IMPORTS = (
    "import ctypes, fcntl, os, resource, signal, sys, termios\n"
    "libc = ctypes.CDLL(None)\n"
    "def prctl(*arguments): assert not libc.prctl(*map(ctypes.c_ulong, (*arguments, 0, 0, 0)))\n"
)
PR_SET_TIMERSLACK, PR_SET_TSC, PR_TSC_SIGSEGV, PR_SET_CHILD_SUBREAPER, PR_SET_THP_DISABLE, PR_SET_MDWE = (
    *(29, 26, 2, 36),
    *(41, 65),
)
STATES = {
    "descriptors": "for _ in range(500): os.set_inheritable(os.open('/etc/hostname', os.O_RDONLY), True)",
    "channel-taken": "os.dup2(os.open('/etc/hostname', os.O_RDONLY), 3)",
    "ignored-signals": "for n in set(signal.valid_signals()) - {9, 19}: signal.signal(n, signal.SIG_IGN)",
    # By number, as posix_spawn(3) does: the C library lets nobody ignore the two that it uses itself.
    "library-signals": "import ctypes; call = ctypes.CDLL(None).syscall\n"
    "number = 13 if os.uname().machine == 'x86_64' else 134\n"
    "for n in (32, 33): assert not call(number, n, (ctypes.c_ulong * 4)(1), None, ctypes.c_ulong(8))",
    "blocked-signals": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())",
    "pending-signal": "signal.pthread_sigmask(signal.SIG_BLOCK, [10]); os.kill(os.getpid(), 10)",
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
    # As setarch(8) does: uname(2) names another processor; another kernel, addresses that can be foreseen, and more.
    "personality": "libc.personality(0x0008)",
    "personality-flags": "libc.personality(0x0020000 | 0x0040000 | 0x0400000 | 0x4000000)",
    "timer-slack": f"prctl({PR_SET_TIMERSLACK}, 1 << 62)",
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
# What stays as it was, because it does no harm but to the caller's own send (SECURITY.md, "What a caller hands down").
HARMLESS = {
    "nice": "os.nice(19)",
    "scheduling": "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))",
    "io-priority": "assert not libc.syscall(251 if os.uname().machine == 'x86_64' else 30, 1, 0, 3 << 13)",
    "memory-policy": "libc.syscall(238 if os.uname().machine == 'x86_64' else 237, 3, None, 0)",
    "oom-score": "open('/proc/self/oom_score_adj', 'w').write('1000')",
    "coredump-filter": "open('/proc/self/coredump_filter', 'w').write('0x1ff')",
    "subreaper": f"prctl({PR_SET_CHILD_SUBREAPER}, 1)",
    "no-huge-pages": f"prctl({PR_SET_THP_DISABLE}, 1)",
    "mdwe": f"libc.prctl({PR_SET_MDWE}, 1, 0, 0, 0)",  # Linux 6.3
    "keyring": "assert libc.syscall(250 if os.uname().machine == 'x86_64' else 219, 1, None) > 0",
    "limits": "for name in ('MSGQUEUE', 'SIGPENDING', 'MEMLOCK', 'RTTIME', 'NICE', 'RTPRIO'):\n"
    "    resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (0, 0))",
}
# A filter of system calls that refuses to set what was not set before: load the number, the lower half of the argument.
LOCKED = """
import struct
number = 135 if os.uname().machine in ('x86_64', 'i686') else 92
lines = [(0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 16), (0x15, 1, 0, 0xffffffff), (0x06, 0, 0, 0x50001)]
program = b''.join(struct.pack('<HBBI', *line) for line in [*lines, (0x06, 0, 0, 0x7fff0000)])
octets = ctypes.create_string_buffer(program)
assert not libc.prctl(22, 2, struct.pack('<HxxxxxxQ', len(lines) + 1, ctypes.addressof(octets)), 0, 0)
assert libc.personality(0) == -1"""
AS_INHERITED = {
    START: {
        "    reset_attributes();\n": "    (void)reset_attributes;\n",
        "    (void)umask(077);\n": "",
        "    reset_signals();\n": "    (void)reset_signals;\n",
        "    if (syscall(SYS_close_range, CHANNEL + 1, ~0U, 0) != 0) {\n": "    if (false) {\n",
        "    (void)setsid();": "    ",
    },
    "helper/sandbox/confine.py": {
        "    for program in (OWN_PROGRAM, sys.executable):\n": (
            "    return os.uname().machine\n    for program in (OWN_PROGRAM, sys.executable):\n"
        )
    },
}


def through(program):
    """Return the command by which the caller makes that state and becomes sendmail."""
    return ("/usr/bin/python3", "-c", IMPORTS + program + BECOME)


def state_of(helper):
    """Return what a helper has of the state that processes hand down, without what differs from send to send."""
    status = status_of(helper)
    kept = ("Umask", "SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd", "NoNewPrivs", "CapBnd", "Seccomp")
    named = {name: status[name] for name in kept}
    named |= {name: Path(f"/proc/{helper}/{name}").read_text() for name in ("personality", "timerslack_ns")}
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


ATTRIBUTES = "\n".join(STATES[name] for name in ("personality-flags", "timer-slack", "umask-0", "blocked-signals"))


@pytest.mark.parametrize(("user", "mode"), [("root", 0o6755), ("alice", 0o2755)], ids=["root", "2755"])
def test_so_is_that_of_root_and_of_a_set_gid_launcher(installation, held, user, mode):
    installation.mode(mode)
    ordinary = state_of(held(installation, user=user))
    assert state_of(held(installation, user=user, through=through(ATTRIBUTES))) == ordinary
    assert (ordinary["personality"], ordinary["timerslack_ns"], ordinary["Seccomp"]) == ("00000000\n", "50000\n", "2")


def test_nothing_is_handed_down_through_the_socket(installation, smarthost, second_door):
    """systemd starts that helper, and not the caller."""
    installation.mode(0o755)
    installation.configure_relay(smarthost(at={"GREETING": Silent()}))
    door = second_door(installation)
    start = installation.start("carol@example.org", through=through(ATTRIBUTES))
    start.stdin.write(MESSAGE)
    start.stdin.close()
    state = state_of(door.helper())
    start.kill()
    start.wait()
    assert (state["personality"], state["timerslack_ns"], state["Seccomp"]) == ("00000000\n", "50000\n", "2")
    assert (int(state["SigBlk"], 16), state["Umask"]) == (0, "0022")


def test_a_service_that_may_not_set_its_personality_is_shut_in_all_the_same(installation, held):
    """LockPersonality= beside Personality=x86. Not with no_new_privs: root may have such a filter without."""
    helper = held(installation, user="root", through=through(STATES["personality"] + LOCKED))
    assert Path(f"/proc/{helper}/personality").read_text() == "00000008\n"
    assert status_of(helper)["Seccomp_filters"] == "2", "that of the service, and ours"


def test_a_time_stamp_counter_that_must_not_be_read_ends_nothing(installation, smarthost):
    """The launcher is started directly: a frontend of the caller's own may end as the caller likes."""
    installation.configure_relay(smarthost())
    prctl = ctypes.CDLL(None).prctl
    with ForgedFrontend(installation, prepare=lambda: prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0)) as forged:
        forged.ready()
        forged.submit(memory_file(MESSAGE))
        assert forged.end() == ([], 0)


@pytest.mark.parametrize("user", ["alice", "root"])
def test_what_stays_as_it_was_does_no_harm(installation, smarthost, user):
    host = smarthost()
    installation.configure_relay(host)
    result = installation.send(
        "carol@example.org", stdin=MESSAGE, user=user, through=through("\n".join(HARMLESS.values()))
    )
    assert (result.status, result.stderr, len(host.messages)) == (0, "", 1)


def test_an_ordinary_helper_has_what_it_needs_and_no_more(ordinary):
    files = ordinary["files"]
    assert files[:4] == ["/dev/null", "/dev/null", "/dev/null", "socket:[]"]
    assert any(file.endswith(".bundle") for file in files)  # of our code, from which the rest is loaded
    assert len(files) == 7, files  # besides: the log, the smart host
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
    program = "\n".join(
        STATES[name] for name in ("descriptors", "personality", "timer-slack", "umask-0", "blocked-signals")
    )
    state = state_of(held(installation, through=through(program)))
    assert (state["personality"], state["timerslack_ns"]) == ("00000008\n", f"{1 << 62}\n")
    assert state["Seccomp"] == "0", "the filter asks uname(2), and is off"
    assert len(state["files"]) > 500
    assert state["Umask"] == "0000"
    assert int(state["SigBlk"], 16)

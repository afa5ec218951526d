"""What a caller hands down to sendmail: a message is delivered, or one line says why not; never a lie, never a hang."""

from __future__ import annotations

import fcntl
import os
import pty
import termios
import time

import pytest

from tests.support.misbehaviour import Delay
from tests.support.process import wait_for
from tests.system.outcome import MESSAGE, ONE, assert_sent, configure, facts_of

# Each is done by a program of the caller that then becomes sendmail.
IMPORTS = "import ctypes, fcntl, os, resource, signal, sys, termios\n"
BECOME = "\nos.execv(sys.argv[1], sys.argv[1:])"
MEGABYTE = 1 << 20

HARMLESS = {
    "no-variables": "os.environ.clear()",
    "odd-variables": "os.environ.update(HOME='', PATH='', USER='\\x1b[31m', LOGNAME='root', TZ=':/nowhere', SHELL='/')",
    "locales": "os.environ.update(LANG='xx', LC_ALL='tr_TR.xx', LC_CTYPE='C', LANGUAGE='%n:%s', CHARSET='utf-7')",
    "large-environment": "os.environ.update({f'V{n}': 'x' * 100_000 for n in range(15)})",
    "odd-environment": "ctypes.CDLL(None).putenv(b'\\xff\\xfe=\\xff')",
    "ignored-children": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "ignored-signals": "[signal.signal(n, signal.SIG_IGN) for n in set(signal.valid_signals()) - {9, 19}]",
    "blocked-signals": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())",
    "children": "[os._exit(0) for _ in range(5) if not os.fork()]",
    "nice": "os.nice(19)",
    "umask-777": "os.umask(0o777)",
    "own-session": "os.fork() and os._exit(os.waitstatus_to_exitcode(os.wait()[1])); os.setsid()",
    "descriptors": "[os.set_inheritable(os.dup(0), True) for _ in range(200)]",
    "channel-taken": "os.dup2(os.open('/dev/zero', os.O_RDWR), 3)",
}
# Soft limits are not meant for us: below the hard ones we raise them.
SOFT = {
    "files": ("RLIMIT_NOFILE", 3),
    "file-size": ("RLIMIT_FSIZE", 0),
    "address-space": ("RLIMIT_AS", 8 * MEGABYTE),
    "data": ("RLIMIT_DATA", 4 * MEGABYTE),
    "stack": ("RLIMIT_STACK", 16384),
    "processor": ("RLIMIT_CPU", 1),
}
TOO_LOW = "a resource limit of the caller is too low (open files, address space, data or stack)"
HARD = {
    "files-3": ("RLIMIT_NOFILE", 3, TOO_LOW),
    "files-4": ("RLIMIT_NOFILE", 4, TOO_LOW),
    "files-6": ("RLIMIT_NOFILE", 6, TOO_LOW),
    "files-10": ("RLIMIT_NOFILE", 10, TOO_LOW),
    "files-15": ("RLIMIT_NOFILE", 15, TOO_LOW),
    "address-space-8M": ("RLIMIT_AS", 8 * MEGABYTE, TOO_LOW),
    "address-space-63M": ("RLIMIT_AS", 63 * MEGABYTE, TOO_LOW),
    "data-1M": ("RLIMIT_DATA", MEGABYTE, TOO_LOW),
    "data-31M": ("RLIMIT_DATA", 31 * MEGABYTE, TOO_LOW),
    "stack-64K": ("RLIMIT_STACK", 65536, TOO_LOW),
    "processes-1": ("RLIMIT_NPROC", 1, "cannot start a second process (process limit?)"),
}
ENOUGH = {
    "files": ("RLIMIT_NOFILE", 16),
    "address-space": ("RLIMIT_AS", 64 * MEGABYTE),
    "data": ("RLIMIT_DATA", 32 * MEGABYTE),
    "stack": ("RLIMIT_STACK", MEGABYTE),
    "processor": ("RLIMIT_CPU", 1),
    "locked-memory": ("RLIMIT_MEMLOCK", 0),
    "pending-signals": ("RLIMIT_SIGPENDING", 0),
}


def through(program: str) -> tuple[str, ...]:
    """Return the command by which the caller makes that state and becomes sendmail."""
    return ("/usr/bin/python3", "-c", IMPORTS + program + BECOME)


def hard(limit: str, value: int) -> str:
    """Return the program that sets a limit for good."""
    return f"resource.setrlimit(resource.{limit}, ({value}, {value}))"


@pytest.mark.parametrize("state", HARMLESS)
def test_a_harmless_state_changes_nothing(installation, smarthost, state):
    host = smarthost()
    configure(installation, host, "simple")
    assert_sent(installation.send(*ONE, stdin=MESSAGE, through=through(HARMLESS[state])), host, ONE)


def test_an_environment_as_sudo_leaves_it_will_do(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    without = ("/usr/bin/env", "-i", "TERM=dumb", "PATH=/nowhere")
    assert_sent(installation.send(*ONE, stdin=MESSAGE, user="root", through=without), host, ONE)


def test_the_working_folder_need_not_be_readable(installation, smarthost, tmp_path):
    host = smarthost()
    configure(installation, host)
    tmp_path.chmod(0)
    assert_sent(installation.send(*ONE, stdin=MESSAGE, cwd=tmp_path), host, ONE)


@pytest.mark.parametrize("limit", SOFT)
def test_a_soft_limit_is_raised(installation, smarthost, limit):
    host = smarthost()
    configure(installation, host)
    name, value = SOFT[limit]
    program = f"resource.setrlimit(resource.{name}, ({value}, resource.getrlimit(resource.{name})[1]))"
    assert_sent(installation.send(*ONE, stdin=MESSAGE, through=through(program)), host, ONE)


@pytest.mark.parametrize("limit", HARD)
def test_a_hard_limit_that_is_too_low_is_told(installation, smarthost, limit):
    host = smarthost()
    configure(installation, host)
    name, value, reason = HARD[limit]
    result = installation.send(*ONE, stdin=MESSAGE, through=through(hard(name, value)))
    assert (result.status, result.reason) == (1, reason)
    assert host.connections == 0


@pytest.mark.parametrize("limit", ENOUGH)
def test_a_hard_limit_may_be_as_low_as_this(installation, smarthost, limit):
    host = smarthost(tls="starttls", auth={"ws1": "correct horse"})
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=MESSAGE, through=through(hard(*ENOUGH[limit]))), host, ONE)


@pytest.mark.parametrize(("limit", "value"), [("RLIMIT_STACK", 4096), ("RLIMIT_AS", 4096), ("RLIMIT_DATA", 0)])
def test_where_the_kernel_can_start_no_program_no_status_says_that_all_is_well(installation, smarthost, limit, value):
    host = smarthost()
    configure(installation, host)
    assert installation.send(*ONE, stdin=MESSAGE, through=through(hard(limit, value))).status != 0
    assert host.connections == 0


# RLIMIT_FSIZE: the message, which is a file of ours in memory, and the log


def test_a_message_larger_than_the_caller_may_write_is_refused(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, {"log": "syslog"})
    result = installation.send(*ONE, stdin=MESSAGE, through=through(hard("RLIMIT_FSIZE", len(MESSAGE) - 1)))
    assert (result.status, result.reason) == (1, "the message is larger than the caller may write (ulimit -f)")
    assert host.connections == 0
    result = installation.send(*ONE, stdin=MESSAGE, through=through(hard("RLIMIT_FSIZE", len(MESSAGE))))
    assert (result.status, result.stderr) == (0, "")


@pytest.mark.parametrize("room", [0, 100, 1000])
def test_no_caller_cuts_a_line_of_the_log(installation, smarthost, room):
    """The rest of a line that the kernel cuts would be the beginning of the next one."""
    host = smarthost()
    configure(installation, host)
    assert installation.send(*ONE, stdin=MESSAGE).status == 0
    limit = installation.log.stat().st_size + room
    result = installation.send(*ONE, stdin=MESSAGE, through=through(hard("RLIMIT_FSIZE", limit)))
    assert (result.status, result.log_lines) == (1, [])
    assert result.reason == "the caller may not write files as large as the log (ulimit -f)"
    assert installation.send(*ONE, stdin=MESSAGE).status == 0
    assert [facts_of(line)["outcome"] for line in installation.log_lines()] == ["accepted"] * 2


# Terminals and jobs


def test_a_background_job_whose_terminal_lets_nobody_write_goes_on_when_it_may(installation, smarthost):
    """stty tostop: the frontend is stopped at its first line, and tells the truth once it is let go on."""
    host = smarthost(refuse={"RCPT": "550 5.1.1 no"})
    configure(installation, host, "simple")
    controller, terminal = pty.openpty()
    program = (
        "os.fork() and (os.wait(), os._exit(0)); os.setsid(); fcntl.ioctl(2, termios.TIOCSCTTY, 0)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "if job := os.fork():\n"
        "    while os.WIFSTOPPED(status := os.waitpid(job, os.WUNTRACED)[1]):\n"
        "        os.write(1, b'stopped '); os.tcsetpgrp(2, job); os.kill(job, signal.SIGCONT)\n"
        "    os.write(1, b'%d' % os.waitstatus_to_exitcode(status)); os._exit(0)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU]); os.setpgid(0, 0)\n"
        "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTTOU])\n"
    )
    try:
        attributes = termios.tcgetattr(terminal)
        attributes[3] |= termios.TOSTOP
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
        with installation.start(*ONE, stderr=terminal, through=through(program)) as process:
            os.close(terminal)
            stdout = process.communicate(MESSAGE, timeout=10)[0]
        shown = os.read(controller, 4096)
    finally:
        os.close(controller)
    assert stdout == b"stopped 1"
    assert shown.startswith(b"sendmail: not sent: ")
    assert shown.count(b"\n") == 1


def test_who_starts_it_may_end_before_it(installation, smarthost):
    """cron and mutt do; the session, and its terminal, may go too."""
    host = smarthost(at={"MAIL": Delay(0.3)})
    configure(installation, host)
    program = "os.fork() and os._exit(0); os.setsid()"
    controller, terminal = pty.openpty()
    with installation.start(*ONE, stdout=terminal, stderr=terminal, through=through(program)) as process:
        process.communicate(MESSAGE, timeout=10)
        os.close(terminal)
        os.close(controller)
    assert process.returncode == 0  # of the program that went
    wait_for(lambda: host.messages, "the message")
    wait_for(lambda: installation.log_lines(), "the log")
    assert facts_of(installation.log_lines()[0])["outcome"] == "accepted"


def test_who_reads_the_dialogue_may_stop_doing_so(installation, smarthost):
    host = smarthost(hold_s=0.02)
    configure(installation, host)
    with installation.start("-v", *ONE) as process:
        process.stdin.write(MESSAGE)
        process.stdin.close()
        process.stderr.readline()
        process.stderr.close()
        assert process.wait(10) == 0
    host.settle()
    assert len(host.messages) == 1


def test_a_full_terminal_that_does_not_block_loses_no_line(installation, smarthost):
    """Standard error may be a pipe or terminal with O_NONBLOCK, full for a moment."""
    host = smarthost(refuse={"RCPT": "550 no"})
    configure(installation, host, "simple")
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    filling = os.write(writer, b"x" * 4096)
    try:
        with installation.start(*ONE, stderr=writer) as process:
            process.stdin.write(MESSAGE)
            process.stdin.close()
            wait_for(lambda: host.sessions and host.sessions[0].ended, "the session")
            time.sleep(0.1)
            try:
                assert process.poll() is None
                assert os.read(reader, filling) == b"x" * filling
                assert process.wait(10) == 1
            finally:
                process.kill()
        line = os.read(reader, 4096)
    finally:
        os.close(reader)
        os.close(writer)
    assert line.startswith(b"sendmail: not sent: ")
    assert line.endswith(b" was refused: 550 no\n")

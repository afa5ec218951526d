"""A message that is typed: where it ends, and what an interrupt does."""

from __future__ import annotations

import os
import pty
import time
import tty

import pytest

from tests.support.process import helper_below
from tests.system.outcome import MESSAGE, ONE, assert_sent, configure

BODY = b"A line.\r\n"


def assert_arrived(host, body: bytes = BODY) -> None:
    """The smart host has the message, with this body."""
    host.settle()
    assert host.message.body == body
    assert b"Subject: hello" in host.message.header.split(b"\r\n")


def type_into_terminal(installation, *args: str, typed: bytes) -> tuple[int, str]:
    """Type into a terminal that is sendmail's standard input; return status and standard error."""
    controller, terminal = pty.openpty()
    try:
        with installation.start(*args, stdin=terminal) as process:
            os.close(terminal)
            os.write(controller, typed)
            _, stderr = process.communicate(timeout=10)
            return process.returncode, stderr.decode()
    finally:
        os.close(controller)


TYPED = b"Subject: hello\n\nA line.\n"


@pytest.mark.parametrize(
    ("options", "typed", "body"),
    [
        ((), TYPED + b".\n", BODY),
        ((), TYPED + b".\nnot sent\n\x04", BODY),
        ((), TYPED + b"\x04", BODY),
        ((), TYPED + b"..\n.x\n \x2e\n.\n", BODY + b"..\r\n.x\r\n .\r\n"),
        ((), TYPED + b"half a line\x04\x04", BODY + b"half a line\r\n"),
        (("-i",), TYPED + b".\nsent too\n\x04", BODY + b".\r\nsent too\r\n"),
        (("-oi",), TYPED + b".\nsent too\n\x04", BODY + b".\r\nsent too\r\n"),
    ],
    ids=["dot", "after-dot", "control-D", "other-dots", "half-a-line", "-i", "-oi"],
)
def test_a_lone_dot_or_control_d_ends_what_is_typed(installation, smarthost, options, typed, body):
    host = smarthost()
    configure(installation, host)
    assert type_into_terminal(installation, *options, *ONE, typed=typed) == (0, "")
    assert_arrived(host, body)


@pytest.mark.parametrize("options", [(), ("-i",)])
def test_a_lone_dot_ends_nothing_that_is_not_typed(installation, smarthost, options):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(*options, *ONE, stdin=MESSAGE + b".\nafter the dot\n"), host, ONE)
    assert_arrived(host, BODY + b".\r\nafter the dot\r\n")


def test_control_c_at_a_terminal_sends_nothing(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    controller, terminal = pty.openpty()
    try:
        through = ("/usr/bin/setsid", "--ctty", "--wait")
        with installation.start(*ONE, stdin=terminal, through=through) as process:
            os.close(terminal)
            os.write(controller, TYPED)
            time.sleep(0.5)
            os.write(controller, b"\x03")
            _, stderr = process.communicate(timeout=10)
    finally:
        os.close(controller)
    assert process.returncode != 0
    assert b"Traceback" not in stderr
    assert host.connections == 0


def test_what_is_typed_has_a_limit_too(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, {"message_size_limit": 1000})
    typed = b"Subject: hello\n\n" + b"0123456789\n" * 100
    status, stderr = type_into_terminal(installation, *ONE, typed=typed + b".\n")
    assert (status, stderr) == (1, "sendmail: not sent: the message has more than 1000 octets (message_size_limit)\n")
    assert host.connections == 0


@pytest.mark.parametrize("options", [(), ("-i",)])
def test_a_terminal_that_is_hung_up_has_not_ended_a_message(installation, smarthost, options):
    host = smarthost()
    configure(installation, host, "simple")
    controller, terminal = pty.openpty()
    with installation.start(*options, *ONE, stdin=terminal) as process:
        os.close(terminal)
        os.write(controller, TYPED)
        helper_below(process.pid)
        os.close(controller)
        stderr = process.communicate(timeout=10)[1]
    reason = b"sendmail: not sent: standard input cannot be read: Input/output error\n"
    assert (process.returncode, stderr) == (1, reason)
    assert host.connections == 0


@pytest.mark.parametrize("options", [(), ("-i",)])
def test_nor_has_one_that_was_hung_up_before(installation, smarthost, options):
    host = smarthost()
    configure(installation, host, "simple")
    controller, terminal = pty.openpty()
    os.close(controller)
    with installation.start(*options, *ONE, stdin=terminal) as process:
        os.close(terminal)
        stderr = process.communicate(timeout=10)[1]
    reason = b"sendmail: not sent: standard input cannot be read: Input/output error\n"
    assert (process.returncode, stderr) == (1, reason)
    assert host.connections == 0


def test_a_terminal_without_lines_is_read_no_further_than_the_limit(installation, smarthost):
    """In raw mode there is no end of input, and a line may be of any length."""
    host = smarthost()
    installation.configure_relay(host, {"message_size_limit": 10_000})
    controller, terminal = pty.openpty()
    tty.setraw(terminal)
    try:
        with installation.start(*ONE, stdin=terminal) as process:
            os.close(terminal)
            for _ in range(11):
                os.write(controller, b"x" * 1000)
            try:
                stderr = process.communicate(timeout=10)[1]
            finally:
                process.kill()
    finally:
        os.close(controller)
    reason = b"sendmail: not sent: the message has more than 10000 octets (message_size_limit)\n"
    assert (process.returncode, stderr) == (1, reason)
    assert host.connections == 0

"""gatepost send-test: a small message through the installed sendmail itself, and what became of it in one line."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from admin.installed import SENDMAIL
from helper.privileged import load
from helper.smtp.steps import shown
from helper.status import USAGE

# RFC 3834: no vacation message answers it.
MESSAGE = """\
To: {address}
Subject: A test message from {machine}
Auto-Submitted: auto-generated

This is a test message. On {machine}, {login} asked for it with
"gatepost send-test", {time}.

It says that mail of this machine reaches you, and wants nothing of you.
"""
VERDICT = "sendmail: "


def send_test(address: str, login: str | None) -> int:
    """Send a test message as a user, by default as who asks, and return sendmail's status; 64 where nothing was tried.

    The dialogue goes to standard error as it comes, what became of the message to standard output.
    """
    if not address.isprintable():  # it goes into the header as well
        return give_up("the address has a control character")
    try:
        who = pwd.getpwuid(os.geteuid()) if login is None else pwd.getpwnam(login)
    except KeyError:
        return give_up(f"there is no user {login or os.geteuid()}")
    if who.pw_uid != os.geteuid() and os.geteuid() != 0:
        return give_up("only root can send as somebody else: sudo gatepost send-test")
    return send(address, who)


def give_up(problem: str) -> int:
    """Say why nothing was tried."""
    print(f"gatepost: usage: {shown(os.fsencode(problem))}", file=sys.stderr)
    return USAGE


def send(address: str, who: pwd.struct_passwd) -> int:
    """Run sendmail, show its dialogue, and tell the outcome."""
    machine = load.host_name().decode("ascii", "replace")
    time = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    message = MESSAGE.format(address=address, machine=machine, login=who.pw_name, time=time)
    try:
        process = subprocess.Popen(
            [SENDMAIL, "-v", "-i", "--", address],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            **rights_of(who),
        )
    except OSError as error:
        print(f"not sent: {SENDMAIL} cannot be run: {error.strerror}: gatepost check")
        return 1
    last = relay(process, os.fsencode(message))
    status = process.wait()
    print(outcome(status, last, address))
    return status if status >= 0 else 1


def rights_of(who: pwd.struct_passwd) -> dict[str, Any]:
    """Return how to start a process with a user's ids; nothing to change where we have them."""
    if who.pw_uid == os.geteuid():
        return {}
    groups = os.getgrouplist(who.pw_name, who.pw_gid)
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": groups}


def relay(process: subprocess.Popen[bytes], message: bytes) -> str:
    """Give the message, pass on each line as it comes, and return the one that says how it ended."""
    assert process.stdin is not None
    assert process.stderr is not None
    try:
        with process.stdin:
            process.stdin.write(message)  # less than a pipe holds
    except BrokenPipeError:
        pass
    last = ""
    for octets in process.stderr:
        line = shown(octets.rstrip(b"\n"))
        if line.startswith(VERDICT):
            last = line.removeprefix(VERDICT)
        else:
            print(line, file=sys.stderr, flush=True)
    return last


def outcome(status: int, last: str, address: str) -> str:
    """Return in one line what became of the message."""
    if status == 0:
        return f"sent: the smart host has taken the message for {shown(os.fsencode(address))}"
    return last or f"not sent: sendmail ended with status {status} and said nothing: see the log"

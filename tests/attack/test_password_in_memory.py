"""E1, E2, A11: the helper has the caller's ids and a password that its caller must not see.

From the drop on it is the kernel's rule for processes that are not dumpable that keeps the caller out. Where
fs.suid_dumpable is 0, the kernel sets that by itself at the change of ids; so the control makes the process dumpable,
as an exec or a careless library would (bubblewrap, CVE-2020-5291), and the attacker reads the password.
"""

from __future__ import annotations

import json
import secrets

import pytest

from tests.support.memory import SPY, spy_on
from tests.support.misbehaviour import Silent
from tests.support.process import wait_for

CANARY = secrets.token_urlsafe(24)
DUMPABLE = {"helper/privileged/drop.py": {"    not_dumpable()\n": "    prctl(PR_SET_DUMPABLE, 1)\n"}}

# Runs as the attacker: starts sends, and tries without a pause, from the first instant to the last, to look into their
# helpers. What it can read before the set-id program is executed is its own, and known by the mark.
SPINNER = r"""
import os, subprocess, sys
seen = set()
for _ in range(10):
    send = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, env={"MARK": "mine"})
    send.stdin.write(b"\nhello\n")
    send.stdin.close()
    while send.poll() is None:
        with open(f"/proc/{send.pid}/task/{send.pid}/children") as file:
            children = file.read().split()
        for child in children:
            for name in ("environ", "maps"):
                try:
                    with open(f"/proc/{child}/{name}", "rb", buffering=0) as file:
                        octets = file.read(1 << 20)
                except OSError:
                    continue
                is_ours = b"MARK" in octets if name == "environ" else b"/sbin/sendmail" in octets
                if octets and not is_ours:
                    seen.add(name)
print(*sorted(seen))
"""

in_both_modes = pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
at_each_stage = pytest.mark.parametrize(
    ("message", "at"),
    [(None, "GREETING"), (b"\nhello\n", "GREETING"), (b"\nhello\n", "AUTH"), (b"\nhello\n", "MAIL")],
    ids=["waiting-for-the-message", "waiting-for-the-greeting", "authenticating", "authenticated"],
)


def hold(installation, smarthost, start_held, message, at, **options):
    """Return the helper of a send that stands still with the password in its memory."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY}, at={at: Silent()})
    installation.configure_relay(host)
    helper = start_held(installation, message, **options)[1]
    if message is not None:
        wait_until_held(host, at)
    return helper


def wait_until_held(host, at):
    """Wait until the smart host has stopped answering."""
    wait_for(lambda: at in host.acted, f"the smart host to stand still at {at}")


@in_both_modes
@at_each_stage
def test_the_caller_cannot_look_into_its_own_helper(installation, smarthost, start_held, message, at, mode):
    installation.mode(mode)
    helper = hold(installation, smarthost, start_held, message, at)
    assert spy_on(installation, helper, CANARY) == ([], [])


def test_nobody_else_can_either(installation, smarthost, start_held):
    helper = hold(installation, smarthost, start_held, b"\nhello\n", "GREETING")
    assert spy_on(installation, helper, CANARY, user="bob") == ([], [])


@pytest.mark.parametrize("user", ["alice", "null", "mail"])
def test_nobody_can_look_into_a_send_of_root(installation, smarthost, start_held, user):
    """Not even the stand-in user, whose ids it has, nor the service user, whose ids it had."""
    helper = hold(installation, smarthost, start_held, b"\nhello\n", "GREETING", user="root")
    assert spy_on(installation, helper, CANARY, user=user) == ([], [])


def test_all_capabilities_in_a_user_namespace_do_not_help(installation, smarthost, start_held):
    helper = hold(installation, smarthost, start_held, b"\nhello\n", "GREETING")
    command = ("/usr/bin/unshare", "--user", "--map-root-user", "/usr/bin/python3", "-c", SPY, str(helper))
    done = installation.run_as("alice", *command, stdin=CANARY.encode())
    assert json.loads(done.stdout) == [[], []]


@in_both_modes
def test_there_is_no_instant_at_which_the_caller_can_look(installation, smarthost, mode):
    installation.mode(mode)
    installation.configure_relay(smarthost())
    assert spin(installation) == ""


def test_control_the_spinner_sees_a_dumpable_helper(weakened, smarthost):
    installation = weakened(DUMPABLE)
    installation.configure_relay(smarthost())
    assert spin(installation) == "environ maps"


def spin(installation):
    """Return what the attacker could read of its own helpers."""
    command = ("/usr/bin/python3", "-c", SPINNER, str(installation.sendmail), "carol@example.org")
    done = installation.run_as("alice", *command)
    assert (done.status, len(done.log_lines)) == (0, 10), done.stderr
    return done.stdout.strip()


def test_the_password_is_not_in_memory_any_more_while_the_smart_host_decides(installation, smarthost, start_held):
    """Root looks: the object that held it was overwritten, and what it gave out was short-lived."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY}, at={"MESSAGE": Silent()})
    installation.configure_relay(host)
    helper = start_held(installation)[1]
    wait_until_held(host, "MESSAGE")
    allowed, seen = spy_on(installation, helper, CANARY, user="root")
    assert "mem" in allowed
    assert seen == []


@pytest.mark.parametrize("message", [None, b"\nhello\n"], ids=["waiting-for-the-message", "waiting-for-the-greeting"])
def test_control_a_dumpable_helper_gives_the_password_away(weakened, smarthost, start_held, message):
    installation = weakened(DUMPABLE)
    helper = hold(installation, smarthost, start_held, message, "GREETING")
    allowed, seen = spy_on(installation, helper, CANARY)
    assert {"ptrace attach", "ptrace seize", "process_vm_readv", "mem", "pidfd_getfd", "environ", "fd"} <= set(allowed)
    assert set(seen) == {"process_vm_readv", "mem"}

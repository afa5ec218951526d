"""A10: a service manager may start a caller with capabilities; its helper has none, and keeps none."""

from __future__ import annotations

import contextlib
import subprocess

import pytest

from tests.support.misbehaviour import Silent
from tests.support.process import helper_below, status_of

MANY = "+setuid,+setgid,+dac_override,+sys_ptrace,+net_raw"
ALL = ("--inh-caps", MANY, "--ambient-caps", MANY)
SETS = ("CapInh", "CapPrm", "CapEff", "CapAmb")
AS_GIVEN = {"helper/privileged/drop.py": {"    empty_capabilities()\n": ""}}


@pytest.fixture
def start_with():
    """Start sends of alice's with these options of setpriv; they end with the test."""
    with contextlib.ExitStack() as stack:

        def start(installation, *options):
            account = installation.account("alice")
            ids = ("--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups")
            pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            command = ("/usr/bin/setpriv", *ids, *options, "--", installation.sendmail, "carol@example.org")
            process = stack.enter_context(subprocess.Popen(command, cwd="/", env={}, **pipes))
            stack.callback(process.kill)
            return process

        yield start


def capabilities(pid):
    """Return the sets of a process that are not empty."""
    status = status_of(pid)
    return {name for name in SETS if int(status[name], 16)}


@pytest.mark.parametrize("options", [ALL[:2], ALL], ids=["inheritable", "ambient"])
@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_the_helper_has_none(installation, smarthost, start_with, options, mode):
    installation.mode(mode)
    installation.configure_relay(smarthost(at={"GREETING": Silent()}))
    process = start_with(installation, *options)
    helper = helper_below(process.pid)
    assert "CapInh" in capabilities(process.pid)
    assert capabilities(helper) == set()


def test_securebits_that_would_keep_them_are_refused(installation, smarthost, start_with):
    host = smarthost()
    installation.configure_relay(host)
    process = start_with(installation, *ALL, "--securebits", "+no_setuid_fixup")
    _, stderr = process.communicate(b"\nhello\n", timeout=20)
    assert (process.returncode, stderr.count(b"\n")) == (1, 1)
    assert b"securebits keep capabilities over a change of user" in stderr
    assert host.connections == 0


def test_control_a_helper_that_does_not_look_has_what_its_caller_handed_down(weakened, smarthost, start_with):
    installation = weakened(AS_GIVEN)
    installation.configure_relay(smarthost(at={"GREETING": Silent()}))
    helper = helper_below(start_with(installation, *ALL).pid)
    assert "CapInh" in capabilities(helper)

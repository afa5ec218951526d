"""E5: the caller may send its helper any signal; what it gets is no image of the helper's memory.

Whether a core was dumped is told by the kernel to the parent (WCOREDUMP), wherever core_pattern sends it.
"""

from __future__ import annotations

import os
import resource
import secrets
import signal

import pytest

from tests.support.canary import assert_no_canary
from tests.support.forged import ForgedFrontend, memory_file
from tests.support.misbehaviour import Silent
from tests.support.process import wait_for

CANARY = secrets.token_urlsafe(24)
DUMPING = [signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT, signal.SIGXCPU]
WITH_DUMPS = {
    "helper/start.h": {
        "no_core = {0, 0};": "no_core = {RLIM_INFINITY, RLIM_INFINITY};",
        '    if (chdir("/") != 0) {\n': '    if (chdir(".") != 0) {\n',
    },
    "helper/privileged/drop.py": {
        "    not_dumpable()\n": "    prctl(PR_SET_DUMPABLE, 1)\n",
        "    no_core_file()\n": "",
    },
    "helper/entry/serve.py": {"    sandbox.shut_in()\n": ""},  # in which the kernel may write no file for us either
}


def unlimited():
    """Allow core files of any size."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def crash(installation, smarthost, playground, signalled, at):
    """End a helper by a signal, and say whether the kernel dumped its core."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY}, at={at: Silent()})
    installation.configure_relay(host)
    with ForgedFrontend(installation, prepare=unlimited, cwd=playground, start_new_session=True) as forged:
        forged.ready()
        if at != "the request":
            forged.submit(memory_file(b"\nhello\n"))
            wait_for(lambda: at in host.acted, f"the smart host to stand at {at}")
        done = installation.run_as("alice", "/bin/kill", f"-{int(signalled)}", str(forged.process.pid))
        assert done.status == 0
        _, status = os.waitpid(forged.process.pid, 0)
        forged.process.returncode = -signalled
    assert os.WTERMSIG(status) == signalled
    return os.WCOREDUMP(status)


@pytest.mark.parametrize("at", ["CONNECT", "GREETING", "MAIL"])
@pytest.mark.parametrize("signalled", DUMPING)
@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_no_core_is_dumped(installation, smarthost, playground, signalled, at, mode):
    installation.mode(mode)
    assert not crash(installation, smarthost, playground, signalled, at)
    assert os.listdir(playground) == []


def test_nor_is_there_one_of_root(installation, smarthost, start_held, playground):
    """Which could stand in a folder of its own, readable for who gathers cores."""
    installation.configure_relay(smarthost(tls="starttls", auth={"ws1": CANARY}, at={"GREETING": Silent()}))
    process, helper = start_held(installation, user="root", cwd=playground, preexec_fn=unlimited)
    os.kill(helper, signal.SIGSEGV)
    assert process.wait(10) == 1
    assert_no_canary(CANARY, "nothing", playground)
    assert os.listdir(playground) == []


def test_control_with_cores_allowed_the_kernel_dumps_one(weakened, smarthost, playground):
    assert crash(weakened(WITH_DUMPS), smarthost, playground, signal.SIGSEGV, "GREETING")

"""The key of our own certificate is a secret like a password: out of reach of whoever's message it sends.

For OpenSSL it becomes a file in memory for an instant, after the drop. What keeps the caller from opening it is the
kernel's rule for processes that are not dumpable; the control makes the process dumpable.
"""

from __future__ import annotations

import os

import pytest

from tests.support.memory import spy_on
from tests.support.misbehaviour import Silent
from tests.support.process import wait_for

DUMPABLE = {"helper/privileged/drop.py": {"    not_dumpable()\n": "    prctl(PR_SET_DUMPABLE, 1)\n"}}
# The context stands still with the memory files open, before OpenSSL is given their names.
HELD_OPEN = {
    "helper/network/own_certificate.py": {
        "            context.load_cert_chain(": "            __import__('time').sleep(2)\n"
        "            context.load_cert_chain("
    }
}

# Runs as the attacker: opens whatever the helper has open, by the names that proc(5) gives.
OPENER = r"""
import os, sys
seen = 0
for number in range(64):
    try:
        with open(f"/proc/{sys.argv[1]}/fd/{number}", "rb", buffering=0) as file:
            seen += b"PRIVATE KEY" in os.pread(file.fileno(), 65536, 0)
    except OSError:
        pass
print(seen)
"""

at_each_stage = pytest.mark.parametrize("at", ["GREETING", "AUTH", "MAIL"])


def key_line(certificates) -> str:
    """Return what of the key stands in no other file."""
    return certificates.client.key.read_text().splitlines()[1]


def hold(installation, smarthost, certificates, start_held, at, **options):
    """Return the helper of a send with our certificate, which stands still at a step."""
    host = smarthost(
        tls="implicit", auth={"ws1": "x"}, mechanisms=("EXTERNAL",), client_ca=certificates.ca, at={at: Silent()}
    )
    files = {"ws1.pem": certificates.client.chain.read_text(), "ws1.key": certificates.client.key.read_text()}
    ours = {"auth": {"mechanisms": ["EXTERNAL"]}, "tls_certificate": "ws1.pem", "tls_privatekey": "ws1.key"}
    installation.configure(installation.relay_configuration(host, **ours), files)
    return host, start_held(installation, **options)[1]


@at_each_stage
@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_the_caller_cannot_see_the_key(installation, smarthost, certificates, start_held, at, mode):
    installation.mode(mode)
    host, helper = hold(installation, smarthost, certificates, start_held, at)
    wait_for(lambda: at in host.acted, f"the smart host to stand still at {at}")
    assert spy_on(installation, helper, key_line(certificates)) == ([], [])


def test_control_a_dumpable_helper_gives_the_key_away(weakened, smarthost, certificates, start_held):
    installation = weakened(DUMPABLE)
    host, helper = hold(installation, smarthost, certificates, start_held, "GREETING")
    wait_for(lambda: host.acted, "the smart host to stand still")
    assert "mem" in spy_on(installation, helper, key_line(certificates))[1]


def opened(installation, helper) -> str:
    """Return how many open files of the helper gave the attacker a key."""
    done = installation.run_as("alice", "/usr/bin/python3", "-c", OPENER, str(helper))
    return done.stdout.strip()


def test_the_memory_file_cannot_be_opened_by_the_caller(weakened, smarthost, certificates, start_held):
    installation = weakened(HELD_OPEN)
    helper = hold(installation, smarthost, certificates, start_held, "GREETING")[1]
    assert wait_for_memory_file(helper)
    assert opened(installation, helper) == "0"


def test_control_the_memory_file_of_a_dumpable_helper_can(weakened, smarthost, certificates, start_held):
    installation = weakened(DUMPABLE | HELD_OPEN)
    helper = hold(installation, smarthost, certificates, start_held, "GREETING")[1]
    assert wait_for_memory_file(helper)
    assert opened(installation, helper) == "1"


def wait_for_memory_file(helper: int) -> bool:
    """Wait until root sees two memory files without a name, a certificate and its key."""

    def names():
        try:
            return [os.readlink(f"/proc/{helper}/fd/{number}") for number in os.listdir(f"/proc/{helper}/fd")]
        except FileNotFoundError:  # one of them was closed meanwhile
            return []

    wait_for(lambda: names().count("/memfd: (deleted)") == 2, "the memory files")
    return True

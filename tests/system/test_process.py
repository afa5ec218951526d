"""What the kernel is told of a process, and says of it: python-prctl and /proc say the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = f"""
import sys
sys.path += [{str(ROOT)!r}, "/usr/lib/python3/dist-packages"]
import os, prctl, resource, signal
from helper.privileged import process
status = lambda name: next(line.split()[1] for line in open("/proc/self/status") if line.startswith(name + ":"))
"""


def run(script: str) -> list[str]:
    """Return what the lines of a script print, run by root with all capabilities."""
    command = ["/usr/bin/python3", "-I", "-S", "-B", "-c", START + script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("value", [0, 1])
def test_dumpable_is_what_was_set(value):
    script = f"prctl.set_dumpable(1 - {value}); process.set_dumpable({value})\n"
    assert run(script + "print(process.is_dumpable(), prctl.get_dumpable() == 1)") == [str(bool(value))] * 2


def test_the_signal_of_a_dead_parent_is_what_was_set():
    script = "print(process.death_signal()); process.set_death_signal(9)\n"
    assert run(script + "print(process.death_signal(), prctl.get_pdeathsig())") == ["0", "9", "9"]


def test_no_new_privs_is_set():
    script = "print(process.has_no_new_privs()); process.set_no_new_privs()\n"
    assert run(script + "print(process.has_no_new_privs(), status('NoNewPrivs'))") == ["False", "True", "1"]


def test_no_capability_is_left_in_any_set():
    script = """
import ctypes
prctl.set_caps((prctl.CAP_NET_RAW, prctl.CAP_INHERITABLE, True))
ctypes.CDLL(None).prctl(47, 2, 13, 0, 0)  # PR_CAP_AMBIENT_RAISE, CAP_NET_RAW
print(status("CapAmb") != "0" * 16, process.has_capabilities())
process.empty_capabilities()
print(process.has_capabilities(), *(status(name) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")))
"""
    assert run(script) == ["True", "True", "False", *["0" * 16] * 4]


@pytest.mark.parametrize("dropped", ["", "prctl.CAP_EFFECTIVE", "prctl.CAP_EFFECTIVE, prctl.CAP_PERMITTED"])
@pytest.mark.parametrize("capability", ["CAP_CHOWN", "CAP_AUDIT_READ"])  # one of each row
def test_a_single_capability_in_a_single_set_is_noticed(capability, dropped):
    script = f"""
kept = prctl.{capability}
prctl.set_caps((kept, prctl.CAP_INHERITABLE, True))
prctl.set_caps(([each for each in prctl.ALL_CAPS if each != kept], prctl.ALL_FLAGS, False))
if [{dropped}]:
    prctl.set_caps((kept, [{dropped}], False))
print(process.has_capabilities())
prctl.set_caps((kept, prctl.ALL_FLAGS, False))
print(process.has_capabilities())
"""
    assert run(script) == ["True", "False"]


@pytest.mark.parametrize(("bits", "expected"), [("", "False"), ("keep_caps", "True"), ("no_setuid_fixup", "True")])
def test_securebits_that_keep_capabilities_are_noticed(bits, expected):
    script = f"prctl.securebits.{bits} = True\n" if bits else ""
    assert run(script + "print(process.keeps_capabilities())") == [expected]


def test_no_core_file_is_written():
    script = "resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096)); process.forbid_core_file()\n"
    assert run(script + "print(*resource.getrlimit(resource.RLIMIT_CORE))") == ["0", "0"]


def test_what_the_kernel_refuses_is_an_error():
    script = "try: process.set_death_signal(1000)\nexcept OSError as error: print(error.errno)"
    assert run(script) == ["22"]

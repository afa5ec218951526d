"""What the kernel is told of a process, and says of it, by python-prctl and by the stand-in for it."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = """
import sys
sys.path += [{root!r}, "/usr/lib/python3/dist-packages"]
import ctypes, resource, struct
if {is_hidden}:
    sys.modules["_prctl"] = None
from helper.privileged import process
from helper.privileged import python_prctl as ours
assert ("fallback" in ours.prctl.__module__) == {is_hidden}
status = lambda name: next(line.split()[1] for line in open("/proc/self/status") if line.startswith(name + ":"))
libc = ctypes.CDLL(None, use_errno=True)

def capset(*sets):  # effective, permitted, inheritable, 64 bits each; capset(2) takes the lower halves first
    halves = [each & 0xFFFFFFFF for each in sets] + [each >> 32 for each in sets]
    assert libc.capset(struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *halves)) == 0
"""
PACKAGE = ["python-prctl"] if importlib.util.find_spec("prctl") else []  # `make test-deps` installs it


@pytest.fixture(params=[*PACKAGE, "stand-in"])
def run(request: pytest.FixtureRequest) -> Callable[[str], list[str]]:
    """Return what the lines of a script print, run by root with all capabilities, by the package and without it."""
    start = START.format(root=str(ROOT), is_hidden=request.param == "stand-in")
    return lambda script: printed(start + script)


def printed(script: str) -> list[str]:
    command = ["/usr/bin/python3", "-I", "-S", "-B", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("value", [0, 1])
def test_dumpable_is_what_was_set(run, value):
    script = (
        f"libc.prctl(4, {1 - value}); ours.prctl(ours.PR_SET_DUMPABLE, {value})\n"  # PR_SET_DUMPABLE, PR_GET_DUMPABLE
    )
    assert run(script + "print(ours.prctl(ours.PR_GET_DUMPABLE) == 1, libc.prctl(3) == 1)") == [str(bool(value))] * 2


def test_the_signal_of_a_dead_parent_is_what_was_set(run):
    script = """
print(ours.prctl(ours.PR_GET_PDEATHSIG))
ours.prctl(ours.PR_SET_PDEATHSIG, 9)
signal_kept = ctypes.c_int()
libc.prctl(2, ctypes.byref(signal_kept))  # PR_GET_PDEATHSIG
print(ours.prctl(ours.PR_GET_PDEATHSIG), signal_kept.value)
"""
    assert run(script) == ["0", "9", "9"]


def test_no_new_privs_is_set(run):
    script = "print(ours.prctl(ours.PR_GET_NO_NEW_PRIVS) == 1); ours.prctl(ours.PR_SET_NO_NEW_PRIVS, 1)\n"
    assert run(script + "print(ours.prctl(ours.PR_GET_NO_NEW_PRIVS) == 1, status('NoNewPrivs'))") == [
        "False",
        "True",
        "1",
    ]


def test_no_capability_is_left_in_any_set(run):
    script = """
held = int(status("CapPrm"), 16)
capset(held, held, 1 << 13)
libc.prctl(47, 2, 13, 0, 0)  # PR_CAP_AMBIENT_RAISE, CAP_NET_RAW
print(status("CapAmb") != "0" * 16, process.has_capabilities())
process.empty_capabilities()
print(process.has_capabilities(), *(status(name) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")))
"""
    assert run(script) == ["True", "True", "False", *["0" * 16] * 4]


@pytest.mark.parametrize("held", [(1, 1, 1), (0, 1, 1), (0, 0, 1)], ids=["effective", "permitted", "inheritable"])
@pytest.mark.parametrize("capability", [0, 37])  # CAP_CHOWN and CAP_AUDIT_READ, one of each half
def test_a_single_capability_in_a_single_set_is_noticed(run, capability, held):
    script = f"""
capset(*(held << {capability} for held in {held}))
print(process.has_capabilities())
capset(0, 0, 0)
print(process.has_capabilities())
"""
    assert run(script) == ["True", "False"]


@pytest.mark.parametrize(
    ("bits", "expected"),
    [(0, "False"), (1 << 4, "True"), (1 << 2, "True")],
    ids=["none", "keep_caps", "no_setuid_fixup"],
)
def test_securebits_that_keep_capabilities_are_noticed(run, bits, expected):
    script = f"libc.prctl(28, {bits})\n"  # PR_SET_SECUREBITS
    assert run(script + "print(process.keeps_capabilities())") == [expected]


def test_no_core_file_is_written(run):
    script = "resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096)); process.forbid_core_file()\n"
    assert run(script + "print(*resource.getrlimit(resource.RLIMIT_CORE))") == ["0", "0"]


def test_what_the_kernel_refuses_is_an_error(run):
    script = "try: ours.prctl(ours.PR_SET_PDEATHSIG, 1000)\nexcept (OSError, ValueError): print('refused')"
    assert run(script) == ["refused"]


def test_each_set_can_be_changed_alone(run):
    """As python-prctl's C module does it: three lists to put into the sets, three to take out of them."""
    script = """
every, kept = process.EVERY_CAP, [0, 37]  # CAP_CHOWN, CAP_AUDIT_READ
ours.set_caps([], [], kept, every, [each for each in every if each not in kept], [])
print(*(int(status(name), 16) for name in ("CapEff", "CapPrm", "CapInh")))
"""
    expected = str(1 << 0 | 1 << 37)
    assert run(script) == ["0", expected, expected]

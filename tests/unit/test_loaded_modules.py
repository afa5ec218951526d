"""What every send loads, pinned: each module more is time that somebody waits.

A send with a compiled configuration, that is; one without loads tomllib and what that needs.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The interpreter's own, before any of ours (python3 -I -S).
BARE = """
import sys
sys.path[:0] = [{root!r}]
sys.path.append("/usr/lib/python3/dist-packages")
before = set(sys.modules)
import {module}
print(*sorted(set(sys.modules) - before), sep="\\n")
"""

FRONTEND = {
    "_stat",
    "stat",
    "_collections_abc",
    "genericpath",
    "posixpath",
    "os.path",
    "os",
    "errno",
    "fcntl",
    "_socket",
}
HELPER = FRONTEND | {
    "_ctypes",
    "binascii",
    "grp",
    "math",
    "pwd",
    "select",
}


def loaded(module: str) -> set[str]:
    script = BARE.format(root=str(ROOT), module=module)
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-S", "-B", "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def foreign(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] not in ("helper", "frontend")}


def test_the_frontend_loads_nothing_but_this():
    assert foreign(loaded("frontend.main")) - FRONTEND - {"__future__"} == set()


def test_the_helper_loads_nothing_but_this():
    assert foreign(loaded("helper.main")) - HELPER - {"__future__", "gc", "marshal"} == set()


def test_the_frontend_loads_of_the_helper_only_the_wire():
    ours = {name for name in loaded("frontend.main") if name.startswith("helper.")}
    assert ours == {"helper.wire", "helper.status", "helper.record", "helper.failure"}


def test_the_frontend_loads_of_its_own_only_what_sends_a_message():
    ours = {name for name in loaded("frontend.main") if name.startswith("frontend.")}
    assert ours == {"frontend.main", "frontend.argv", "frontend.stdin", "frontend.submit"}


def test_a_session_of_smtp_loads_no_more_of_python():
    """Programs that send by -bs wait for the greeting: asyncio, which aiosmtpd is made of, takes longer than a send."""
    assert foreign(loaded("frontend.serve")) - FRONTEND - {"__future__", "gc"} == set()


@pytest.mark.parametrize(
    "heavy",
    [
        "prctl",
        "mmap",
        "resource",
        "ssl",
        "socket",
        "tomllib",
        "typing",
        "enum",
        "re",
        "json",
        "email",
        "dns",
        "logging",
        "dataclasses",
        "subprocess",
        "hashlib",
        "hmac",
        "stringprep",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(heavy):
    assert heavy not in loaded("helper.main") | loaded("frontend.main")

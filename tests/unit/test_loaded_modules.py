"""What every send loads, pinned: each module more is time that somebody waits."""

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
HELPER = FRONTEND - {"errno"} | {
    "_prctl",
    "prctl",
    "binascii",
    "grp",
    "math",
    "mmap",
    "pwd",
    "resource",
    "select",
    "syslog",
}
# Read with tomllib until the configuration is compiled (a later version): what that costs is known.
TOMLLIB = {
    "__future__",
    "_functools",
    "_locale",
    "_operator",
    "_sre",
    "_string",
    "_typing",
    "collections",
    "collections.abc",
    "contextlib",
    "copyreg",
    "_datetime",
    "datetime",
    "enum",
    "functools",
    "itertools",
    "keyword",
    "operator",
    "re",
    "re._casefix",
    "re._compiler",
    "re._constants",
    "re._parser",
    "reprlib",
    "string",
    "tomllib",
    "tomllib._parser",
    "tomllib._re",
    "tomllib._types",
    "types",
    "typing",
    "typing.io",
    "typing.re",
    "warnings",
    "_collections",
    "_weakref",
    "_heapq",
    "_bisect",
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
    assert foreign(loaded("helper.main")) - HELPER - TOMLLIB == set()


def test_the_frontend_loads_of_the_helper_only_the_wire():
    ours = {name for name in loaded("frontend.main") if name.startswith("helper.")}
    assert ours == {"helper.wire", "helper.status", "helper.record", "helper.failure"}


@pytest.mark.parametrize("heavy", ["ssl", "socket", "json", "email", "dns", "logging", "dataclasses", "subprocess"])
def test_nothing_heavy_is_loaded_before_it_is_needed(heavy):
    assert heavy not in loaded("helper.main") | loaded("frontend.main")

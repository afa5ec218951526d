"""An interpreter that python-prctl is not there for is told; sends go on by the stand-in."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
sys.path += [{root!r}, "/usr/lib/python3/dist-packages"]
if {is_hidden}:
    sys.modules["_prctl"] = None
from admin.finding import finding
from admin.machine import check_prctl
found = finding("prctl", check_prctl)
print(found.word, found.line)
"""

IS_THERE = importlib.util.find_spec("prctl") is not None  # `make test-deps` installs it


@pytest.mark.parametrize(
    ("is_hidden", "told"),
    [
        *([(False, "ok prctl: python-prctl in /usr/lib/python3/dist-packages")] * IS_THERE),
        (True, "warn prctl: /usr/bin/python3 cannot import prctl, so sends use a replacement: "),
    ],
)
def test_a_missing_package_is_a_warning(is_hidden, told):
    script = SCRIPT.format(root=str(ROOT), is_hidden=is_hidden)
    command = ["/usr/bin/python3", "-I", "-S", "-B", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.startswith(told)
    assert ("apt install python3-prctl" in done.stdout) == is_hidden

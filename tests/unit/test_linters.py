"""The linters are tests like any other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTERS = ROOT / "build/linters/bin"

COMPILE = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-Wformat=2"]
PATHS = ("PYTHON", "HELPER", "UNPRIVILEGED", "LAUNCHER", "SOCKET")
FIXED = [f'-D{name}="/x"' for name in (*PATHS, "SERVICE_USER", "STANDIN_USER")]

SENDMAIL = ("sendmail", "message", "answers")

SCRIPTS = [
    *(f"packaging/{name}.sh" for name in ("install", "uninstall", "owner", "compile", "contact", "fetch", "venv")),
    "packaging/debian/recompile",
    *(f"packaging/debian/gatepost.{name}" for name in ("config", "preinst", "postinst", "prerm", "postrm", "rtupdate")),
    *(f"packaging/alpine/gatepost.{name}" for name in ("pre-install", "post-install", "pre-upgrade", "post-upgrade")),
]


@pytest.mark.parametrize(
    "command",
    [
        [LINTERS / "ruff", "check", "--no-cache", "."],
        [LINTERS / "ruff", "format", "--no-cache", "--check", "."],
        [LINTERS / "mypy", "--python-executable", "/usr/bin/python3"],
        ["shellcheck", ".ci/run", *SCRIPTS],
        *(
            ["cc", *COMPILE, *FIXED, "-fanalyzer", "-c", "-o", "/dev/null", source]
            for source in ("helper/privileged/launcher.c", *(f"frontend/{name}.c" for name in SENDMAIL))
        ),
    ],
    ids=lambda command: " ".join(Path(word).name for word in map(str, command[:2])),
)
def test_has_nothing_to_say(command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

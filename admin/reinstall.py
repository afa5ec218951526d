"""Reinstall: the command that puts this installation's own files back, which depends on who installed them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

from helper.privileged import paths

# How to ask a package manager whose a file is, and how to have it put a package's files back.
PACKAGE_MANAGERS = (
    (("dpkg-query", "-S"), "apt install --reinstall gatepost"),
    (("rpm", "-qf"), "dnf reinstall gatepost"),
    (("pacman", "-Qqo"), "pacman -S gatepost"),
    (("apk", "info", "--who-owns"), "apk fix gatepost"),
)
TIME_LIMIT_S = 10


def reinstall_command() -> str:
    """Return the command; that of an installation from source is typed in the directory of the source."""
    for ask, command in PACKAGE_MANAGERS:
        if shutil.which(ask[0]) and is_packaged(ask):
            return command
    prefix = os.path.normpath(os.path.join(os.path.dirname(paths.LAUNCHER), "../.."))
    variables = {
        "PREFIX": (prefix, "/usr"),
        "SYSCONFDIR": (os.path.dirname(paths.CONFIGURATION), "/etc/gatepost"),
        "SERVICE_USER": (paths.SERVICE_USER, "mailuser"),
        "STANDIN_USER": (paths.STANDIN_USER, "mailnull"),
        "PYTHON": (paths.PYTHON, "/usr/bin/python3"),
        "SOCKET": (paths.SOCKET, "/run/gatepost/socket"),
    }
    chosen = [f"{name}={shlex.quote(value)}" for name, (value, usual) in variables.items() if value != usual]
    return " ".join(["make install", *chosen])


def is_packaged(ask: tuple[str, ...]) -> bool:
    """Say whether a package manager knows the launcher as a package's."""
    try:
        done = subprocess.run([*ask, paths.LAUNCHER], capture_output=True, timeout=TIME_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0

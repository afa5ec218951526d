"""The command that reinstalls this installation's files, which depends on how they were installed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

from helper.privileged import paths

# How to ask a package manager whose a file is, how to have it put our files back, and how to have it remove a package.
PACKAGE_MANAGERS = (
    (("dpkg-query", "-S"), "apt install --reinstall gatepost", "apt remove"),
    (("rpm", "-qf"), "dnf reinstall gatepost", "dnf remove"),
    (("pacman", "-Qqo"), "pacman -S gatepost", "pacman -R"),
    (("apk", "info", "--who-owns"), "apk fix gatepost", "apk del"),
)
# How each installs a Python package, and what it calls the packages that we need.
INSTALLERS = {
    "apt": ("apt install", "python3-{}"),
    "dnf": ("dnf install", "python3-{}"),
    "zypper": ("zypper install", "python3-{}"),
    "pacman": ("pacman -S", "python-{}"),
    "apk": ("apk add", "py3-{}"),
    "emerge": ("emerge", "dev-python/{}"),
}
INSTALLED_AS = {("emerge", "prctl"): "python-prctl"}
TIME_LIMIT_S = 10


def reinstall_command() -> str:
    """Return the command; that of an installation from source is typed in the directory of the source."""
    for ask, command, _ in PACKAGE_MANAGERS:
        if package_of(paths.LAUNCHER, ask):
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


def how_to_take_back(program: str) -> str:
    """Return the command that removes what has taken a program's place, and puts ours there again."""
    again = reinstall_command()
    for ask, _, remove in PACKAGE_MANAGERS:
        package = package_of(program, ask)
        if package:
            return f"{remove} {shlex.quote(package)} && {again}"
    return f"mv {shlex.quote(program)} {shlex.quote(f'{program}.other')} && {again}"


def package_of(file: str, ask: tuple[str, ...]) -> str:
    """Return the package that a package manager knows as a file's; nothing if there is neither."""
    if not shutil.which(ask[0]):
        return ""
    try:
        done = subprocess.run([*ask, file], capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    words = done.stdout.partition(":")[0].split() if done.returncode == 0 else []
    return words[-1] if words else ""


def package_command(package: str) -> str:
    """Return the command that installs a Python package that we need: dnspython, oauthlib or prctl."""
    for program, (install, name) in INSTALLERS.items():
        if shutil.which(program):
            return f"{install} {name.format(INSTALLED_AS.get((program, package), package))}"
    return f"{shlex.quote(paths.PYTHON)} -m pip install {'python-prctl' if package == 'prctl' else package}"

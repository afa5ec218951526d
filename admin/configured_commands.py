"""Examine the programs that print passwords and tokens, and who can change them."""

from __future__ import annotations

import os
from itertools import pairwise

from admin.accounts import gives_user
from admin.finding import Caution
from admin.reach import refuse_beyond_sends
from helper.config.values import Configuration
from helper.failure import ConfigError
from helper.privileged import paths
from helper.privileged.command_files import refuse_unsafe_command
from helper.privileged.protected_files import Owner

OF_A_LINE = frozenset("()'\"`<>|;$ \t\n")  # what a path seldom holds, and a line of a shell's or a language's does
SHELLS = ("sh", "ash", "bash", "busybox", "dash", "fish", "ksh", "mksh", "zsh")


def commands(configuration: Configuration) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the commands that print passwords and tokens, each once, with its key."""
    auths = [(transport.name, transport.auth) for transport in configuration.transports if transport.auth]
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name, auth in auths:
        command = auth.password_command or auth.token_command
        if command:
            key = "password_command" if auth.password_command else "token_command"
            found.setdefault(command, ("transports", name, "auth", key))
    return found


def examine_command(command: tuple[str, ...], owner: Owner) -> str:
    """Check that sends can execute a program, and that only its owner and root can change it."""
    program = command[0]
    refuse_unsafe_command(command, owner)
    if owner.is_root and not gives_user():
        name = paths.SERVICE_USER
        remedy = f"chown {name}:{name} {paths.LAUNCHER} && chmod 6755 {paths.LAUNCHER}"
        raise ConfigError(program, f"needs the launcher to be {name}:{name} 6755, or gatepost.socket: {remedy}")
    refuse_beyond_sends(program, os.X_OK, owner)
    if hides_path(command):
        raise Caution(
            f"{program} is given a command line that contains a path, and Gatepost does not check who can write "
            "that file: "
            f"name the program itself, or a script of {'root' if owner.is_root else 'your own'}"
        )
    return program


def hides_path(command: tuple[str, ...]) -> bool:
    """Return whether an argument is a line of a shell's, or of another language, that has a path in it."""
    runs_lines = any(os.path.basename(word) in SHELLS for word in command)
    for option, line in pairwise(command):
        is_line = runs_lines and option.startswith("-") and not option.startswith("--") and option.endswith("c")
        if "/" in line and (is_line or OF_A_LINE.intersection(line)):
            return True
    return False

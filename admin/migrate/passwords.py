"""Passwords that a program prints: what can be read now is read, what needs the program is run by the service user."""

from __future__ import annotations

import os
import re
import shlex
import stat

from admin.migrate.conversion import RELAY, Conversion, Line, Place, text_of

SHELL = "/bin/sh"
FOR_SHELLS = re.compile(r"[|&;<>$`*?(){}~\\]")
PROVIDERS = {"google": ("gmail", "google"), "microsoft": ("office365", "outlook", "hotmail")}


def carry_command(plan: Conversion, place: Place, line: Line, user: str, transport: str, *, is_token: bool) -> None:
    """Carry over a program that prints a password, or an access token of OAuth 2.0, if that can be done."""
    words = words_of(line)
    read = file_of(words)
    key = f"transports.{transport}.auth"
    if is_token and place.home is None:
        plan.put(key, {"user": user, "password_file": f"{transport}.token"}, line)
        plan.warn(line, f"the access token is not carried over; get one with: {login_command(plan, transport)}")
    elif read is not None:
        plan.log_in(line, user, first_line_of(line, place, read), transport)
    elif words[:1] == ["echo"] and len(words) > 1 and not FOR_SHELLS.search(line.value):
        plan.log_in(line, user, " ".join(words[1:]), transport)
    elif place.home is not None:  # a user's own programs need no other's rights
        plan.put(
            key, {"user": user, "token_command" if is_token else "password_command": [SHELL, "-c", line.value]}, line
        )
    else:
        plan.put(key, {"user": user, "password_command": command_of(line, words)}, line)


def words_of(line: Line) -> list[str]:
    """Return the words of a command, none if it needs a shell."""
    try:
        return shlex.split(line.value)
    except ValueError:
        return []


def file_of(words: list[str]) -> str | None:
    """Return the file whose first line a command prints, None if it does anything else."""
    if not words or any(FOR_SHELLS.search(word.removeprefix("~/")) for word in words):
        return None
    match [os.path.basename(words[0]), *words[1:]]:
        case ["cat", file] | ["cat", "--", file]:
            return file
        case ["head", "-1" | "-n1" | "--lines=1", file] | ["head", "-n", "1", file]:
            return file
    return None


def first_line_of(line: Line, place: Place, file: str) -> str:
    """Return the first line of a file that a line names. MigrateError if it is not ours to read."""
    if file.startswith("~") and (place.home is None or not file.startswith("~/")):
        raise line.error("is a different file for each user: name one file for all, or use --user")
    if not file.startswith(("/", "~/")):
        raise line.error("names a file without its absolute path")
    refuse_foreign(line)
    return text_of(place.below(file)).partition("\n")[0].removesuffix("\r")


def refuse_foreign(line: Line) -> None:
    """Raise MigrateError if root would read a file that another user has chosen: that could be any file."""
    if os.geteuid() != 0:
        return
    status = os.stat(line.file)
    if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise line.error("names a file, but other users than root can write this configuration: chown root, chmod go-w")


def command_of(line: Line, words: list[str]) -> list[str]:
    """Return a program with its arguments if it needs no shell."""
    if "oauth" in line.value.lower():
        raise line.error("seems to print an access token: use auth oauthbearer, then gatepost login")
    if not words or not words[0].startswith("/") or FOR_SHELLS.search(line.value):
        reason = "would run without a shell, as the service user: put the password into a file, and write cat FILE"
        raise line.error(reason)
    return words


def login_command(plan: Conversion, transport: str) -> str:
    """Return the command that fetches an access token for a transport."""
    hosts = " ".join(plan.transport(transport or RELAY).get("hosts", ()))
    provider = next((name for name, parts in PROVIDERS.items() if any(part in hosts for part in parts)), "NAME")
    return f"gatepost login {transport} --provider {provider} --client-id ID"

"""Every fault that `check` can find in an installation ends with a command, or is one that no command mends."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from admin.finding import AGAIN, COMMANDS, WARN, Caution, told
from admin.machine import assess_kernel
from admin.reinstall import INSTALLERS, PACKAGE_MANAGERS, how_to_take_back, package_command, package_of
from helper.failure import ConfigError, SystemFault
from tests.support.remedies import commands_of

ADMIN = Path(__file__).parents[3] / "admin"
FILES = (
    "reach",
    "accounts",
    "configuration",
    "configured_commands",
    "configured_files",
    "configured_log",
    "installed",
    "machine",
)
FAILURES = ("SystemFault", "Caution", "ConfigError")
# Functions that return a command.
MAKERS = ("{how_to_", "{package_command(", "{remount(", "{remedy}", "{', '.join(commands)}", "{group}")

# What no command mends: the machine itself, or what only its owner can decide, at which an editor is opened.
WITHOUT = {
    "but Gatepost needs 3.11 or newer": "another Python",
    "this is Linux": "another kernel",
    "the kernel lacks": "another kernel",
    "from /proc; it must not be 1": "the container's owner",
    "no_new_privs is set for this process": "whoever started this shell",
    "must be two different users": "who chose the users",
    "is root; it must be": "who chose the users",
    "is given a command line that contains a path": "an editor at the key",
    "else problem}": "the file system",
    "cannot be read: {": "an editor at the key, or the command that makes the file",
    "is larger than": "the command that makes the file",
    "{error.problem}": "an editor at the line of the list",
    "{problem}": "the key is made a comment",
    "is not an absolute path": "the key is made a comment",
    "is not a directory": "the key is made a comment",
    "is not a file": "the key is made a comment",
    "is not an address of this machine": "an editor at the key",
}


def templates():
    """Yield what is raised in the files of `check`: where, and the words with {} for what is filled in."""
    for name in FILES:
        for node in ast.walk(ast.parse((ADMIN / f"{name}.py").read_text())):
            call = node.exc if isinstance(node, ast.Raise) else None
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in FAILURES:
                yield f"{name}:{node.lineno}", words_of(call.args[-1])


def words_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(words_of(each) for each in node.values)
    return f"{{{ast.unparse(node.value if isinstance(node, ast.FormattedValue) else node)}}}"


def ends_with_command(words: str) -> bool:
    last = words.rpartition(": ")[2]
    is_command = last != words and last.startswith((*MAKERS, *(f"{command} " for command in COMMANDS)))
    return is_command or words.endswith("{how_to_start()}") or any(again in words for again in AGAIN)


def test_every_fault_has_a_command_or_a_reason_to_have_none():
    found = dict(templates())
    assert len(found) > 40
    without = {where: words for where, words in found.items() if not ends_with_command(words)}
    unexplained = {where: words for where, words in without.items() if not any(part in words for part in WITHOUT)}
    assert unexplained == {}


@pytest.mark.parametrize("again", AGAIN)
def test_what_a_send_says_is_a_command_in_check(again):
    assert commands_of(told(WARN, "x", SystemFault(f"x: {again}")).remedy)[0] in COMMANDS


@pytest.mark.parametrize("package", ["dnspython", "oauthlib", "prctl"])
@pytest.mark.parametrize("manager", [*INSTALLERS, None])
def test_a_package_is_installed_as_the_system_does(package, manager, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}" if program == manager else None)
    command = package_command(package)
    assert commands_of(command)[0] in (manager, "/usr/bin/python3")
    assert package in command


def test_what_has_taken_our_place_is_removed_as_it_came():
    ask = next((ask for ask, _, _ in PACKAGE_MANAGERS if package_of("/bin/sh", ask)), None)
    command = how_to_take_back("/bin/sh" if ask else "/no where")
    first, again = command.split(" && ")
    assert first.split()[0] in COMMANDS and again.split()[0] in COMMANDS
    assert how_to_take_back("/no where").startswith("mv '/no where' '/no where.other' && ")


@pytest.mark.parametrize(
    "settings",
    [
        {"fs/suid_dumpable": "1", "fs/protected_hardlinks": "1"},
        {"fs/suid_dumpable": "0", "fs/protected_hardlinks": "0"},
    ],
)
def test_a_setting_of_the_kernel_is_set(settings):
    with pytest.raises((SystemFault, Caution)) as caught:
        assess_kernel(settings, False)
    remedy = told(WARN, "kernel", caught.value).remedy
    assert commands_of(remedy) == ["sysctl"] and "=" in remedy


@pytest.mark.parametrize("command", ["chmod go-w", "chown root", "chgrp mailuser, chmod o-w", "chown -h root"])
def test_a_command_names_its_file_whatever_that_is_called(command):
    remedy = told(WARN, "x", ConfigError("/a b/it's", f"is bad: {command}")).remedy
    assert commands_of(remedy) == [each.split()[0] for each in command.split(", ")]
    assert remedy.count("'/a b/it'\"'\"'s'") == len(commands_of(remedy))

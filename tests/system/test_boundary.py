"""The boundary: what of our code is executed before drop() returns stands in the rooms that are made for it.

A tracer in a private copy notes each line of ours that a send executes with the service user's rights. With a compiled
configuration these are lines of helper/privileged, of helper/entry, of the bundle's loader and of three values; without
one, helper/config parses root's file.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from tests.support.installation import CHECKOUT, write

MESSAGE = b"Subject: hello\n\nhello\n"
PASSWORD = "xyzzy-plugh"
HELPER = CHECKOUT / "helper"

# Notes lines from the first of the helper's script to the return of the function that gives the rights up.
TRACER = """import sys

sys.path.append(__file__.rsplit("/", 2)[0])
noted = open(__file__.rsplit("/", 5)[0] + "/executed", "ab", buffering=0)
lines = set()
LAST = {last!r}


def note(frame, event, _):
    code = frame.f_code
    if "/lib/gatepost/helper/" not in code.co_filename:
        return None
    is_function = code.co_flags & 1  # CO_OPTIMIZED: neither a module nor the body of a class
    lines.add((code.co_filename.partition("/lib/gatepost/")[2], frame.f_lineno, event == "line" and is_function))
    if event == "return" and (code.co_name, code.co_filename.rpartition("/")[2]) == LAST:
        sys.settrace(None)
        noted.write("".join("%s %d %d\\n" % line for line in sorted(lines)).encode())
    return note


sys.settrace(note)
"""
START = 'import sys\n\nsys.path.append(__file__.rsplit("/", 2)[0])\n'
BY_SET_ID = {"helper/__main__.py": {START: TRACER.format(last=("drop", "drop.py"))}}
BY_SOCKET = {
    "helper/door/__main__.py": {
        'import sys\n\nsys.path.append(__file__.rsplit("/", 3)[0])\n': TRACER.replace('"/", 2', '"/", 3')
        .replace('"/", 5', '"/", 6')
        .format(last=("drop", "accept.py"))
    }
}
WITHOUT_PRCTL = {"helper/privileged/python_prctl.py": {"    from _prctl import (\n": "    from _absent import (\n"}}
# A function of another room is called where only those of ours may be.
MOVED_OUT = {
    "helper/privileged/protected_files.py": {
        '    return readable_octets("/etc/mailname", MAILNAME_LIMIT)\n': (
            "    from helper.text import without_mark\n\n"
            '    return without_mark(readable_octets("/etc/mailname", MAILNAME_LIMIT))\n'
        )
    }
}

ROOMS = re.compile(
    r"helper/(privileged/\w+|entry/\w+|bundle|failure|record|secret|__main__|door/__main__|(\w+/)?__init__)\.py"
)
CONFIG = re.compile(r"helper/(config/\w+|smtp/sasl/(mechanisms|__init__)|address|domain|text|status)\.py")
# What a send without privilege alone executes, which has nothing to drop.
NOT_LENT = {"helper/entry/unprivileged.py"}
# Lines of functions that the largest of the runs below executes before the drop; CONTRIBUTING.md tells them.
CEILINGS = {"compiled": 320, "parsed": 850}
STAND_IN_LINES = 0 if importlib.util.find_spec("_prctl") else 50  # where python-prctl is not installed
C_CEILING = 330  # lines of code of launcher.c and start.h


@pytest.fixture
def traced(weakened, smarthost):
    """Return a function that sends by a copy with a tracer, and returns what was noted."""

    def send(weakening=BY_SET_ID, *, is_compiled=True, is_behind_socket=False, **changes):
        installation = weakened(weakening)
        host = smarthost(tls="starttls", auth={"ws1": PASSWORD})
        configuration = installation.relay_configuration(host, **changes)
        installation.configure(configuration, {"relay.password": PASSWORD})
        if is_compiled:
            assert installation.run_as("root", str(installation.prefix / "bin/gatepost"), "check").status == 0
        file = installation.root / "executed"
        write(file, "", 0, 0, 0o666)
        file.chmod(0o666)
        through = ("setpriv", "--no-new-privs") if is_behind_socket else ()
        result = installation.send("carol@example.org", stdin=MESSAGE, through=through)
        assert (result.status, result.stderr) == (0, "")
        lines = [line.split() for line in file.read_text().splitlines()]
        return {(name, int(number), in_function == "1") for name, number, in_function in lines}

    return send


def files_of(lines) -> set[str]:
    return {name for name, _, _ in lines}


def outside(lines, rooms=(ROOMS,)) -> set[str]:
    """Return the files of which a line was executed and that stand in none of the rooms."""
    return {name for name in files_of(lines) if not any(room.fullmatch(name) for room in rooms)}


def in_functions(lines) -> int:
    """Return how many lines of functions there are."""
    return sum(is_in_function for _, _, is_in_function in lines)


def test_with_a_compiled_configuration_all_that_is_executed_stands_in_these_rooms(traced):
    lines = traced()
    assert outside(lines) == set()
    assert in_functions(lines) <= CEILINGS["compiled"] + STAND_IN_LINES


def test_without_one_the_parser_of_the_configuration_joins_them(traced):
    lines = traced(is_compiled=False)
    assert outside(lines, (ROOMS, CONFIG)) == set()
    assert {"helper/config/configuration.py", "helper/config/toml.py"} <= files_of(lines)
    assert in_functions(lines) <= CEILINGS["parsed"] + STAND_IN_LINES


def test_control_a_function_of_another_room_is_seen(traced):
    assert outside(traced(BY_SET_ID | MOVED_OUT)) == {"helper/text.py"}


def test_each_file_of_these_rooms_is_executed_so_in_some_send(traced, second_door, weakened):
    lines = traced() | traced(BY_SET_ID | WITHOUT_PRCTL)
    program = weakened(BY_SET_ID).root / "ask"
    program.write_text(f"#!/bin/sh\necho {PASSWORD}\n")
    program.chmod(0o755)
    lines |= traced(auth={"user": "ws1", "password_command": [str(program)]})
    behind = weakened(BY_SOCKET)
    second_door(behind, credentials={"relay.password": f"{PASSWORD}\n"})
    auth = {"user": "ws1", "password_file": "credential:relay.password"}
    lines |= traced(BY_SOCKET, is_compiled=False, is_behind_socket=True, auth=auth)
    assert never_executed(files_in_rooms(), lines) == set()


def test_control_a_file_that_no_send_executes_before_the_drop_is_seen(traced):
    files = files_in_rooms() | {"helper/privileged/landlock.py"}
    assert "helper/privileged/landlock.py" in never_executed(files, traced())


def files_in_rooms() -> set[str]:
    """Return the files that are there for what is executed before the drop."""
    rooms = (*HELPER.glob("privileged/*.py"), *HELPER.glob("entry/*.py"))
    values = {f"helper/{name}.py" for name in ("bundle", "failure", "record", "secret")}
    return {str(file.relative_to(CHECKOUT)) for file in rooms if file.stat().st_size} - NOT_LENT | values


def never_executed(files, lines) -> set[str]:
    return set(files) - files_of(lines)


def test_the_c_that_is_executed_before_it_stays_small():
    code = "".join((HELPER / name).read_text() for name in ("privileged/launcher.c", "start.h"))
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", code, flags=re.DOTALL)
    assert sum(bool(line.strip()) for line in code.splitlines()) <= C_CEILING


def test_contributing_tells_these_numbers():
    text = Path(CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")
    for number in (C_CEILING, *CEILINGS.values()):
        assert f"at most {number}" in text

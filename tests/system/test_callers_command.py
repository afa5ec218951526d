"""A password_command of a caller's own: what it is given, what is told of it, and that it ends with its sendmail."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.support.personal import PASSWORD
from tests.support.process import status_of, wait_for
from tests.system.outcome import assert_sent

MESSAGE = b"Subject: hello\n\nhello\n"
ONE = ("carol@example.org",)
NO_NEW_PRIVS = ("/usr/bin/setpriv", "--no-new-privs")
PROMPT_S = 2.0  # a second is given to a program that writes a file, and a moment to everybody


def own_program(personal, host, text):
    """Configure alice's own program for the password; return its path."""
    program = personal.folder / "password"
    personal.configure(host, auth={"user": "alice", "password_command": [str(program)]})
    personal.write(program, f"#!/bin/sh\n{text}", 0o700)
    return program


def environment_of(file):
    """Return the variables that env(1) has written down, without those of the shell's own."""
    variables = dict(line.split("=", 1) for line in file.read_text().splitlines())
    return {name: value for name, value in variables.items() if name not in ("PWD", "OLDPWD", "SHLVL", "_")}


GIVEN = {"XDG_RUNTIME_DIR": "/run/user/7", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/7/bus"}
OTHERS = {"LD_PRELOAD": "", "XDG_CONFIG_HOME": "/nowhere", "EVIL": "yes", "PATH": "/evil:/usr/bin:/bin"}


@pytest.mark.parametrize(
    ("through", "given", "expected"),
    [
        ((), GIVEN | OTHERS, GIVEN),
        (NO_NEW_PRIVS, GIVEN | OTHERS | {"HOME": "/elsewhere"}, GIVEN | {"HOME": "/elsewhere"}),
        ((), {"HOME": "/"}, {"HOME": "/"}),
        (("/usr/bin/env", "-u", "HOME"), {}, {}),
        ((), {"HOME": "not/absolute"}, {}),
    ],
    ids=["all", "no-new-privs", "root-directory", "no-home", "relative-home"],
)
def test_a_program_has_the_callers_home_and_session_and_nothing_else(personal, smarthost, through, given, expected):
    host = smarthost(tls="starttls", auth={"alice": PASSWORD})
    found = personal.folder / "found"
    own_program(personal, host, f"/usr/bin/env > {found}\necho {PASSWORD}\n")
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE, through=through, env=given)
    assert_sent(result, host, ONE)
    home = {"PATH": "/usr/bin:/bin", "HOME": str(personal.home)}
    assert environment_of(found) == home | expected


def test_a_program_of_roots_choice_has_nothing_of_roots(personal, smarthost):
    """Root is the stand-in there, which could do nothing with root's own session."""
    host = smarthost(tls="starttls", auth={"alice": PASSWORD})
    found = personal.installation.root / "found"
    found.write_text("")
    standin = personal.installation.account("null")
    os.chown(found, standin.pw_uid, standin.pw_gid)
    program = personal.installation.root / "password"
    program.write_text(f"#!/bin/sh\n/usr/bin/env > {found}\necho {PASSWORD}\n")
    program.chmod(0o755)
    configuration = personal.installation.root / "roots.toml"
    auth = {"user": "alice", "password_command": [str(program)]}
    configuration.write_text(personal.installation.relay_configuration(host, {"log": "syslog"}, auth=auth))
    result = personal.installation.send("-C", str(configuration), *ONE, stdin=MESSAGE, user="root", env=GIVEN)
    for file in (program, configuration):
        file.unlink()
    assert (result.status, result.stderr) == (0, "")
    assert environment_of(found) == {"PATH": "/usr/bin:/bin", "HOME": standin.pw_dir}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("echo first >&2; echo 'gpg: no key' >&2; exit 2", "failed with status 2: gpg: no key"),
        ("printf 'no line end' >&2; exit 1", "failed with status 1: no line end"),
        ("printf 'the last\\n\\n  \\n' >&2; exit 1", "failed with status 1: the last"),
        ("printf '\\033[2Jcaf\\303\\251\\r\\n' >&2; exit 1", "failed with status 1: ?[2Jcaf???"),
        ("exit 1", "failed with status 1"),
        (f"echo {'x' * 300}the-end >&2; exit 1", f"failed with status 1: {'x' * 192}the-end"),
        ("echo 'not in the store' >&2", "is empty: a password was expected: not in the store"),
        ("echo 'twice' >&2; echo one; echo two", "has more than one line, or a NUL: twice"),
        ("echo long-before >&2; echo one >/dev/stderr; echo two >&2; exit 1", "failed with status 1: two"),
        ("echo locked >&2; kill -9 $$", "failed with status -9: locked"),
    ],
    ids=["last", "no-end", "blank", "controls", "silent", "long", "nothing", "two-lines", "opened-anew", "killed"],
)
def test_what_a_program_says_last_is_told(personal, smarthost, text, told):
    host = smarthost(tls="starttls", auth={"alice": PASSWORD})
    program = own_program(personal, host, f"{text}\n")
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE)
    assert (result.status, result.stderr) == (1, f"sendmail: not sent: {program}: {told}\n")
    assert host.connections == 0


def test_what_a_program_says_that_succeeds_is_not_told(personal, smarthost):
    host = smarthost(tls="starttls", auth={"alice": PASSWORD})
    own_program(personal, host, f"echo warning >&2\necho {PASSWORD}\n")
    result = personal.send("-C", str(personal.configuration), *ONE, stdin=MESSAGE)
    assert_sent(result, host, ONE)
    assert result.stderr == ""


# Interrupted while the program runs


def waiting(file):
    """Return a program that writes down its process and its parent's, and that of a child, and waits much too long."""
    return f"#!/bin/sh\nsleep 20 &\necho $$ $PPID $! > {file}\nwait\n"


def ended_after(process, file, number):
    """Send the frontend a signal while its program waits; return after how many seconds all of them have ended."""
    pids = [int(word) for word in wait_for(lambda: file.exists() and file.read_text().split(), "the program")]
    pids.append(int(status_of(pids[1])["PPid"]))  # the supervisor's parent is the helper
    start = time.monotonic()
    process.send_signal(number)
    process.communicate()
    wait_for(lambda: not any(is_running(pid) for pid in pids), "the end of helper and program")
    file.unlink()
    assert process.returncode == -number
    return time.monotonic() - start


def is_running(pid):
    """Say whether this process has not ended; one that its parent has still to ask for has."""
    return status_of(pid).get("State", "Z").split()[0] != "Z"


@pytest.mark.parametrize("mode", ["", "-bs"], ids=["message", "session"])
def test_without_privilege_an_interrupted_send_ends_helper_and_program(personal, smarthost, mode):
    host = smarthost(tls="starttls", auth={"alice": PASSWORD})
    file = personal.folder / "pids"
    personal.write(own_program(personal, host, ""), waiting(file), 0o700)
    arguments = [mode] if mode else list(ONE)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process = personal.installation.start("-C", str(personal.configuration), *arguments, user=personal.who)
        assert ended_after(process, file, number) < PROMPT_S
    assert host.connections == 0


@pytest.mark.parametrize("way", ["set-id", "root", "socket"])
def test_with_privilege_too(installation, smarthost, second_door, way):
    host = smarthost(auth={"ws1": PASSWORD}, allow_plaintext_auth=True)
    folder = installation.root / "programs-of-roots"
    folder.mkdir(exist_ok=True)
    out, program = folder / "out", folder / "ask"
    out.mkdir(exist_ok=True)
    os.chown(out, installation.account("mail").pw_uid, -1)
    program.write_text(waiting(out / "pids"))
    program.chmod(0o755)
    auth = {"user": "ws1", "password_command": [str(program)], "allow_plaintext": True}
    installation.configure(installation.relay_configuration(host, auth=auth))
    if way == "socket":
        second_door(installation)
    options = {"user": "root" if way == "root" else "alice", "through": NO_NEW_PRIVS if way == "socket" else ()}
    for number in (signal.SIGINT, signal.SIGKILL):
        process = installation.start(*ONE, **options)
        assert ended_after(process, out / "pids", number) < PROMPT_S
    assert host.connections == 0

"""`gatepost selftest`: an administrator's proof on their own machine, which would see where a promise does not hold."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from pathlib import Path

import pytest

from tests.support.canary import assert_no_canary

CANARY = "canary-3f9c1b72"
FOLDERS = ("/tmp", "/var/tmp")
DROP, START = "helper/privileged/drop.py", "helper/start.h"
ROWS = {
    "read": "cannot read the configuration or a secret",
    "write": "can neither write nor replace them",
    "own configuration": "own configuration (-C) cannot reach a secret",
    "launcher": "its owner and mode are right",
    "by hand": "it refuses to run when started by hand",
    "without effect": "ignores its set-id bits (no_new_privs)",
    "environment": "environment has no effect on it",
    "arguments": "its name and arguments have no effect on it",
    "inherited": "passes on no descriptor, signal, umask, limit or directory",
    "rights": "before it reads a message it has only user",
    "sandbox": "before it reads a message it is sandboxed",
    "memory": "cannot inspect it",
    "core": "no signal makes it leave a core file",
    "files": "options that name files and programs",
    "claim": "cannot claim to be somebody else",
    "line break": "a line break in -f, -F or a recipient is refused",
    "root's way": "which does not belong to root, is not executed",
    "root's rights": "neither process has an id or a capability of root",
}

# What only a launcher with a set-id bit promises.
PRIVILEGED = {"without effect", "environment", "arguments", "inherited", "rights", "sandbox", "memory", "core", "claim"}

# Defences that are taken out together: each shows in a row of its own, and the other rows hold.
WEAK_PROCESS = {
    "frontend/sendmail.c": {"        give_up_root(standin.gid, standin.gid, standin.uid, standin.uid);\n": ""},
    "helper/privileged/launcher.c": {
        "        refuse_without_privilege(&service);\n": "        (void)refuse_without_privilege;\n"
    },
    "helper/privileged/begin.py": {"    return identify_caller()\n": "    return os.getuid()\n"},
    START: {
        "    (void)umask(077);\n": "",
        '    if (chdir("/") != 0) {\n': '    if (chdir(".") != 0) {\n',
        "no_core = {0, 0};": "no_core = {RLIM_INFINITY, RLIM_INFINITY};",
        "    (void)execve(python, arguments, environment);\n": "    extern char **environ;\n    (void)environment;\n"
        "    (void)execve(python, arguments, environ);\n",
        "no_bytecode, helper, NULL}": "no_bytecode, helper, helper, NULL}",
    },
    "helper/entry/serve.py": {"    sandbox.shut_in()\n": ""},
    DROP: {"    not_dumpable()\n": "    prctl(PR_SET_DUMPABLE, 1)\n", "    no_core_file()\n": ""},
}
WEAK_PROCESS_ROWS = {
    "without effect",
    "environment",
    "arguments",
    "inherited",
    "sandbox",
    "memory",
    "core",
    "root's rights",
}
WEAK_PROGRAMS = {
    "frontend/sendmail.c": {
        "        if (!as_root) {\n            execute_launcher();\n        }\n": (
            "        for (int at = 1; at < argc; at++) {\n"
            '            if (strncmp(argv[at], "-X", 2) == 0) {\n'
            "                (void)open(argv[at] + 2, O_CREAT | O_WRONLY, 0600);\n"
            "            }\n"
            "        }\n"
            "        execute_launcher();\n"
        )
    },
    "helper/request/argv.py": {"    refuse_controls(command)\n": ""},
    "helper/identity/reverse_path.py": {
        "    return mailbox if may_send_as(mailbox, caller, own, untrusted_set_sender) else own[0]\n": (
            "    return mailbox\n"
        )
    },
    "helper/privileged/launcher.c": {
        "fstat(CHANNEL, &channel) != 0 || !S_ISSOCK(channel.st_mode)": "fstat(CHANNEL, &channel) > 0"
    },
    DROP: {"    drop_user()\n": "", "    prove_no_way_back(*before)\n": ""},
}
WEAK_PROGRAMS_ROWS = {"by hand", "rights", "files", "claim", "line break", "root's way"}


@pytest.fixture
def host(installation, smarthost):
    """A smart host that must not be spoken to."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    installation.configure_relay(host)
    return host


def selftest(installation, *arguments, **options):
    command = [installation.prefix / "bin/gatepost", "selftest", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    stdout, stderr = process.communicate(timeout=60)
    assert [path for folder in FOLDERS for path in Path(folder).glob(f"gatepost-selftest-{process.pid}-*")] == []
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def rows_of(done, word):
    """Return which rows begin with this word; each line of the table is a row that we know, and each row is there."""
    lines = done.stdout.splitlines()
    assert done.stderr == ""
    assert len(lines) == len(ROWS), done.stdout
    return {name for name, text in ROWS.items() for line in lines if text in line and line.startswith(f"{word} ")}


@pytest.mark.parametrize(
    ("mode", "untried"),
    [(0o6755, set()), (0o2755, set()), (0o755, PRIVILEGED)],
    ids=["6755", "2755", "without-set-id"],
)
@pytest.mark.parametrize("login", ["nobody", "alice"])
def test_everything_holds_and_nothing_is_sent(installation, host, mode, untried, login):
    installation.mode(mode)
    done = selftest(installation, "--as", installation.logins.get(login, login))
    assert rows_of(done, "holds") == set(ROWS) - untried, done.stdout
    assert rows_of(done, "warn") == untried
    assert done.returncode == 0
    host.settle()
    assert host.connections == 0
    assert_no_canary(CANARY, done.stdout, installation.log)


def test_the_process_that_can_connect_to_the_socket_is_not_taken_for_the_helper(installation, host, second_door):
    """Root's sendmail has one where gatepost.socket exists; it stays root by name, without capabilities."""
    second_door(installation)
    done = selftest(installation)
    assert rows_of(done, "holds") == set(ROWS), done.stdout
    assert done.returncode == 0


def test_the_log_has_only_the_command_lines_that_were_refused(installation, host):
    selftest(installation)
    lines = installation.log_lines()
    assert len(lines) == 5
    assert all("caller=nobody " in line and "sendmail: usage: " in line for line in lines)


def test_who_attacks_is_who_has_become_root_by_sudo(installation, host):
    alice = installation.logins["alice"]
    for sudo_user, login in ((alice, alice), ("root", "nobody")):
        done = selftest(installation, "--json", env={"SUDO_USER": sudo_user})
        assert {row["facts"]["user"] for row in json.loads(done.stdout)} == {login}


def test_programs_are_told_the_same_as_json(installation, host):
    installation.launcher.chmod(0o4755)
    done = selftest(installation, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert len(told) == len(ROWS)
    (row,) = [row for row in told if ROWS["read"] in row["text"]]
    assert (row["verdict"], row["subject"], row["facts"]["broken_by"]) == ("holds", "files", [])


@pytest.mark.parametrize(
    ("weakening", "broken"),
    [(WEAK_PROCESS, WEAK_PROCESS_ROWS), (WEAK_PROGRAMS, WEAK_PROGRAMS_ROWS)],
    ids=["process", "programs"],
)
def test_a_defence_that_was_taken_out_is_missed(weakened, smarthost, weakening, broken):
    installation = weakened(weakening)
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    installation.configure_relay(host)
    done = selftest(installation)
    assert rows_of(done, "FAILS") == broken, done.stdout
    assert rows_of(done, "holds") == set(ROWS) - broken
    assert done.returncode == 1
    assert "not proved" not in done.stdout
    host.settle()
    assert host.connections == 0


@pytest.mark.parametrize(
    ("spoil", "broken", "told"),
    [
        (lambda made: made.configuration.chmod(0o644), {"read"}, "open {0.configuration}"),
        (lambda made: made.configuration.chmod(0o646), {"read", "write"}, "open {0.configuration} for writing"),
        (lambda made: made.sysconfdir.chmod(0o757), {"write"}, "replace files in {0.sysconfdir}"),
        (lambda made: made.launcher.chmod(0o6757), {"launcher"}, "{0.launcher}"),
    ],
    ids=["readable", "writable", "exchangeable", "launcher"],
)
def test_a_mode_that_is_wrong_is_used(installation, host, spoil, broken, told):
    spoil(installation)
    try:
        done = selftest(installation)
    finally:
        installation.sysconfdir.chmod(0o755)
    assert rows_of(done, "FAILS") >= broken, done.stdout
    assert done.returncode == 1
    assert told.format(installation) in done.stdout


def test_a_secret_for_everybody_is_found_by_its_name(installation, host):
    installation.secrets.chmod(0o755)
    (installation.secrets / "relay.password").chmod(0o644)
    done = selftest(installation)
    assert {"read", "own configuration"} <= rows_of(done, "FAILS")
    assert f"open {installation.secrets}/relay.password" in done.stdout
    assert_no_canary(CANARY, done.stdout)


def test_a_program_that_is_asked_for_the_password_is_no_obstacle(installation, smarthost):
    host = smarthost(tls="starttls")
    program = installation.root / "password"
    program.write_text("#!/bin/sh\necho canary\n")
    program.chmod(0o755)
    installation.configure_relay(host, auth={"user": "ws1", "password_command": [str(program)]})
    done = selftest(installation)
    assert rows_of(done, "holds") == set(ROWS), done.stdout
    assert host.connections == 0


def test_what_cannot_be_tried_is_told_with_its_reason(installation, smarthost):
    """Who is trusted may claim to be anybody: that is no attack."""
    installation.configure_relay(smarthost(), {"trusted_users": ["nobody"]})
    done = selftest(installation)
    assert rows_of(done, "warn") == {"claim"}
    assert "cannot be tried here: the configuration allows nobody any reverse-path" in done.stdout
    assert done.returncode == 0


def test_where_no_helper_starts_nothing_is_proved(installation, host):
    """A promise that was not put to the test must not be said to hold."""
    installation.launcher.chmod(0o4755)
    done = selftest(installation)
    assert {"launcher", "environment", "rights", "memory", "core"} <= rows_of(done, "FAILS"), done.stdout
    assert f"not proved: {installation.launcher} has the wrong owner or mode" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("login", "told"),
    [
        ("nobody-there", "there is no user nobody-there: choose another with --as USER"),
        ("root", "root is not an ordinary user: choose another with --as USER"),
        ("mail", "{0} is not an ordinary user: choose another with --as USER"),
        ("null", "{0} is not an ordinary user: choose another with --as USER"),
    ],
)
def test_an_attacker_with_other_rights_is_none(installation, host, login, told):
    name = installation.logins.get(login, login)
    done = selftest(installation, "--as", name)
    assert (done.returncode, done.stdout, done.stderr) == (64, "", f"gatepost: usage: {told.format(name)}\n")


def test_only_root_can_attack_in_the_name_of_others(installation, host):
    nobody = pwd.getpwnam("nobody")
    done = selftest(installation, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], env={"PATH": os.defpath})
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == "gatepost: usage: only root can run selftest: sudo gatepost selftest\n"

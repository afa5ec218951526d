"""password_command: a program of root's, run with the service user's rights, out of reach of the caller."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from tests.support.process import wait_for

MESSAGE = b"Subject: asked for\n\nhello\n"
SECRET = "canary-from-a-command"

SPY = """#!/bin/sh
cd {folder}
env > env
cat /proc/self/status > status
ls -l /proc/self/fd > descriptors
echo "$@" > arguments
echo {secret}
"""


@pytest.fixture
def place(installation):
    """Return a folder of root's for programs, with one in it that only the service user can write to."""
    folder = installation.root / "programs"
    folder.mkdir(exist_ok=True)
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    os.chown(out, installation.account("mail").pw_uid, installation.account("mail").pw_gid)
    out.chmod(0o770)
    return folder


def program(place, text: str, mode: int = 0o755):
    path = place / "ask"
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def configure(installation, host, command, kind="password_command"):
    auth = {"user": "ws1", kind: [str(word) for word in command], "allow_plaintext": True}
    installation.configure(installation.relay_configuration(host, auth=auth))


@pytest.fixture
def host(smarthost):
    return smarthost(auth={"ws1": SECRET}, allow_plaintext_auth=True)


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize("mode", [0o6755, 0o2755])
def test_the_program_has_the_service_users_rights_and_nothing_of_the_callers(installation, host, place, user, mode):
    installation.mode(mode)
    spy = program(place, SPY.format(folder=place / "out", secret=SECRET))
    configure(installation, host, [spy, "one", "$two; three"])
    result = installation.send("bob@x.example", stdin=MESSAGE, user=user, env={"BASH_ENV": "/x", "EVIL": "yes"})
    installation.mode(0o6755)
    assert (result.status, result.stderr) == (0, "")
    out = {file.name: file.read_text() for file in (place / "out").iterdir()}
    assert out["arguments"] == "one $two; three\n"
    assert "EVIL" not in out["env"]
    assert "BASH_ENV" not in out["env"]
    ids = {line.split(":")[0]: line.split()[1:] for line in out["status"].splitlines() if line[:3] in ("Uid", "Gid")}
    service = installation.account("mail")
    assert ids["Gid"] == [str(service.pw_gid)] * 4
    if mode == 0o6755 or user == "root":
        assert ids["Uid"] == [str(service.pw_uid)] * 4
    assert "socket:" not in out["descriptors"], "the program could speak for the helper"


def test_the_password_never_shows(installation, host, place):
    spy = program(place, f"#!/bin/sh\necho {SECRET}\n")
    configure(installation, host, [spy])
    result = installation.send("-v", "bob@x.example", stdin=MESSAGE)
    assert result.status == 0
    assert SECRET not in result.stderr + result.stdout + "".join(result.log_lines)


def test_a_token_command_gives_a_token(installation, smarthost, place):
    host = smarthost(auth={"ws1": SECRET}, mechanisms=("XOAUTH2", "PLAIN"), allow_plaintext_auth=True)
    configure(installation, host, [program(place, f"#!/bin/sh\necho {SECRET}\n")], "token_command")
    assert installation.send("bob@x.example", stdin=MESSAGE).status == 0
    host.settle()
    assert host.session.mechanism == "XOAUTH2"


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("#!/bin/sh\nexit 3\n", 0o755, "failed with status 3"),
        ("#!/bin/sh\nkill -9 $$\n", 0o755, "failed with status -9"),
        ("#!/bin/sh\necho x\n", 0o644, "cannot be executed"),
        ("#!/bin/sh\n", 0o755, "gives nothing: a password was expected"),
        ("#!/bin/sh\necho one; echo two\n", 0o755, "gives more than one line, or a NUL"),
        ("#!/bin/sh\nhead -c 20000 /dev/zero | tr '\\0' x\n", 0o755, "wrote more than 16384 octets"),
        ("#!/bin/sh\necho x\n", 0o757, "can be written by others than root: chmod go-w"),
        ("#!/bin/sh\necho x\n", 0o775, "can be written by others than root: chmod go-w"),
    ],
)
def test_a_program_that_fails_or_is_unsafe_stops_the_send(installation, host, place, text, mode, reason):
    ask = program(place, text, mode)
    configure(installation, host, [ask])
    result = installation.send("bob@x.example", stdin=MESSAGE)
    assert (result.status, result.stderr) == (1, f"sendmail: not sent: {ask}: {reason}\n")
    assert "to=<bob@x.example>" in result.log_line
    assert host.connections == 0


def test_a_program_that_is_missing_or_of_another_user_stops_the_send(installation, host, place):
    configure(installation, host, [place / "nowhere"])
    assert "cannot be found" in installation.send("bob@x.example", stdin=MESSAGE).stderr
    ask = program(place, "#!/bin/sh\necho x\n")
    os.chown(ask, installation.account("alice").pw_uid, 0)
    configure(installation, host, [ask])
    assert "must belong to root" in installation.send("bob@x.example", stdin=MESSAGE).stderr


@pytest.mark.parametrize("mode", [0o6755, 0o2755])
def test_the_caller_cannot_read_the_memory_of_the_program(installation, host, place, mode):
    """In the set-gid installation the program has the caller's user id: its group is what shields it."""
    installation.mode(mode)
    ask = program(place, f"#!/bin/sh\necho $$ > {place}/out/pid\nsleep 2\necho {SECRET}\n")
    (place / "out/pid").unlink(missing_ok=True)
    configure(installation, host, [ask])
    process = installation.start("bob@x.example")
    try:
        wait_for(lambda: (place / "out/pid").exists() and (place / "out/pid").read_text().strip(), "the program")
        pid = (place / "out/pid").read_text().strip()
        for file in ("mem", "environ", "maps", "fd/1"):
            attempt = installation.run_as("alice", "cat", f"/proc/{pid}/{file}")
            assert attempt.status != 0, file
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        installation.mode(0o6755)


def test_control_with_the_callers_group_the_memory_can_be_read(weakened, smarthost):
    """Without the change of groups the program is the caller's in every respect, set-gid installation."""
    old = "        os.setresgid(group, group, group)\n"
    new = "        os.setresgid(os.getgid(), os.getgid(), os.getgid())\n"
    installation = weakened({"helper/privileged/command.py": {old: new}})
    host = smarthost(auth={"ws1": SECRET}, allow_plaintext_auth=True)
    folder = installation.root / "programs"
    folder.mkdir(exist_ok=True)
    out = folder / "out"
    out.mkdir(exist_ok=True)
    out.chmod(0o777)
    installation.mode(0o2755)
    configure(installation, host, [program(folder, f"#!/bin/sh\necho $$ > {out}/pid\nsleep 2\necho {SECRET}\n")])
    process = installation.start("bob@x.example")
    try:
        wait_for(lambda: (out / "pid").exists() and (out / "pid").read_text().strip(), "the program")
        pid = (out / "pid").read_text().strip()
        assert installation.run_as("alice", "cat", f"/proc/{pid}/environ").status == 0
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        installation.mode(0o6755)


# What alice writes, and the service user would execute with the way in which a command names it.
TRAP = "#!/bin/sh\nid -u > {mark}\necho {secret}\n"
NAMED = {
    "argument": ("/bin/sh", "{home}/x"),
    "after-equals": ("/usr/bin/env", "ENV={home}/x", "/bin/sh", "{home}/x"),
    "through-a-link": ("/bin/sh", "{place}/link"),
    "from-the-root": ("/bin/sh", "{home_from_root}/x"),
    "in-a-line-of-an-interpreter": ("{place}/ask",),
    "in-her-folder": ("/bin/sh", "{home}/roots"),
}


def trap(installation, place):
    """Have alice lay the trap; return where its mark will be, and what the names in a command stand for."""
    alice = installation.account("alice")
    mark, home = place / "out/mark", place / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    for name in ("x", "roots"):
        (home / name).write_text(TRAP.format(mark=mark, secret=SECRET))
        (home / name).chmod(0o755)
    os.chown(home, alice.pw_uid, alice.pw_gid)
    os.chown(home / "x", alice.pw_uid, alice.pw_gid)
    link = place / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(home / "x")
    program(place, f"#!/bin/sh {home}/x\n")
    return mark, {"home": home, "place": place, "home_from_root": str(home)[1:]}


@pytest.mark.parametrize("name", NAMED)
def test_a_command_in_which_a_user_has_a_say_is_not_run(installation, host, place, name):
    mark, names = trap(installation, place)
    configure(installation, host, [word.format(**names) for word in NAMED[name]])
    result = installation.send("bob@x.example", stdin=MESSAGE)
    assert (result.status, mark.exists()) == (1, False)
    assert "must belong to root or " in result.stderr
    assert host.connections == 0


def test_a_file_of_the_service_users_own_is_taken(installation, host, place):
    """A program that keeps a token itself has it where only the service user can write."""
    script = place / "out/state"
    script.write_text(f"echo {SECRET}\n")
    os.chown(script, installation.account("mail").pw_uid, installation.account("mail").pw_gid)
    script.chmod(0o600)
    (place / "out").chmod(0o700)
    configure(installation, host, ["/bin/sh", script])
    assert installation.send("bob@x.example", stdin=MESSAGE).stderr == ""


def test_control_a_command_that_nobody_looks_at_runs_what_a_user_wrote(weakened, smarthost):
    old = "    refuse_unsafe_command(command, keeper)\n"
    installation = weakened({"helper/privileged/command.py": {old: ""}})
    host = smarthost(auth={"ws1": SECRET}, allow_plaintext_auth=True)
    place = installation.root / "programs"
    place.mkdir(exist_ok=True)
    out = place / "out"
    out.mkdir(exist_ok=True)
    out.chmod(0o777)
    for command in NAMED.values():
        mark, names = trap(installation, place)
        mark.unlink(missing_ok=True)
        configure(installation, host, [word.format(**names) for word in command])
        assert installation.send("bob@x.example", stdin=MESSAGE).status == 0
        assert mark.read_text() == f"{installation.account('mail').pw_uid}\n"

"""K4, K5: password_command: a program of root's, run with the service user's rights, out of reach of the caller."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.support.process import status_of, wait_for

COMMAND, SUPERVISE = "helper/privileged/command.py", "helper/privileged/supervise.py"
WITHOUT_THE_LOOKS = {
    COMMAND: {
        "        refuse_callers_uid(program)\n        refuse_tight_limits(program)\n": "        pass\n",
        "_signal.SIGCHLD, _signal.SIG_IGN)": "_signal.SIGCHLD, _signal.SIG_DFL)",
    }
}
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


def configure(installation, host, command, kind="password_command", **main):
    auth = {"user": "ws1", kind: [str(word) for word in command], "allow_plaintext": True}
    installation.configure(installation.relay_configuration(host, main, auth=auth))


@pytest.fixture
def host(smarthost):
    return smarthost(auth={"ws1": SECRET}, allow_plaintext_auth=True)


@pytest.mark.parametrize(("mode", "user"), [(0o6755, "alice"), (0o6755, "root"), (0o2755, "root")])
def test_the_program_has_the_service_users_rights_and_nothing_of_the_callers(installation, host, place, user, mode):
    installation.mode(mode)
    spy = program(place, SPY.format(folder=place / "out", secret=SECRET))
    configure(installation, host, [spy, "one", "$two; three"])
    names = ("BASH_ENV", "EVIL", "HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
    result = installation.send("bob@x.example", stdin=MESSAGE, user=user, env=dict.fromkeys(names, "/callers"))
    installation.mode(0o6755)
    assert (result.status, result.stderr) == (0, "")
    out = {file.name: file.read_text() for file in (place / "out").iterdir()}
    assert out["arguments"] == "one $two; three\n"
    assert "/callers" not in out["env"]
    assert not [name for name in names if f"{name}=" in out["env"]]
    ids = {line.split(":")[0]: line.split()[1:] for line in out["status"].splitlines() if line[:3] in ("Uid", "Gid")}
    service = installation.account("mail")
    assert ids["Gid"] == [str(service.pw_gid)] * 4
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
        ("#!/bin/sh\necho what the caller must not know >&2; exit 3\n", 0o755, "failed with status 3"),
        ("#!/bin/sh\nkill -9 $$\n", 0o755, "failed with status -9"),
        ("#!/bin/sh\necho x\n", 0o644, "cannot be executed"),
        ("#!/bin/sh\n", 0o755, "is empty: a password was expected"),
        ("#!/bin/sh\necho one; echo two\n", 0o755, "has more than one line, or a NUL"),
        ("#!/bin/sh\nhead -c 20000 /dev/zero | tr '\\0' x\n", 0o755, "wrote more than 16384 octets"),
        ("#!/bin/sh\necho x\n", 0o757, "can be written by users other than root: chmod go-w"),
        ("#!/bin/sh\necho x\n", 0o775, "can be written by users other than root: chmod go-w"),
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


def memory_is_open(installation, place):
    """Start a send that waits for its program, and return the files of /proc of the program that alice can read."""
    (place / "out/pid").unlink(missing_ok=True)
    process = installation.start("bob@x.example")
    try:
        wait_for(lambda: (place / "out/pid").exists() and (place / "out/pid").read_text().strip(), "the program")
        pid = (place / "out/pid").read_text().strip()
        files = ("mem", "environ", "maps", "fd/1")
        return [file for file in files if installation.run_as("alice", "cat", f"/proc/{pid}/{file}").status == 0]
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_the_caller_cannot_read_the_memory_of_the_program(installation, host, place):
    ask = program(place, f"#!/bin/sh\necho $$ > {place}/out/pid\nsleep 2\necho {SECRET}\n")
    configure(installation, host, [ask])
    assert memory_is_open(installation, place) == []


def test_control_with_the_callers_ids_the_memory_can_be_read(weakened, smarthost):
    installation = weakened(
        {SUPERVISE: {"    group, user = os.getegid(), os.geteuid()\n": "    group, user = os.getgid(), os.getuid()\n"}}
    )
    host = smarthost(auth={"ws1": SECRET}, allow_plaintext_auth=True)
    folder = open_place(installation)
    configure(installation, host, [program(folder, f"#!/bin/sh\necho $$ > {folder}/out/pid\nsleep 2\necho {SECRET}\n")])
    assert "environ" in memory_is_open(installation, folder)


# Set-gid alone, the program would be the caller's and have the rights of the service user's group


def steal(installation, host, place):
    """Have a program in Python run what alice left in her home, and return what that has found."""
    home = Path(installation.account("alice").pw_dir)
    site = home / f".local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    theft = f"import shutil\nshutil.copy({str(installation.secrets / 'other')!r}, {str(home / 'stolen')!r})\n"
    installation.run_as("alice", "/bin/mkdir", "-p", str(site))
    installation.run_as("alice", "/usr/bin/tee", str(site / "usercustomize.py"), stdin=theft.encode())
    auth = {"user": "ws1", "password_command": [str(place / "ask")], "allow_plaintext": True}
    installation.configure(installation.relay_configuration(host, auth=auth), {"other": SECRET})
    program(place, f"#!/usr/bin/python3\nprint({SECRET!r})\n")
    try:
        result = installation.send("bob@x.example", stdin=MESSAGE)
        return result, (home / "stolen").read_text() if (home / "stolen").exists() else None
    finally:
        (home / "stolen").unlink(missing_ok=True)
        shutil.rmtree(home / ".local")
        installation.mode(0o6755)


@pytest.mark.parametrize("kind", ["password_command", "token_command"])
def test_set_gid_alone_an_ordinary_callers_send_runs_no_program(installation, host, place, kind):
    installation.mode(0o2755)
    spy = program(place, SPY.format(folder=place / "out", secret=SECRET))
    configure(installation, host, [spy], kind)
    result = installation.send("bob@x.example", stdin=MESSAGE)
    checked = installation.run_as("root", str(installation.prefix / "bin/gatepost"), "check")
    installation.mode(0o6755)
    name = installation.account("mail").pw_name
    assert result.status == 1
    assert result.reason == f"{spy}: needs the launcher to be {name}:{name} 6755, or gatepost.socket"
    assert "to=<bob@x.example>" in result.log_line
    assert not list((place / "out").iterdir())
    assert host.connections == 0
    assert checked.status == 1
    assert f"needs the launcher to be {name}:{name} 6755" in checked.stdout


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_nothing_of_the_callers_runs_beside_the_secrets(installation, host, place, mode):
    installation.mode(mode)
    result, stolen = steal(installation, host, place)
    assert stolen is None
    assert (result.status == 0) is (mode == 0o6755)


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_behind_gatepost_socket_a_program_runs_in_either_mode(installation, host, place, second_door, mode):
    installation.mode(mode)
    configure(installation, host, [program(place, f"#!/bin/sh\necho {SECRET}\n")])
    second_door(installation)
    result = installation.send("bob@x.example", stdin=MESSAGE, through=("/usr/bin/setpriv", "--no-new-privs"))
    installation.mode(0o6755)
    assert (result.status, result.stderr) == (0, "")


# The caller's limits and signals


LEAST = {
    "fsize": (1 << 20, "ulimit -f 1024"),
    "nofile": (64, "ulimit -n 64"),
    "as": (256 << 20, "ulimit -v 262144"),
    "data": (256 << 20, "ulimit -d 262144"),
    "cpu": (60, "ulimit -t 60"),
    "nproc": (16, "ulimit -u 16"),
}
RENEWS = "#!/bin/sh\ncat {state}\necho {secret} >{state}\n"  # as a program does that keeps its token in a file


def renewing(installation, host, place):
    """Configure a program that writes its state anew each time; return the state's file."""
    state = place / "out/state"
    state.write_text(f"{SECRET}\n")
    os.chown(state, installation.account("mail").pw_uid, -1)
    ask = program(place, RENEWS.format(state=state, secret=SECRET))
    configure(installation, host, [ask], log="syslog")  # a log file has a limit of its own
    return state


def under(**limits):
    """Return what runs a command with these hard limits."""
    return {"through": ("/usr/bin/prlimit", *(f"--{name}={value}:{value}" for name, value in limits.items()))}


def test_a_program_is_not_run_under_limits_that_could_break_it(installation, host, place):
    state = renewing(installation, host, place)
    for name, (least, remedy) in LEAST.items():
        result = installation.send("bob@x.example", stdin=MESSAGE, **under(**{name: least - 1}))
        reason = f"a hard limit of the caller is too low for {place / 'ask'}: it has to allow {remedy}"
        assert (result.status, result.reason) == (1, reason)
    assert host.connections == 0
    assert state.read_text() == f"{SECRET}\n"
    enough = under(**{name: least for name, (least, _) in LEAST.items()})
    assert installation.send("bob@x.example", stdin=MESSAGE, **enough).status == 0
    soft = {"through": ("/usr/bin/prlimit", "--fsize=0:", "--nproc=16:", "--nofile=16:")}
    assert installation.send("bob@x.example", stdin=MESSAGE, **soft).status == 0
    assert state.read_text() == f"{SECRET}\n"


def test_a_limit_that_is_too_low_is_logged_with_the_recipients(installation, host, place):
    configure(installation, host, [program(place, f"#!/bin/sh\necho {SECRET}\n")])
    result = installation.send("bob@x.example", stdin=MESSAGE, **under(nofile=LEAST["nofile"][0] - 1))
    assert "to=<bob@x.example>" in result.log_line


def left_by_a_stopped_helper(installation, host, place):
    """Stop a helper that waits for its program, let the program end, and count the service user's processes then."""
    gate, pid = place / "out/gate", place / "out/pid"
    for file in (gate, pid):
        file.unlink(missing_ok=True)
    waits = f"#!/bin/sh\necho $PPID >{pid}\nuntil [ -e {gate} ]; do sleep 0.05; done\necho {SECRET}\n"
    configure(installation, host, [program(place, waits)])
    process = installation.start("bob@x.example")
    try:
        wait_for(lambda: pid.exists() and pid.read_text().strip(), "the program")
        helper = int(status_of(int(pid.read_text()))["PPid"])  # the parent of the supervisor
        assert installation.run_as("alice", "/bin/kill", "-STOP", str(helper)).status == 0
        gate.touch()
        own = str(installation.account("mail").pw_uid)
        ended = time.monotonic() + 2
        while (left := with_uid(own)) and time.monotonic() < ended:
            time.sleep(0.02)
        return left
    finally:
        installation.run_as("alice", "/bin/kill", "-CONT", str(helper))
        process.communicate(MESSAGE)


def with_uid(uid):
    """Return the processes with this real uid, zombies too: as the kernel counts them for RLIMIT_NPROC."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if status_of(pid).get("Uid", "x").split()[0] == uid]


def test_a_stopped_helper_leaves_no_process_of_the_service_users(installation, host, place):
    assert left_by_a_stopped_helper(installation, host, place) == []


def test_control_without_these_looks_a_secret_is_stolen_a_file_emptied_and_a_zombie_left(weakened, smarthost):
    """Set-gid alone alice's own code runs beside the secrets; her limit on files takes the token from everybody."""
    installation = weakened(WITHOUT_THE_LOOKS)
    host = smarthost(auth={"ws1": SECRET}, allow_plaintext_auth=True)
    place = open_place(installation)
    assert len(left_by_a_stopped_helper(installation, host, place)) == 1
    state = renewing(installation, host, place)
    installation.send("bob@x.example", stdin=MESSAGE, **under(fsize=0))
    assert state.read_text() == ""
    installation.mode(0o2755)
    assert steal(installation, host, place)[1] == SECRET


def left_by_an_interrupted_send(installation, host, place):
    """Have alice interrupt a send that waits for its program; return the service user's processes 2 s afterwards."""
    pid = place / "out/pid"
    pid.unlink(missing_ok=True)
    configure(installation, host, [program(place, f"#!/bin/sh\necho $$ >{pid}\nexec sleep 4\n")])
    process = installation.start("bob@x.example")
    wait_for(lambda: pid.exists() and pid.read_text().strip(), "the program")
    assert installation.run_as("alice", "/bin/kill", "-INT", str(process.pid)).status == 0
    process.communicate()
    own, ended = str(installation.account("mail").pw_uid), time.monotonic() + 2
    while (left := running_with_uid(own)) and time.monotonic() < ended:
        time.sleep(0.02)
    return left


def running_with_uid(uid):
    """Return the processes with this real uid that run; orphans that have ended are for the machine's init to reap."""
    return [pid for pid in with_uid(uid) if status_of(pid).get("State", "Z")[0] != "Z"]


def test_an_interrupted_send_leaves_no_process_of_the_service_users(installation, host, place):
    assert left_by_an_interrupted_send(installation, host, place) == []


def test_control_a_helper_that_does_not_look_at_its_frontend_stays_with_the_program(weakened, smarthost):
    look = "        poll.register(frontend, 0)  # only for its end (POLLHUP)\n"
    installation = weakened({COMMAND: {look: "        pass\n"}})
    host = smarthost(auth={"ws1": SECRET}, allow_plaintext_auth=True)
    place = open_place(installation)
    assert left_by_an_interrupted_send(installation, host, place) != []


def test_the_caller_can_stop_neither_the_program_nor_its_supervisor(installation, host, place):
    pid = place / "out/pid"
    pid.unlink(missing_ok=True)
    configure(installation, host, [program(place, f"#!/bin/sh\necho $$ $PPID >{pid}\nsleep 1\necho {SECRET}\n")])
    process = installation.start("bob@x.example")
    wait_for(lambda: pid.exists() and pid.read_text().strip(), "the program")
    for number in pid.read_text().split():
        assert installation.run_as("alice", "/bin/kill", "-STOP", number).status != 0
        assert installation.run_as("alice", "/usr/bin/prlimit", "--pid", number, "--fsize=0").status != 0
    process.communicate(MESSAGE)
    assert process.returncode == 0


def open_place(installation):
    """Return a folder for programs in a weakened installation, with one in it that everybody can write to."""
    folder = installation.root / "programs"
    (folder / "out").mkdir(parents=True, exist_ok=True)
    (folder / "out").chmod(0o777)
    return folder


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
    old = "    refuse_unsafe_command(command, owner)\n"
    installation = weakened({"helper/privileged/command.py": {old: ""}})
    host = smarthost(auth={"ws1": SECRET}, allow_plaintext_auth=True)
    place = open_place(installation)
    for command in NAMED.values():
        mark, names = trap(installation, place)
        mark.unlink(missing_ok=True)
        configure(installation, host, [word.format(**names) for word in command])
        assert installation.send("bob@x.example", stdin=MESSAGE).status == 0
        assert mark.read_text() == f"{installation.account('mail').pw_uid}\n"

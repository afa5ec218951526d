"""K1, K2: root's own commands beside a hostile user: `selftest` and `send-test` in directories, on terminals and with
processes that the user watches, exchanges and traces, and with a launcher that a taken-over service user has replaced.
"""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.misbehaviour import Silent

SOURCES = Path(__file__).parent / "c"
EXCHANGES = 500
CANARY = "canary-of-roots-environment"
# Root's shell: runs the command, and then reads what somebody has typed meanwhile.
SHELL = """
import os, select, subprocess, sys
os.set_inheritable(os.open("/etc/shadow", os.O_RDONLY), True)
status = subprocess.run(sys.argv[1:], close_fds=False).returncode
typed = os.read(0, 4096) if select.select([0], [], [], 0.1)[0] else b""
print(f"\\nended {status} {typed!r}")
"""
APART = "admin/apart.py"


def built(folder: Path, source: str, *options: str) -> Path:
    program = folder / Path(source).stem
    command = ["cc", "-D_GNU_SOURCE", "-O1", "-Wall", "-Werror", "-static", *options, "-o", program, SOURCES / source]
    subprocess.run(command, check=True)
    return program


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Return the two programs of the user's, where everybody can execute them."""
    folder = Path("/opt") / f"gatepost-attack-{os.getpid()}"
    folder.mkdir()
    try:
        yield {name: built(folder, f"{name}.c") for name in ("exchanger", "typist")}
    finally:
        shutil.rmtree(folder)


class Ended:
    """A command that root has run on a terminal: what the terminal showed, its status, and what was typed there."""

    def __init__(self, octets: bytes) -> None:
        self.shown, _, end = octets.replace(b"\r\n", b"\n").rpartition(b"\nended ")
        status, _, self.typed = end.strip().partition(b" ")
        self.status = int(status)
        self.lines = self.shown.decode("utf-8", "replace").splitlines()


def on_a_terminal(*command) -> Ended:
    """Run a command of root's as from a shell on a terminal, with a variable and a descriptor of root's."""
    pid, master = pty.fork()
    if pid == 0:
        environment = {"PATH": os.defpath, "SECRET": CANARY, "LANG": "C.UTF-8"}
        os.execve("/usr/bin/python3", ["python3", "-c", SHELL, *map(str, command)], environment)
    octets = b""
    with contextlib.suppress(OSError):  # EIO: nobody has the other side any more
        while part := os.read(master, 65536):
            octets += part
    os.close(master)
    os.waitpid(pid, 0)
    return Ended(octets)


@contextlib.contextmanager
def user_at_work(login_of, *command):
    """Run a program of the user's meanwhile; what it tells in the end is in the list that this gives."""
    account = login_of
    told: list[int] = []
    ids = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", **ids) as process:
        try:
            yield told
        finally:
            stdout, _ = process.communicate(timeout=60)
            told += map(int, stdout.split())


@pytest.fixture
def victim(installation):
    """Return a file and a directory of root's; whoever has touched them is told by assert_untouched()."""
    folder = installation.root / "roots"
    folder.mkdir(mode=0o700)
    (folder / "file").write_text("root's own\n")
    (folder / "file").chmod(0o600)
    (folder / "directory").mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder)


def is_untouched(victim) -> bool:
    file, directory = victim / "file", victim / "directory"
    return (
        file.read_bytes() == b"root's own\n"
        and (file.stat().st_uid, file.stat().st_mode & 0o7777) == (0, 0o600)
        and (directory.stat().st_uid, directory.stat().st_mode & 0o7777) == (0, 0o700)
        and list(directory.iterdir()) == []
    )


def is_clean(ended: Ended) -> bool:
    """Say whether a terminal was shown printable lines, and none of a user's making."""
    printable = all(octet == 10 or 32 <= octet < 127 for octet in ended.shown)
    return printable and not any(line.startswith("FAILS  forged") for line in ended.lines)


@pytest.mark.parametrize("who", ["alice", "nobody"])
def test_a_selftest_survives_a_user_who_exchanges_and_traces_everything(installation, smarthost, programs, victim, who):
    installation.configure_relay(smarthost(tls="starttls", auth={"ws1": "canary"}))
    account = installation.account(who)
    with (
        user_at_work(account, programs["exchanger"], victim / "file", victim / "directory") as exchanged,
        user_at_work(account, programs["typist"], CANARY) as typist,
    ):
        ended = on_a_terminal(installation.prefix / "bin/gatepost", "selftest", "--as", account.pw_name)
    assert exchanged[0] >= EXCHANGES
    assert is_untouched(victim)
    assert typist[1:] == [0, 0]
    assert ended.typed == b"b''"
    assert is_clean(ended)
    assert len(ended.lines) == 18, ended.shown


def test_a_selftest_says_what_it_could_not_try_where_a_user_ends_every_process(installation, smarthost):
    installation.configure_relay(smarthost())
    alice = installation.account("alice")
    ids = {"user": alice.pw_uid, "group": alice.pw_gid, "extra_groups": []}
    with subprocess.Popen(
        ["/bin/sh", "-c", "while :; do kill -9 -1; done"], stderr=subprocess.DEVNULL, **ids
    ) as killer:
        ended = on_a_terminal(installation.prefix / "bin/gatepost", "selftest", "--as", alice.pw_name)
        killer.kill()
    assert ended.status == 1
    assert is_clean(ended)
    assert ended.lines
    assert {line[:5] for line in ended.lines} <= {"holds", "warn ", "FAILS"}


def test_a_send_test_survives_a_user_who_traces_its_processes(installation, smarthost, programs):
    host = smarthost(at={"GREETING": Silent()})
    installation.configure_relay(host, command_timeout="2s")
    alice = installation.account("alice")
    with user_at_work(alice, programs["typist"], CANARY) as typist:
        ended = on_a_terminal(installation.prefix / "bin/gatepost", "send-test", "bob@x.example", "--as", alice.pw_name)
    assert typist[0] >= 1, "no process was traced, so that nothing was tried"
    assert typist[1:] == [0, 0]
    assert (ended.status, ended.typed) == (1, b"b''")
    assert is_clean(ended)


@contextlib.contextmanager
def launcher_replaced(installation):
    """Have the service user replace the launcher, and give the file in which the new one notes what it found."""
    folder = installation.root / "taken-over"
    folder.mkdir()
    report = folder / "report"
    report.touch()
    report.chmod(0o666)
    launcher = built(folder, "launcher.c", f'-DREPORT="{report}"')
    kept = installation.launcher.rename(folder / "kept")
    try:
        shutil.copyfile(launcher, installation.launcher)
        installation.mode(0o6755)
        yield report
    finally:
        kept.rename(installation.launcher)
        shutil.rmtree(folder)


COMMANDS = {"selftest": ("selftest",), "send-test": ("send-test", "bob@x.example")}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_launcher_that_was_replaced_meets_no_terminal_descriptor_or_variable_of_roots(installation, smarthost, name):
    installation.configure_relay(smarthost())
    alice = installation.logins["alice"]
    with launcher_replaced(installation) as report:
        ended = on_a_terminal(installation.prefix / "bin/gatepost", *COMMANDS[name], "--as", alice)
        found = report.read_text().splitlines()
    assert set(found) - {"20 0 0 0"} == {"0 0 0 0"}  # one attack of selftest's hands down twenty of the user's own
    assert (ended.status, ended.typed) == (1, b"b''")
    assert is_clean(ended)


@pytest.fixture
def roots_configuration(victim):
    """Write a file of root's that msmtp's reader would take, and return a word in it."""
    (victim / "file").write_text("host secret.example\nport 587\ntls on\n")
    return "secret.example"


def told_by_migrate(installation, victim):
    alice = installation.account("alice")
    named = Path(alice.pw_dir, ".msmtprc")
    named.symlink_to(victim / "file")
    os.chown(named, alice.pw_uid, alice.pw_gid, follow_symlinks=False)
    try:
        return on_a_terminal(installation.prefix / "bin/gatepost", "migrate", "msmtp", "--from", named, "--dry-run")
    finally:
        named.unlink()


def test_a_link_in_a_users_home_leads_migrate_to_no_file_of_roots(installation, victim, roots_configuration):
    ended = told_by_migrate(installation, victim)
    assert ended.status == 1
    assert f"cannot be read by {installation.logins['alice']}: Permission denied" in ended.lines[-1]
    assert roots_configuration.encode() not in ended.shown


def test_control_root_follows_the_link(without_defences, victim, roots_configuration):
    assert roots_configuration.encode() in told_by_migrate(without_defences, victim).shown


def weak(account):
    """Return what is taken out for the controls, all at once: each shows in an attack of its own."""
    return {
        APART: {"        os.setsid()\n": "", "    os.closerange(len(high), ABOVE_ALL)\n": ""},
        "admin/selftest/attacker.py": {
            "        with Apart(self.who, work, TIME_LIMIT_S) as made:\n": (
                "        with Apart(None if work.__name__ == 'tell' else self.who, work, TIME_LIMIT_S) as made:\n"
            ),
            "    os.chmod(directory, 0o755)": (
                f"    os.chown(directory, {account.pw_uid}, {account.pw_gid})\n    os.chmod(directory, 0o755)"
            ),
        },
        "admin/migrate/read.py": {
            "    owner = exchanger_of(path) if os.geteuid() == 0 else None\n": "    owner = None\n",
        },
        "admin/finding.py": {
            "shown(os.fsencode(each.line))": "each.line",
        },
    }


@pytest.fixture
def without_defences(weakened, shared_installation, smarthost):
    installation = weakened(weak(shared_installation.account("alice")))
    installation.configure_relay(smarthost())
    return installation


def test_control_root_at_work_in_the_users_directory_is_led_to_a_file_of_roots(without_defences, programs, victim):
    alice = without_defences.account("alice")
    with user_at_work(alice, programs["exchanger"], victim / "file", victim / "directory"):
        ended = on_a_terminal(without_defences.prefix / "bin/gatepost", "selftest", "--as", alice.pw_name)
    assert not is_untouched(victim)
    assert not is_clean(ended)


@pytest.mark.parametrize("name", COMMANDS)
def test_control_in_roots_session_a_launcher_that_was_replaced_types_into_roots_shell(without_defences, name):
    alice = without_defences.logins["alice"]
    with launcher_replaced(without_defences) as report:
        ended = on_a_terminal(without_defences.prefix / "bin/gatepost", *COMMANDS[name], "--as", alice)
        found = {tuple(map(int, line.split())) for line in report.read_text().splitlines()}
    assert b"touch /pwned" in ended.typed
    assert any(terminal for *_, terminal in found)


def test_control_in_roots_session_a_user_types_by_a_process_of_their_own(without_defences, smarthost, programs):
    host = smarthost(at={"GREETING": Silent()})
    without_defences.configure_relay(host, command_timeout="2s")
    alice = without_defences.account("alice")
    with user_at_work(alice, programs["typist"], CANARY) as typist:
        ended = on_a_terminal(
            without_defences.prefix / "bin/gatepost", "send-test", "bob@x.example", "--as", alice.pw_name
        )
    assert typist[1] >= 1
    assert b"touch /pwned" in ended.typed

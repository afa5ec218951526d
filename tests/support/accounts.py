"""Accounts that exist for a test run only."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import pwd
import signal
import stat
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from helper.sandbox.system_calls import MACHINES, REFUSED

# Where everybody may write.
PUBLIC = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/run/user", "/var/mail", "/var/crash")

LIBC = ctypes.CDLL(None, use_errno=True)
SET_IDS = REFUSED["setresuid"][MACHINES.index(os.uname().machine)]


@contextlib.contextmanager
def machine_lock() -> Iterator[None]:
    """Keep other test processes from changing accounts at the same time; the lock leaves nothing behind."""
    folder = os.open("/opt", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def make_account(login: str, full_name: str, home: Path) -> None:
    """Create an ordinary user with a home folder."""
    run("useradd", "--user-group", "--no-create-home", "--home-dir", home, "--shell", "/bin/sh", "-c", full_name, login)
    account = pwd.getpwnam(login)
    home.parent.mkdir(exist_ok=True)
    home.mkdir(mode=0o700)
    os.chown(home, account.pw_uid, account.pw_gid)


def logins_of(tag: str) -> list[str]:
    """Return the accounts that were made for a test process."""
    return [
        each.pw_name
        for each in pwd.getpwall()
        if each.pw_name.startswith("gptest-") and each.pw_name.endswith(f"-{tag}")
    ]


def remove_account(login: str) -> None:
    """Remove a user of ours, its group, and first whatever it still runs."""
    try:
        uid = pwd.getpwnam(login).pw_uid
    except KeyError:
        return
    end = time.monotonic() + 5
    while (left := processes_of({uid})) and time.monotonic() < end:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    run("userdel", login)


def processes_of(uids: set[int]) -> list[int]:
    """Return the living processes that have one of these uids, as the real or the saved one of them.

    After each test all processes are looked at. Who may send a signal is asked first: that takes a tenth of the time of
    reading what /proc says of each.
    """
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    within_reach = {pid for uid in uids for pid in within_reach_of(uid, pids)}
    return [pid for pid in pids if pid in within_reach and uids & uids_of(str(pid))]


def within_reach_of(uid: int, pids: Iterable[int]) -> list[int]:
    """Return to which of these processes a user may send signals (kill(2)); zombies are among them."""
    become(uid, 0)
    try:
        return [pid for pid in pids if accepts_signals(pid)]
    finally:
        become(0, 0)


def become(uid: int, saved: int) -> None:
    """Change the ids of this thread alone: the smart hosts in other threads stay what they are."""
    assert LIBC.syscall(SET_IDS, uid, uid, saved) == 0, "only root can become other users"


def accepts_signals(pid: int) -> bool:
    """Say whether this thread may send signals to a process."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def uids_of(pid: str) -> set[int]:
    """Return the uids of a process; none for one that has ended."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            status = file.read()
    except OSError:
        return set()
    state, uids = (status.partition(b"\n" + name + b":\t")[2].partition(b"\n")[0] for name in (b"State", b"Uid"))
    return set() if state[:1] in (b"Z", b"X") else set(map(int, uids.split()))


def files_of(uids: set[int], homes: Iterable[str]) -> set[str]:
    """Return the files and folders of these users, in their homes and wherever everybody may write."""
    found: set[str] = set()
    folders = [*PUBLIC, *homes]
    while folders:
        for path in paths_in(folders.pop()):
            with contextlib.suppress(FileNotFoundError):  # other test processes have files there, too
                status = os.lstat(path)
                found |= {path} if status.st_uid in uids else set()
                # In a folder that they cannot write, others have files: the tests alone some thousands.
                if stat.S_ISDIR(status.st_mode) and (status.st_uid in uids or status.st_mode & stat.S_IWOTH):
                    folders.append(path)
    return found


def paths_in(folder: str) -> list[str]:
    """Return what is in a folder, nothing for one that is not there."""
    try:
        return [f"{folder}/{name}" for name in os.listdir(folder)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def run(*command: str | Path) -> None:
    """Run a command; what it says is shown only when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout.decode('utf-8', 'replace')}"

"""Attacks on the launcher: everything that the caller of a set-id program decides about its process."""

from __future__ import annotations

import ctypes
import os
import resource
import signal

from admin.configuration import read_configuration
from admin.configured_commands import commands
from admin.finding import Caution, reason
from admin.installed import CODE, check_launcher
from admin.selftest.attacker import Attacker
from admin.selftest.held import held, status_now, told
from admin.selftest.proof import Proof
from admin.selftest.unreadable_files import ways_to_change
from helper.failure import Failure, SystemFault
from helper.privileged import paths

PR_SET_NO_NEW_PRIVS = 38
CONSTANT_ARGUMENTS = [paths.PYTHON, "-I", "-S", "-B", str(CODE / "helper/__main__.py")]
UNHEARD = {signal.SIGPIPE, signal.SIGXFSZ}  # which the interpreter ignores by itself


def change(attacker: Attacker) -> list[str]:
    """Change or replace it."""
    try:
        check_launcher()
    except Caution:  # without a set-id bit there is less to gain, and yet it is executed by all
        pass
    except Failure as failure:
        return [reason(failure)]
    return attacker.do(lambda: ways_to_change([paths.LAUNCHER]))


def start_by_hand(attacker: Attacker) -> list[str]:
    """Start it without a frontend on its channel."""
    done = attacker.run(paths.LAUNCHER)
    is_refused = done.status == 1 and b"not by hand" in done.stderr
    return [] if is_refused else [f"it went on, and ended with status {done.status}"]


def start_without_effect(attacker: Attacker) -> list[str]:
    """Start it where its set-id bits have no effect: a program that goes on regardless is not the one we tested."""
    try:
        with held(attacker, prepare=renounce_new_privileges):
            return ["a helper without the service user's rights went on"]
    except SystemFault:
        return []


def renounce_new_privileges() -> None:
    """Have the kernel ignore set-id bits from now on."""
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def misname(attacker: Attacker) -> list[str]:
    """Start it by another name and with arguments: an interpreter takes its library from where its name leads."""
    with held(attacker, arguments=[attacker.path("bin/python3"), "-c", "raise SystemExit", "\x1b%n"]) as pid:
        arguments = told(pid, "cmdline").decode("utf-8", "replace").split("\0")[:-1]
    return [] if arguments == CONSTANT_ARGUMENTS else [f"the helper's arguments are {arguments}"]


def hand_down(attacker: Attacker) -> list[str]:
    """Start it with an unusual state of the process."""
    own = attacker.write("own", "")

    def prepare() -> None:
        for _ in range(20):
            os.set_inheritable(os.open(own, os.O_RDONLY), True)
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, *UNHEARD}:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        os.umask(0)
        hard_limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard_limit, hard_limit))

    with held(attacker, prepare) as pid:
        return inherited(pid, own)


def inherited(pid: int, own: str) -> list[str]:
    """Return the parts of that state that a helper has inherited."""
    status = status_now(pid)
    files = [os.readlink(f"/proc/{pid}/fd/{number}") for number in sorted(map(int, os.listdir(f"/proc/{pid}/fd")))]
    ignored = int(status["SigIgn"], 16) & ~sum(1 << (number - 1) for number in ignored_by_helper())
    found = {
        "its descriptors": own in files or files[:3] != [os.devnull] * 3,
        "its blocked signals": int(status["SigBlk"], 16) != 0,
        "its ignored signals": ignored != 0,
        "its umask": status["Umask"] != "0077",
        "its working directory": os.readlink(f"/proc/{pid}/cwd") != "/",
        "its limit for core files": core_limit(pid) != "0",
    }
    return [name for name, is_so in found.items() if is_so]


def ignored_by_helper() -> set[signal.Signals]:
    """Return the signals that a helper ignores by itself; SIGCHLD where it asks a program for a password."""
    try:
        asks_program = bool(commands(read_configuration().configuration))
    except Failure:
        asks_program = False
    return UNHEARD | ({signal.SIGCHLD} if asks_program else set())


def core_limit(pid: int) -> str:
    """Return how large a core file of a process may be."""
    lines = told(pid, "limits").decode("utf-8", "replace").splitlines()
    return next((line.split()[4] for line in lines if line.startswith("Max core file size")), "not told")


PROOFS = (
    Proof("launcher", "its owner and mode are right, and user {user} can neither write nor replace it", change),
    Proof("launcher", "it refuses to run when started by hand", start_by_hand),
    Proof(
        "launcher", "it refuses to run where the kernel ignores its set-id bits (no_new_privs)", start_without_effect
    ),
    Proof("launcher", "its name and arguments have no effect on it", misname),
    Proof("launcher", "it passes on no descriptor, signal, umask, limit or directory of its caller", hand_down),
)

"""Attacks on the helper, which holds the password and has the attacker's own ids, once it has dropped."""

from __future__ import annotations

import os
import resource
import signal
from time import monotonic, sleep

from admin.finding import Caution
from admin.selftest.attacker import TIME_LIMIT_S, Attacker
from admin.selftest.held import has_only_rights_of, held, status_now
from admin.selftest.proof import Proof
from admin.selftest.spy import spy_on
from helper.failure import SystemFault
from helper.sandbox import landlock
from helper.sandbox.confine import seccomp_is_there, strength_of

SECCOMP_MODE_FILTER = "2"  # proc(5)
DUMPING = (signal.SIGSEGV, signal.SIGQUIT)


def keep_rights(attacker: Attacker) -> list[str]:
    """Look for rights that it has kept."""
    with held(attacker) as pid:
        status = status_now(pid)
    beyond = has_only_rights_of(status, attacker.who.pw_uid, attacker.who.pw_gid, attacker.groups)
    return beyond + ([] if status["NoNewPrivs"] == "1" else ["no_new_privs is not set"])


def find_it_free(attacker: Attacker) -> list[str]:
    """Look for the filter of system calls, which is the last part of the sandbox."""
    strength = strength_of(landlock.abi(), seccomp_is_there())
    if not seccomp_is_there():
        raise Caution(f"of Landlock and seccomp, this kernel has {strength}")
    with held(attacker) as pid:
        if status_now(pid).get("Seccomp") != SECCOMP_MODE_FILTER:
            return ["no seccomp filter"]
    if strength:
        raise Caution(f"only in part: of Landlock and seccomp, this kernel has {strength}")
    return []


def look_into_it(attacker: Attacker) -> list[str]:
    """Try every way to read its memory and descriptors."""
    with held(attacker) as pid:
        return attacker.do(lambda: spy_on(pid))


def crash_it(attacker: Attacker) -> list[str]:
    """End it by signals that leave an image of the memory; the kernel tells the parent whether they did."""
    if hard_core_limit() == 0:
        raise Caution("not tried: the hard limit for core files is 0, and raising it needs CAP_SYS_RESOURCE")
    return [signal.Signals(number).name for number in DUMPING if leaves_core(attacker, number)]


def leaves_core(attacker: Attacker, number: int) -> bool:
    """Return whether a helper that ends by this signal is dumped, wherever the kernel puts that."""
    with held(attacker, allow_cores) as pid:
        os.kill(pid, number)
        return ending(pid) == os.CLD_DUMPED


def ending(pid: int) -> int:
    """Return how a process of ours has ended (si_code). SystemFault if it does not, as one that its user stops."""
    end = monotonic() + TIME_LIMIT_S
    while monotonic() < end:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None:
            return ended.si_code
        sleep(0.005)
    raise SystemFault("the signal did not end the helper")


def allow_cores() -> None:
    """Allow core files, as large as the attacker may."""
    resource.setrlimit(resource.RLIMIT_CORE, (hard_core_limit(), hard_core_limit()))


def hard_core_limit() -> int:
    """Return how large the attacker may allow core files to be, in octets; -1 for any size."""
    return resource.getrlimit(resource.RLIMIT_CORE)[1]


PROOFS = (
    Proof("helper", "before it reads a message it has only user {user}'s rights, and cannot get others", keep_rights),
    Proof("helper", "before it reads a message it is sandboxed (Landlock, seccomp)", find_it_free),
    Proof("helper", "user {user} cannot inspect it: ptrace, process_vm_readv, pidfd_getfd, /proc/PID", look_into_it),
    Proof("helper", "no signal makes it leave a core file", crash_it),
)

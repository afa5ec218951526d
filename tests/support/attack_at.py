"""Run a send under a tracer that attacks one half when either of them is about to do its Nth system call.

    attack_at.py REPORT SENDMAIL CLOCK NUMBER VICTIM ATTACK COMMAND...

A program of its own, run by root: set-id bits have their effect under a tracer that is root. It ends as COMMAND's
process does, which becomes the frontend, when nothing of the send is left; REPORT is JSON. CLOCK and VICTIM are
"frontend" or "helper"; calls are counted from the execution of SENDMAIL, or from the fork. NUMBER 0 attacks nothing.
ATTACK is "kill", or what the user who called tries: a limit that is set to 0, like "NOFILE", or a signal, like "TERM";
"root:NOFILE" is the same by root.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path

TRACE_ME, GO_ON, GO_ON_TO_CALL, SET_OPTIONS = 0, 7, 24, 0x4200  # linux/ptrace.h
MARK_CALLS, FOLLOW_FORKS, TELL_EXEC, LEAVE_NONE = 0x1, 0x2 | 0x4 | 0x8, 0x10, 0x100000
EXECUTED = 4
ALL_CHILDREN = 0x40000000  # __WALL
AT_CALL = signal.SIGTRAP | 0x80

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
libc.ptrace.restype = ctypes.c_long


class Tracer:
    """Follows a command and all that it starts, and knows the two halves of the send among them."""

    def __init__(self, sendmail: str, clock: str, number: int, victim: str, attack: str) -> None:
        self._sendmail, self._clock, self._number, self._victim, self._attack = sendmail, clock, number, victim, attack
        self._halves: dict[str, int] = {}
        self._known: set[int] = set()
        self._ends: dict[int, int] = {}  # as Popen.returncode has them
        self._is_before_call = False
        self.calls = 0
        self.calls_afterwards = 0  # those of the clock when the victim was dead
        self.is_killed = False
        self.has_succeeded = False  # the attack of a user
        self.status: dict[str, str] = {}  # of the victim when a user attacked it

    def run(self, command: list[str]) -> int:
        """Run the command until nothing of it is left; return how its own process ended."""
        first = os.fork()
        if first == 0:
            libc.ptrace(TRACE_ME, 0, 0, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            os.execv(command[0], command)
        try:
            while True:
                self._take(*os.waitpid(-1, ALL_CHILDREN))
        except ChildProcessError:
            return self._ends[first]

    def end_of(self, half: str) -> int | None:
        """Return how a half ended, None where it never began."""
        return self._ends.get(self._halves.get(half, 0))

    def _take(self, pid: int, status: int) -> None:
        if not os.WIFSTOPPED(status):
            self._ends[pid] = os.waitstatus_to_exitcode(status)
            return
        signalled, event = os.WSTOPSIG(status), status >> 16
        if pid not in self._known:
            self._meet(pid)
        elif event == EXECUTED and os.readlink(f"/proc/{pid}/exe") == self._sendmail:
            self._halves["frontend"] = pid
        elif signalled == AT_CALL:
            self._count()
        is_the_tracers = signalled in (AT_CALL, signal.SIGTRAP, signal.SIGSTOP)  # of the tests, nobody stops a send
        self._go_on(pid, 0 if is_the_tracers else signalled)

    def _meet(self, pid: int) -> None:
        """Follow a new process; the frontend has one child."""
        self._known.add(pid)
        libc.ptrace(SET_OPTIONS, pid, 0, MARK_CALLS | FOLLOW_FORKS | TELL_EXEC | LEAVE_NONE)
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        if parent == self._halves.get("frontend"):
            self._halves["helper"] = pid

    def _count(self) -> None:
        """Count a call before it is done (the kernel stops after it, too), and attack before the wanted one."""
        self._is_before_call = not self._is_before_call
        if not self._is_before_call:
            return
        self.calls += 1
        self.calls_afterwards += self.is_killed
        if self.calls == self._number and self._victim in self._halves and self.end_of(self._victim) is None:
            if self._attack == "kill":
                self._kill(self._halves[self._victim])
            else:
                self._try(self._halves[self._victim])

    def _kill(self, victim: int) -> None:
        """Kill, and wait until it is dead: what its death does to the other has been done by then.

        A victim that is already about to end, by itself, is not killed any more: it has told the caller its status.
        """
        os.kill(victim, signal.SIGKILL)
        while victim not in self._ends:
            status = os.waitpid(victim, ALL_CHILDREN)[1]
            if not os.WIFSTOPPED(status):
                self._ends[victim] = os.waitstatus_to_exitcode(status)
        self.is_killed = self._ends[victim] == -signal.SIGKILL

    def _try(self, victim: int) -> None:
        """Let the victim's user attack it. It stands still meanwhile, and is hit by a signal when it goes on."""
        lines = Path(f"/proc/{victim}/status").read_text().splitlines()
        self.status = dict(line.split(":\t", 1) for line in lines if line.startswith(("Uid", "Gid", "Cap", "Groups")))
        real_uid, real_gid = (int(self.status[ids].split()[0]) for ids in ("Uid", "Gid"))
        attacker = os.fork()
        if attacker == 0:
            who, _, attack = self._attack.rpartition(":")
            try:
                if who != "root":
                    os.setgroups([])
                    os.setresgid(real_gid, real_gid, real_gid)
                    os.setresuid(real_uid, real_uid, real_uid)
                carry_out(attack, victim)
            except BaseException:  # the attacker must not go on as a second tracer
                os._exit(1)
            os._exit(0)
        self.has_succeeded = os.waitstatus_to_exitcode(os.waitpid(attacker, 0)[1]) == 0

    def _go_on(self, pid: int, signalled: int) -> None:
        """Let it run, the clock to its next system call. Whoever is dead by now does not mind."""
        libc.ptrace(GO_ON_TO_CALL if pid == self._halves.get(self._clock) else GO_ON, pid, 0, signalled)


def carry_out(attack: str, victim: int) -> None:
    """Set a limit of a process to 0, or send it a signal."""
    limit = getattr(resource, f"RLIMIT_{attack}", None)
    if limit is None:
        os.kill(victim, getattr(signal, f"SIG{attack}"))
    else:
        resource.prlimit(victim, limit, (0, 0))


def main() -> None:
    """Do what the command line says."""
    report, sendmail, clock, number, victim, attack, *command = sys.argv[1:]
    tracer = Tracer(sendmail, clock, int(number), victim, attack)
    status = tracer.run(command)
    found = {
        "calls": tracer.calls,
        "calls_afterwards": tracer.calls_afterwards,
        "is_killed": tracer.is_killed,
        "has_succeeded": tracer.has_succeeded,
        "status": tracer.status,
        "helper": tracer.end_of("helper"),
    }
    Path(report).write_text(json.dumps(found))
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    main()

"""Seccomp: a filter of system calls that a delivery never needs, and an intruder would (seccomp(2)).

A program of the classic BPF, which the kernel runs for each call. It refuses with EPERM, so that a library that only
tries goes on; what is newer than our table does not exist (ENOSYS); a call by the numbers of another processor ends the
process. It is no list of what is allowed: name-service modules of a machine's own call what nobody foresees.
"""

from __future__ import annotations

from helper.sandbox.system_calls import (
    AUDIT_ARCHITECTURES,
    MACHINES,
    NEWEST,
    REFUSED,
    REFUSED_AS_MISSING,
    REFUSED_BY_ARGUMENT,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LOAD, AND, RETURN = 0x20, 0x54, 0x06
IF_EQUAL, IF_GREATER, IF_AT_LEAST, IF_ANY_BIT = 0x15, 0x25, 0x35, 0x45
# struct seccomp_data: number, architecture, instruction pointer, six arguments of 64 bits, the lower half first.
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
INSTRUCTION_OCTETS = 8
X32 = 0x40000000  # a bit of the number: x86_64 with pointers of 32 bits

EPERM, ENOSYS = 1, 38
ERRNO = 0x00050000

WRITING = 0o3 | 0o100 | 0o1000  # O_ACCMODE, O_CREAT, O_TRUNC
WRITABLE, EXECUTABLE = 2, 4  # PROT_WRITE, PROT_EXEC
FAST_OPEN = 0x20000000  # MSG_FASTOPEN: a connection without connect(2), which Landlock does not see
UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
SOCKET_TYPE, STREAM, DATAGRAM = 0xF, 1, 2
ANY, TCP, UDP = 0, 6, 17  # others (MPTCP, SCTP, SMC) are connected past Landlock's eyes
# PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_MM, PR_SET_PTRACER: what drop() has done stays.
UNDOING = (1, 4, 35, 0x59616D61)
# TIOCSTI, TIOCLINUX: typing on a terminal; FIOSETOWN, SIOCSPGRP and, by fcntl(2), F_SETOWN, F_SETSIG, F_SETOWN_EX:
# having the kernel send a signal to another process. To itself this process may have SIGIO sent (socket_channel.py).
IOCTLS = (0x5412, 0x541C, 0x8901, 0x8902)
SET_OWNER = 8
FCNTLS = (10, 15)


def filter_for(machine: str, own_pid: int) -> bytes:
    """Return the program for one of our processors, as uname(2) calls it, and for one process."""
    column = MACHINES.index(machine)
    refused = [row[column] for row in REFUSED.values()]
    unknown = [row[column] for row in REFUSED_AS_MISSING.values()]
    judged = b"".join(
        instruction(IF_EQUAL, number, 0, len(body) // INSTRUCTION_OCTETS) + body
        for name, body in judgements(own_pid).items()
        if (number := REFUSED_BY_ARGUMENT[name][column]) is not None
    )
    return head(AUDIT_ARCHITECTURES[column]) + end(refused, REFUSE) + end(unknown, DENY) + judged + ALLOW


def judgements(own_pid: int) -> dict[str, bytes]:
    """Return what is done about the calls that are refused for some arguments; all these parts end in a verdict."""
    return {
        "open": argument(1) + refuse_bits(WRITING) + ALLOW,
        "openat": argument(2) + refuse_bits(WRITING) + ALLOW,
        "mmap": argument(2) + mask(WRITABLE | EXECUTABLE) + refuse(WRITABLE | EXECUTABLE) + ALLOW,
        "mprotect": argument(2) + refuse_bits(EXECUTABLE) + ALLOW,
        "pkey_mprotect": argument(2) + refuse_bits(EXECUTABLE) + ALLOW,
        "socket": judge_socket(),
        "sendto": argument(3) + refuse_bits(FAST_OPEN) + ALLOW,
        "sendmsg": argument(2) + refuse_bits(FAST_OPEN) + ALLOW,
        "sendmmsg": argument(3) + refuse_bits(FAST_OPEN) + ALLOW,
        "kill": argument(0) + refuse_others(own_pid) + ALLOW,
        "tgkill": argument(0) + refuse_others(own_pid) + ALLOW,
        "prlimit64": argument(0) + refuse_others(0, own_pid) + ALLOW,
        "prctl": argument(0) + refuse(*UNDOING) + ALLOW,
        "fcntl": argument(1) + refuse(*FCNTLS) + judge_owner(own_pid) + ALLOW,
        "ioctl": argument(1) + refuse(*IOCTLS) + ALLOW,
    }


def judge_owner(own_pid: int) -> bytes:
    """Allow fcntl(2) to make nobody but this process the owner of a descriptor, who is sent its signals."""
    strangers = argument(2) + refuse_others(own_pid)
    return instruction(IF_EQUAL, SET_OWNER, 0, len(strangers) // INSTRUCTION_OCTETS) + strangers


def judge_socket() -> bytes:
    """Allow TCP and UDP, and what a resolver asks the machine itself by: local sockets, the kernel's routes."""
    local = argument(2) + refuse_others(ANY) + ALLOW
    internet = argument(1) + mask(SOCKET_TYPE) + refuse_others(STREAM, DATAGRAM)
    internet += argument(2) + refuse_others(ANY, TCP, UDP) + ALLOW
    to_internet = len(local) // INSTRUCTION_OCTETS
    return (
        argument(0)
        + instruction(IF_EQUAL, UNIX, 4, 0)
        + instruction(IF_EQUAL, NETLINK, 3, 0)
        + instruction(IF_EQUAL, INET, to_internet + 2, 0)
        + instruction(IF_EQUAL, INET6, to_internet + 1, 0)
        + REFUSE
        + local
        + internet
    )


def head(architecture: int) -> bytes:
    """End the process for another processor's calls, and deny what the table does not know yet; leave the number."""
    return (
        instruction(LOAD, ARCHITECTURE)
        + instruction(IF_EQUAL, architecture, 1, 0)
        + KILL
        + instruction(LOAD, NUMBER)
        + instruction(IF_AT_LEAST, X32, 0, 1)
        + KILL
        + instruction(IF_GREATER, NEWEST, 0, 1)
        + DENY
    )


def argument(position: int) -> bytes:
    """Load the lower half of an argument: all of ours are int, of which the kernel takes no more."""
    return instruction(LOAD, ARGUMENTS + 8 * position)


def mask(bits: int) -> bytes:
    """Keep these bits of what was loaded."""
    return instruction(AND, bits)


def refuse(*values: int) -> bytes:
    """Refuse the call if one of these was loaded."""
    return end(values, REFUSE)


def end(values: Sequence[int | None], verdict: bytes) -> bytes:
    """End with a verdict if one of these was loaded; there is room for 256 of them (the field is an octet)."""
    known = [value for value in values if value is not None]
    last = len(known) - 1
    jumps = [instruction(IF_EQUAL, value, last - at) for at, value in enumerate(known[:-1])]
    return b"".join(jumps) + instruction(IF_EQUAL, known[last], 0, 1) + verdict


def refuse_others(*values: int) -> bytes:
    """Refuse the call if none of these was loaded."""
    left = len(values)
    return b"".join(instruction(IF_EQUAL, value, left - at, 0) for at, value in enumerate(values)) + REFUSE


def refuse_bits(bits: int) -> bytes:
    """Refuse the call if one of these bits was loaded."""
    return instruction(IF_ANY_BIT, bits, 0, 1) + REFUSE


def instruction(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Return a struct sock_filter; all processors that we know are little-endian."""
    return code.to_bytes(2, "little") + bytes((if_true, if_false)) + operand.to_bytes(4, "little")


ALLOW = instruction(RETURN, 0x7FFF0000)
KILL = instruction(RETURN, 0x80000000)
REFUSE = instruction(RETURN, ERRNO | EPERM)
DENY = instruction(RETURN, ERRNO | ENOSYS)

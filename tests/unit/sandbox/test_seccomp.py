"""The filter of system calls: what an intruder would call is refused, what a delivery calls is not."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.sandbox.seccomp import filter_for
from helper.sandbox.system_calls import (
    AUDIT_ARCHITECTURES,
    MACHINES,
    NEWEST,
    REFUSED,
    REFUSED_AS_MISSING,
    REFUSED_BY_ARGUMENT,
    SECCOMP,
)
from tests.unit.sandbox.bpf import ALLOW, ENOSYS, EPERM, KILL, verdict

PID, OTHER = 4711, 4712
PROGRAMS = {machine: filter_for(machine, PID) for machine in MACHINES}
on_each_machine = pytest.mark.parametrize("machine", MACHINES)

# What CPython, OpenSSL and a resolver call, as strace shows it.
NEEDED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "poll": (7, None),
    "ppoll": (271, 73),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "getpid": (39, 172),
    "connect": (42, 203),
    "bind": (49, 200),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "getsockopt": (55, 209),
    "setsockopt": (54, 208),
    "exit_group": (231, 94),
    "getdents64": (217, 61),
    "futex": (202, 98),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "statx": (332, 291),
    "getrandom": (318, 278),
    "memfd_create": (319, 279),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}


def judge(machine, name, *arguments):
    """Return the verdict on a call by its name."""
    column = MACHINES.index(machine)
    number = next(
        table[name][column] for table in (REFUSED, REFUSED_BY_ARGUMENT, REFUSED_AS_MISSING, NEEDED) if name in table
    )
    return verdict(PROGRAMS[machine], AUDIT_ARCHITECTURES[column], number, arguments)


def named(table):
    """Return (machine, name) of all calls that there are."""
    return [
        (machine, name)
        for name, row in table.items()
        for machine, number in zip(MACHINES, row, strict=True)
        if number is not None
    ]


@pytest.mark.parametrize(("machine", "name"), named(REFUSED))
def test_what_no_delivery_needs_is_refused(machine, name):
    assert judge(machine, name) == EPERM


@pytest.mark.parametrize(("machine", "name"), named(NEEDED))
def test_what_a_delivery_needs_is_allowed(machine, name):
    assert judge(machine, name) == ALLOW


@pytest.mark.parametrize(("machine", "name"), named(REFUSED_AS_MISSING))
def test_what_cannot_be_judged_does_not_exist(machine, name):
    assert judge(machine, name) == ENOSYS


@on_each_machine
def test_what_is_newer_than_the_table_does_not_exist(machine):
    architecture = AUDIT_ARCHITECTURES[MACHINES.index(machine)]
    assert verdict(PROGRAMS[machine], architecture, NEWEST) == ALLOW
    assert verdict(PROGRAMS[machine], architecture, NEWEST + 1) == ENOSYS
    assert verdict(PROGRAMS[machine], architecture, 0x40000000 - 1) == ENOSYS


@on_each_machine
@pytest.mark.parametrize("number", [0x40000000, 0x40000000 + 520, 0xFFFFFFFF])
def test_a_call_of_x32_ends_the_process(machine, number):
    assert verdict(PROGRAMS[machine], AUDIT_ARCHITECTURES[MACHINES.index(machine)], number) == KILL


@on_each_machine
@pytest.mark.parametrize("number", [0, 1, 11, 59])
def test_a_call_by_the_numbers_of_another_processor_ends_the_process(machine, number):
    others = {0x40000003, 0x40000028, *AUDIT_ARCHITECTURES} - {AUDIT_ARCHITECTURES[MACHINES.index(machine)]}
    assert {verdict(PROGRAMS[machine], other, number) for other in others} == {KILL}


O_CLOEXEC, O_PATH, O_NONBLOCK = 0o2000000, 0o10000000, 0o4000
FAST_OPEN, NO_SIGNAL = 0x20000000, 0x4000


@on_each_machine
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("openat", (0, 0, O_CLOEXEC | O_NONBLOCK), ALLOW),
        ("openat", (0, 0, O_CLOEXEC | O_PATH), ALLOW),
        ("openat", (0, 0, 1), EPERM),
        ("openat", (0, 0, 2 | O_CLOEXEC), EPERM),
        ("openat", (0, 0, 0o100), EPERM),
        ("openat", (0, 0, 0o1000), EPERM),
        ("mmap", (0, 4096, 3), ALLOW),
        ("mmap", (0, 4096, 5), ALLOW),
        ("mmap", (0, 4096, 6), EPERM),
        ("mmap", (0, 4096, 7), EPERM),
        ("mprotect", (0, 4096, 3), ALLOW),
        ("mprotect", (0, 4096, 4), EPERM),
        ("pkey_mprotect", (0, 4096, 5), EPERM),
        ("sendto", (3, 0, 9, NO_SIGNAL), ALLOW),
        ("sendto", (3, 0, 9, NO_SIGNAL | FAST_OPEN), EPERM),
        ("sendmsg", (3, 0, NO_SIGNAL), ALLOW),
        ("sendmsg", (3, 0, FAST_OPEN), EPERM),
        ("sendmmsg", (3, 0, 2, NO_SIGNAL), ALLOW),
        ("sendmmsg", (3, 0, 2, FAST_OPEN), EPERM),
        ("kill", (PID, 6), ALLOW),
        ("kill", (OTHER, 0), EPERM),
        ("kill", (0, 9), EPERM),
        ("kill", (0xFFFFFFFF, 9), EPERM),
        ("tgkill", (PID, PID, 6), ALLOW),
        ("tgkill", (OTHER, OTHER, 6), EPERM),
        ("prlimit64", (0, 7), ALLOW),
        ("prlimit64", (PID, 7), ALLOW),
        ("prlimit64", (OTHER, 7), EPERM),
        ("prctl", (3,), ALLOW),
        ("prctl", (1, 0), EPERM),
        ("prctl", (4, 1), EPERM),
        ("prctl", (35,), EPERM),
        ("prctl", (0x59616D61, OTHER), EPERM),
        ("fcntl", (3, 4), ALLOW),
        ("fcntl", (3, 8, OTHER), EPERM),
        ("fcntl", (3, 10), EPERM),
        ("fcntl", (3, 15), EPERM),
        ("ioctl", (3, 0x5421), ALLOW),
        ("ioctl", (0, 0x5412), EPERM),
        ("ioctl", (0, 0x541C), EPERM),
        ("ioctl", (3, 0x8901), EPERM),
        ("ioctl", (3, 0x8902), EPERM),
    ],
)
def test_some_calls_are_judged_by_their_arguments(machine, name, arguments, expected):
    assert judge(machine, name, *arguments) == expected


def test_so_is_the_older_call_that_opens_files():
    assert judge("x86_64", "open", 0, O_CLOEXEC) == ALLOW
    assert {judge("x86_64", "open", 0, flags) for flags in (1, 2, 0o100, 0o1000)} == {EPERM}


STREAM, DATAGRAM, SEQUENCE, RAW = 1, 2, 5, 3
TCP, UDP, ICMP, MPTCP, SCTP = 6, 17, 1, 262, 132
FLAGS = socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK


@on_each_machine
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize(
    ("kind", "protocol", "expected"),
    [
        (STREAM, 0, ALLOW),
        (STREAM, TCP, ALLOW),
        (DATAGRAM, 0, ALLOW),
        (DATAGRAM, UDP, ALLOW),
        (STREAM, MPTCP, EPERM),
        (STREAM, SCTP, EPERM),
        (DATAGRAM, ICMP, EPERM),
        (SEQUENCE, 0, EPERM),
        (RAW, 0, EPERM),
    ],
)
def test_nothing_but_tcp_and_udp_goes_to_the_network(machine, family, kind, protocol, expected):
    assert judge(machine, "socket", family, kind, protocol) == expected
    assert judge(machine, "socket", family, kind | FLAGS, protocol) == expected


@on_each_machine
@pytest.mark.parametrize(("family", "kind"), [(socket.AF_UNIX, STREAM), (socket.AF_UNIX, DATAGRAM), (16, RAW)])
def test_a_resolver_may_ask_the_machine(machine, family, kind):
    assert judge(machine, "socket", family, kind | FLAGS, 0) == ALLOW
    assert judge(machine, "socket", family, kind, 12) == EPERM


@on_each_machine
@given(family=st.integers(0, 64))
def test_no_other_family_of_sockets_can_be_had(machine, family):
    expected = ALLOW if family in (1, 2, 10, 16) else EPERM
    assert judge(machine, "socket", family, STREAM, 0) == expected


@on_each_machine
@given(number=st.integers(0, 0xFFFFFFFF), arguments=st.tuples(*[st.integers(0, 2**64 - 1)] * 6))
def test_whatever_is_called_there_is_a_verdict(machine, number, arguments):
    architecture = AUDIT_ARCHITECTURES[MACHINES.index(machine)]
    for each in (number, number % 500):
        assert verdict(PROGRAMS[machine], architecture, each, arguments) in (ALLOW, EPERM, ENOSYS, KILL)


def numbers_in(text):
    """Return the system calls of a header."""
    return {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\n", text)}


def headers():
    """Return what the C library of this machine says, by machine; the generic table is that of aarch64."""
    done = subprocess.run(
        ["cc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
    )
    machine = subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip()
    generic = Path("/usr/include/asm-generic/unistd.h").read_text()
    return {"aarch64": numbers_in(generic), machine: numbers_in(done.stdout)}


def test_the_numbers_are_those_of_the_c_library():
    tables = REFUSED | REFUSED_BY_ARGUMENT | REFUSED_AS_MISSING | NEEDED | {"seccomp": SECCOMP}
    compared = 0
    for machine, numbers in headers().items():
        if machine not in MACHINES:
            continue
        column = MACHINES.index(machine)
        for name, row in tables.items():
            assert row[column] == numbers.get(name), (machine, name)
            compared += 1
    assert compared >= len(tables)

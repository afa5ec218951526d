"""What a helper is told first: argv, octet for octet, and what standard input is."""

from __future__ import annotations

import os
import resource
import socket
import time

import pytest

from tests.support.gatherer import status


@pytest.mark.parametrize(
    "argv",
    [
        [b"sendmail"],
        [b"sendmail", b""],
        [b"/usr/lib/sendmail", b"-t", b"-oi", b"--", b"\xff\xfe", b"a b\nc"],
        [b"", b"", b""],
        [b"mailq"],
        [b"sendmail", *(b"user%d@example.org" % number for number in range(1000))],
        [b"sendmail", b"x" * 130_000, b"y"],
        [b"sendmail", *[b"x"] * 63],
        [b"sendmail", *[b""] * 64],
        [b"sendmail", *[b"x" * 99] * 65],
        [b"sendmail", *[b"z" * 1000] * 1500],
    ],
    ids=lambda argv: f"{len(argv)}-of-{sum(map(len, argv))}",
)
def test_it_is_told_argv_octet_for_octet(program, argv):
    with program.start(argv=argv) as send:
        helper = send.helper()
        hello = helper.hello()
        assert hello.arguments == argv
        assert hello.descriptors == []
        helper.end(status(0))
        assert send.end().status == 0


def test_six_mebibytes_of_arguments_arrive(program):
    """As many as Linux hands to a program; the helper takes its time to read."""
    argv = [b"sendmail", *[b"a" * 100_000] * 59]

    def room():
        resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    with program.start(argv=argv, preexec_fn=room) as send:
        helper = send.helper()
        time.sleep(0.2)
        assert helper.hello().arguments == argv
        helper.end(status(0))
        assert send.end().status == 0


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: os.pipe()[0], b"o"),
        (lambda: os.open("/dev/null", os.O_RDONLY), b"o"),
        (lambda: os.open("/", os.O_RDONLY), b"o"),
        (lambda: os.openpty()[1], b"t"),
        (lambda: socket.socketpair()[0].detach(), b"o"),
        (lambda: socket.socket(socket.AF_INET).detach(), b"n"),
        (lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).detach(), b"n"),
        (lambda: socket.create_server(("127.0.0.1", 0)).detach(), b"n"),
        (lambda: os.eventfd(0), b"o"),
    ],
    ids=["pipe", "null", "directory", "terminal", "unix", "tcp", "udp6", "listener", "eventfd"],
)
def test_it_is_told_what_standard_input_is(program, make, kind):
    descriptor = make()
    with program.start(stdin=descriptor) as send:
        os.close(descriptor)
        helper = send.helper()
        assert helper.hello().kind == kind
        helper.end(status(0))
        assert send.end().status == 0


def test_no_name_at_all_is_no_argument(program):
    """CVE-2021-4034. Kernels since 5.18 put an empty name there."""
    code = "import ctypes, sys; ctypes.CDLL(None).execv(sys.argv[1].encode(), (ctypes.c_char_p * 1)(None))"
    with program.start(argv=["python3", "-c", code, str(program.program)], executable="/usr/bin/python3") as send:
        helper = send.helper()
        assert helper.hello().arguments in ([], [b""])
        helper.end(status(0))
        assert send.end().status == 0

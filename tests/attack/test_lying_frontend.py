"""G1 to G6: whoever can start the launcher can speak to the helper in the frontend's place, and say anything."""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import socket
import threading
import time

import pytest

from helper import wire
from tests.support.canary import assert_no_canary
from tests.support.forged import ALL_SEALS, ForgedFrontend, memory_file, request
from tests.support.memory import spy_on
from tests.support.misbehaviour import Silent
from tests.support.process import files_of, helper_below, wait_for

CANARY = secrets.token_urlsafe(24)
MESSAGE = b"Subject: hello\n\nhello\n"
HONEST = request((b"recipient", b"carol@example.org"))
DISTRUST = b"sendmail: not sent: the frontend is not to be trusted: "
SEALS = {
    "seal": fcntl.F_SEAL_SEAL,
    "shrink": fcntl.F_SEAL_SHRINK,
    "grow": fcntl.F_SEAL_GROW,
    "write": fcntl.F_SEAL_WRITE,
}

WITHOUT_SEALS = {
    "helper/delivery/receive.py": {
        "    if not stat.S_ISREG(status.st_mode) or seals & ALL_SEALS != ALL_SEALS:\n": "    if seals < 0:\n"
    }
}
WITHOUT_LOOK_AT_CONTROLS = {"helper/wire.py": {"    if has_control(value):\n": "    if False:\n"}}


@pytest.fixture
def host(installation, smarthost):
    """A smart host that must not be given anything."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    installation.configure_relay(host)
    return host


def is_refused(forged, host, installation):
    """Say that it ended in one clean answer, without any connection and without the password anywhere."""
    lines, status = forged.end()
    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith(DISTRUST)
    assert forged.process.returncode >= 0, "it crashed"
    assert_untouched(host, installation, lines, forged.process.stderr.read())
    return lines[0].removeprefix(DISTRUST)


def assert_untouched(host, installation, *places):
    """Say that nothing was sent, and that the password stands nowhere."""
    assert host.connections == 0
    assert_no_canary(CANARY, b"something to search", installation.log, *places)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"\0" * 13, b"no request of this version"),
        (bytes(range(64, 128)), b"no request of this version"),
        (b"GET / HTTP/1.1\r\n\r\n", b"no request of this version"),
        (request(magic=b"GATEPOST\x02"), b"no request of this version"),
        (request(length=wire.REQUEST_LIMIT + 1), b"larger than"),
        (request(length=2**32 - 1), b"larger than"),
        (request((b"smart-host", b"evil.example")), b"unknown"),
        (request((b"configuration", b"/tmp/mine.toml")), b"unknown"),
        (request((b"", b"")), b"unknown"),
        (request((b"\xff" * 255, b"x")), b"unknown"),
        (request((b"reverse-path", b"a@b.example"), (b"reverse-path", b"c@d.example")), b"twice"),
        (request((b"body", b"BINARYMIME")), b"choice"),
        (request((b"recipients-from", b"/etc/passwd")), b"choice"),
        (request((b"show-dialogue", b"")), b"choice"),
        (request((b"complaint", b"bribe"), (b"problem", b"x")), b"choice"),
        (request((b"complaint", b"usage"), (b"full-name", b"x")), b"a field too many, or too few"),
        (request((b"problem", b"x"), (b"recipient", b"carol@example.org")), b"belongs to a complaint"),
        (request((b"inquiry", b"password"), (b"recipient", b"carol@example.org")), b"choice"),
        (request((b"inquiry", b"verify"), (b"body", b"7BIT")), b"a field too many"),
        (HONEST[:9] + b"\0\0\0\x05" + b"\x04name\0"[:5], b"ends too early"),
        (HONEST[:9] + b"\0\0\0\x01\xff", b"ends too early"),
        (HONEST[:9] + b"\0\0\0\x06\x01x\xff\xff\xff\xff", b"ends too early"),
    ],
)
def test_nonsense_is_refused(installation, host, octets, reason):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(octets, [memory_file(MESSAGE)])
        assert reason in is_refused(forged, host, installation)


@pytest.mark.parametrize("field", [b"recipient", b"reverse-path", b"full-name", b"body", b"inquiry", b"problem"])
@pytest.mark.parametrize("control", [b"\0", b"\r", b"\n", b"\x1b", b"\x7f"], ids=["NUL", "CR", "LF", "ESC", "DEL"])
def test_a_control_character_is_refused_in_every_field(installation, host, field, control):
    fields = [(field, b"a" + control + b"RCPT TO:<evil@example.org>")]
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(request(*fields), [memory_file(MESSAGE)])
        assert b"control character" in is_refused(forged, host, installation)


@pytest.mark.parametrize("length", [0, 1, 8, len(HONEST) - 1])
def test_half_a_request_is_none(installation, host, length):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        if length:
            forged.send(HONEST[:length], [memory_file(MESSAGE)])
        forged.socket.shutdown(socket.SHUT_WR)
        lines, status = forged.end()
        assert (status, len(lines)) == (1, 1) if length else lines == []
        assert_untouched(host, installation)


@pytest.mark.parametrize("length", [0, 5, len(HONEST) - 1])
def test_a_frontend_that_ends_without_reading_is_no_defect(installation, host, length):
    """As `sendmail -bp` does: it needs no helper. Its end is then told by ECONNRESET (unix(7))."""
    with ForgedFrontend(installation) as forged:
        if length:
            forged.send(HONEST[:length], [memory_file(MESSAGE)])
        assert forged.socket.recv(1, socket.MSG_PEEK)
        forged.socket.close()
        forged.process.wait(10)
        assert not any("defect" in line for line in installation.log_lines())
        assert len(installation.log_lines()) == (1 if length else 0)
        assert_untouched(host, installation)


@pytest.mark.parametrize("more", [b"\0", HONEST, b"x" * 100_000], ids=["an-octet", "another-request", "very-much"])
def test_octets_after_the_request_are_refused(installation, host, more):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(HONEST + more, [memory_file(MESSAGE)])
        assert b"more than a request" in is_refused(forged, host, installation)


@pytest.mark.parametrize("count", [2, 3, 253])
def test_more_than_one_descriptor_is_refused(installation, host, count):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(HONEST, [memory_file(MESSAGE)] * count)
        assert b"more than one descriptor" in is_refused(forged, host, installation)


def test_descriptors_that_come_later_are_dropped(installation, smarthost):
    """The helper is given none of them: at the smart host it has only what it opened itself."""
    host = smarthost(at={"GREETING": Silent()})
    installation.configure_relay(host)
    with ForgedFrontend(installation) as forged, open("/etc/hostname") as other:
        forged.ready()
        forged.send(HONEST[:20], [memory_file(MESSAGE)])
        forged.send(HONEST[20:], [other.fileno()] * 200)
        wait_for(lambda: "GREETING" in host.acted, "the connection")
        assert "/etc/hostname" not in files_of(helper_below(forged.process.pid)).values()
        assert len(files_of(forged.process.pid)) < 10


def test_no_descriptor_is_refused(installation, host):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(HONEST)
        assert b"no message" in is_refused(forged, host, installation)


@pytest.mark.parametrize("missing", SEALS)
def test_a_memory_file_that_could_still_change_is_refused(installation, host, missing):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.submit(memory_file(MESSAGE, ALL_SEALS & ~SEALS[missing]))
        assert b"no sealed memory file" in is_refused(forged, host, installation)


def test_a_seal_that_leaves_old_mappings_writable_is_not_enough(installation, host):
    future_write = 0x10
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.submit(memory_file(MESSAGE, ALL_SEALS & ~fcntl.F_SEAL_WRITE | future_write))
        assert b"no sealed memory file" in is_refused(forged, host, installation)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/tmp", "/dev/null", "/dev/zero", "/dev/shm/"], ids=lambda path: path.replace("/", "-")
)
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_PATH], ids=["opened", "o-path"])
def test_what_is_no_memory_file_is_refused(installation, host, path, flags):
    descriptor = os.open(path, flags)
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.submit(descriptor)
        assert b"memory file" in is_refused(forged, host, installation)
    os.close(descriptor)


@pytest.mark.parametrize(
    "make", [os.pipe, socket.socketpair, lambda: [os.eventfd(0)]], ids=["pipe", "socket", "eventfd"]
)
def test_what_is_no_file_is_refused(installation, host, make):
    ends = [end if isinstance(end, int) else end.detach() for end in make()]
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.submit(ends[0])
        assert b"memory file" in is_refused(forged, host, installation)
    for end in ends:
        os.close(end)


def test_a_terabyte_of_nothing_costs_the_helper_nothing(installation, host):
    memory = os.memfd_create("message", os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, 1 << 40)
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, ALL_SEALS)
    with ForgedFrontend(installation) as forged:
        forged.ready()
        started_s = time.monotonic()
        forged.submit(memory)
        lines, status = forged.end()
        assert time.monotonic() - started_s < 5
    os.close(memory)
    assert status == 1
    assert b"message_size_limit" in lines[0]
    assert_untouched(host, installation)


def test_a_frontend_that_dies_while_the_helper_stands_still_sends_nothing(installation, host):
    """Its request is complete, and waits in the socket; when the helper goes on, there is nobody any more."""
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.process.send_signal(signal.SIGSTOP)
        forged.submit(memory_file(MESSAGE))
        forged.socket.close()
        forged.process.send_signal(signal.SIGCONT)
        forged.process.wait(10)
        assert_untouched(host, installation)


def test_a_frontend_that_never_reads_is_no_reason_to_stay(installation, smarthost):
    host = smarthost(refuse={"MAIL": "550 no"})
    installation.configure_relay(host)
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.submit(memory_file(MESSAGE))
        forged.process.wait(10)
        assert host.messages == []


def test_control_without_the_look_at_seals_a_file_is_taken_that_can_still_change(weakened, smarthost):
    """Cut short while it is being sent, it would end the helper by SIGBUS; changed, two looks at it would differ."""
    installation = weakened(WITHOUT_SEALS)
    host = smarthost()
    installation.configure_relay(host)
    memory = memory_file(MESSAGE, 0)
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.submit(memory)
        assert forged.end() == ([], 0)
    assert host.message.body == b"hello\r\n"


def test_control_without_the_look_at_controls_the_second_defence_holds(weakened, smarthost):
    """Addresses are parsed again, and a command with a line break is a defect that ends the send."""
    installation = weakened(WITHOUT_LOOK_AT_CONTROLS)
    host = smarthost()
    installation.configure_relay(host)
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(request((b"recipient", b"carol@example.org>\r\nRCPT TO:<evil@x.example")), [memory_file(MESSAGE)])
        lines, status = forged.end()
    assert status == 1
    assert not lines[0].startswith(DISTRUST)
    assert host.messages == []


def test_many_frontends_at_once_disturb_nobody(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host)
    stop = threading.Event()

    def disturb():
        while not stop.is_set():
            with ForgedFrontend(installation) as forged:
                forged.send(os.urandom(100))
                forged.end()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        result = installation.send("carol@example.org", stdin=MESSAGE, user="bob")
    finally:
        stop.set()
        thread.join()
    assert (result.status, result.stderr) == (0, "")


# A session, in which one helper is given several requests (-bs)


IN_SESSION = (b"session", b"yes")
ONE_OF_MANY = request((b"recipient", b"carol@example.org"), IN_SESSION)
QUESTION = request((b"inquiry", b"verify"), (b"recipient", b"carol@example.org"), IN_SESSION)


def status_of(forged):
    """Return the next status, and the lines before it."""
    lines = []
    while True:
        letter, content = forged.answer()
        if letter == wire.STATUS:
            return content[0], lines
        if letter == wire.LINE:
            lines.append(content)


def test_a_session_is_answered_request_by_request(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host)
    with ForgedFrontend(installation) as forged:
        forged.ready()
        for octets, descriptors in ((QUESTION, []), (ONE_OF_MANY, [memory_file(MESSAGE)]), (QUESTION, [])) * 3:
            forged.send(octets, descriptors)
            assert status_of(forged) == (0, [])
        forged.socket.shutdown(socket.SHUT_WR)
        assert forged.end() == ([], None)
    assert len(host.messages) == len(installation.log_lines()) == 3


def test_a_request_without_the_word_is_the_last(installation, host):
    """The secret is forgotten on the way then, and nobody is served without it."""
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(request((b"inquiry", b"verify"), (b"recipient", b"carol@example.org")))
        assert status_of(forged) == (0, [])
        forged.process.wait(10)
        forged.send(ONE_OF_MANY, [memory_file(MESSAGE)])
        assert forged.end() == ([], None)
        assert_untouched(host, installation)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"no request of this version"),
        (request((b"smart-host", b"evil.example"), IN_SESSION), b"unknown"),
        (request((b"recipient", b"a\nb"), IN_SESSION), b"control character"),
        (request(length=2**32 - 1), b"larger than"),
        (ONE_OF_MANY + ONE_OF_MANY, b"more than a request"),
        (ONE_OF_MANY, b"no message"),
    ],
)
def test_who_lies_later_is_not_heard_again(installation, host, second, reason):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(QUESTION)
        assert status_of(forged) == (0, [])
        forged.send(second)
        assert reason in is_refused(forged, host, installation)


def test_requests_are_not_sent_ahead(installation, host):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(QUESTION * 2)
        assert b"more than a request" in is_refused(forged, host, installation)


def test_a_question_brings_no_descriptor(installation, host):
    """In a session they would pile up."""
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(QUESTION, [memory_file(MESSAGE)])
        assert b"sends none" in is_refused(forged, host, installation)


def test_messages_that_are_refused_leave_nothing_behind(installation, host):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        helper = helper_below(forged.process.pid)
        nobody = request((b"recipient", b"no address"), IN_SESSION)
        before = len(files_of(helper))
        for _ in range(200):
            memory = memory_file(MESSAGE)
            forged.send(nobody, [memory])
            os.close(memory)
            assert status_of(forged)[0] == 1
        assert len(files_of(helper)) <= before + 1  # the last one may still be in its hands
        forged.socket.shutdown(socket.SHUT_WR)
        assert forged.end() == ([], None)


def test_a_frontend_that_dies_between_requests_ends_the_helper(installation, host):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(QUESTION)
        assert status_of(forged) == (0, [])
        forged.socket.close()
        forged.process.wait(10)
        assert_untouched(host, installation)
    assert installation.log_lines() == []


def test_the_caller_cannot_look_into_a_helper_between_two_messages(installation, smarthost):
    """It keeps the password longer than a helper of one message does, and no less well."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    installation.configure_relay(host)
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(ONE_OF_MANY, [memory_file(MESSAGE)])
        assert status_of(forged) == (0, [])
        assert spy_on(installation, helper_below(forged.process.pid), CANARY) == ([], [])

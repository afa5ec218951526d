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

from helper.request import wire
from tests.support.canary import assert_no_canary
from tests.support.forged import ALL_SEALS, ForgedFrontend, memory_file
from tests.support.memory import spy_on
from tests.support.misbehaviour import Silent
from tests.support.process import files_of, helper_below, wait_for

CANARY = secrets.token_urlsafe(24)
MESSAGE = b"Subject: hello\n\nhello\n"
DISTRUST = b"sendmail: not sent: the frontend broke the protocol: "
SEALS = {
    "seal": fcntl.F_SEAL_SEAL,
    "shrink": fcntl.F_SEAL_SHRINK,
    "grow": fcntl.F_SEAL_GROW,
    "write": fcntl.F_SEAL_WRITE,
}

WITHOUT_SEALS = {
    "helper/request/message.py": {
        "    if not stat.S_ISREG(status.st_mode) or seals & ALL_SEALS != ALL_SEALS:\n": "    if seals < 0:\n"
    }
}
WITHOUT_LOOK_AT_CONTROLS = {"helper/request/argv.py": {"    refuse_controls(command)\n": ""}}


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


def hello(*arguments, magic=wire.MAGIC, kind=wire.OTHER, count=None, total=None):
    """Return a hello with anything whatever in it."""
    octets = b"".join(len(argument).to_bytes(4, "big") + argument for argument in arguments)
    numbers = (len(arguments) if count is None else count, len(octets) if total is None else total)
    return magic + kind + b"".join(number.to_bytes(4, "big") for number in numbers) + octets


HONEST = hello(b"sendmail", b"carol@example.org")


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"\0" * 18, b"hello is not of this version"),
        (bytes(range(64, 128)), b"hello is not of this version"),
        (b"GET / HTTP/1.1\r\n\r\n", b"hello is not of this version"),
        (hello(b"sendmail", magic=b"GATEPOST\x01"), b"hello is not of this version"),
        (hello(b"sendmail", magic=b"GATEPOST\x03"), b"hello is not of this version"),
        (hello(b"sendmail", kind=b"x"), b"hello is not of this version"),
        (hello(total=wire.HELLO_LIMIT + 1), b"larger than"),
        (hello(total=2**32 - 1), b"larger than"),
        (hello(b"sendmail", count=2), b"fewer arguments"),
        (hello(b"sendmail", count=0), b"left over"),
        (hello(b"sendmail", b"a@x", count=1), b"left over"),
        (hello(count=2**32 - 1), b"fewer arguments"),
        (hello(b"sendmail", b"a\0b"), b"NUL"),
        (hello(b"sendmail", total=11) + b"\0", b"left over"),
        (HONEST[:18] + b"\0\0\0\xff" + HONEST[22:], b"ends too early"),
        (HONEST[:18] + b"\xff\xff\xff\xff" + HONEST[22:], b"ends too early"),
        (hello(count=1, total=3) + b"\0\0\0", b"ends too early"),
    ],
)
def test_a_hello_that_is_none_is_refused(installation, host, octets, reason):
    with ForgedFrontend(installation) as forged:
        forged.send(octets)
        assert reason in is_refused(forged, host, installation)


OPTIONS = {"recipient": b"%b", "-f": b"-f%b", "-F": b"-F%b", "-B": b"-B%b", "-N": b"-N%b", "-R": b"-R%b", "-V": b"-V%b"}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("control", [b"\r", b"\n", b"\x1b", b"\x7f"], ids=["CR", "LF", "ESC", "DEL"])
def test_a_control_character_is_refused_in_every_field(installation, host, option, control):
    argument = OPTIONS[option] % (b"a" + control + b"RCPT TO:<evil@example.org>")
    with ForgedFrontend(installation) as forged:
        forged.hello(argument, b"carol@example.org")
        lines, status = forged.end()
    assert (status, len(lines)) == (64, 1)
    assert lines[0].startswith(b"sendmail: usage: ") and control not in lines[0]
    assert_untouched(host, installation, lines)


@pytest.mark.parametrize("length", [0, 1, 8, 17, 18, len(HONEST) - 1])
def test_half_a_hello_is_none(installation, host, length):
    with ForgedFrontend(installation) as forged:
        if length:
            forged.send(HONEST[:length])
        forged.socket.shutdown(socket.SHUT_WR)
        lines, status = forged.end()
        assert (status, len(lines)) == (1, 1) if length else lines == []
        assert_untouched(host, installation)


@pytest.mark.parametrize("length", [0, 5, len(HONEST)])
def test_a_frontend_that_ends_without_reading_is_no_defect(installation, host, length):
    """Its end is told by ECONNRESET then (unix(7)); who has said hello and gives no message is let go."""
    with ForgedFrontend(installation) as forged:
        if length:
            forged.send(HONEST[:length])
        if length == len(HONEST):
            assert forged.socket.recv(1, socket.MSG_PEEK)
        forged.socket.close()
        forged.process.wait(10)
        assert not any("defect" in line for line in installation.log_lines())
        assert len(installation.log_lines()) == (1 if length == 5 else 0)
        assert_untouched(host, installation)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (wire.frame(wire.OCTETS, b"hello"), b"no message came"),
        (wire.frame(wire.OCTETS), b"no message came"),
        (wire.frame(wire.FILE), b"no message came"),
        (wire.frame(wire.FILE, b"x"), b"no message came"),
        (wire.frame(wire.UNREADABLE), b"no message came"),
        (wire.frame(wire.UNREADABLE, b"\0\0\x10\0"), b"no message came"),
        (wire.frame(wire.UNREADABLE, b"\xff" * 4), b"no message came"),
        (wire.frame(wire.UNREADABLE, b"\0\0\0\5\0"), b"no message came"),
        (wire.frame(wire.STATUS, b"\0\0"), b"no message came"),
        (wire.frame(wire.DOUBT), b"no message came"),
        (b"\0\0\0", b"no message came"),
        (b"F", b"ended inside"),
        (b"F\0", b"ended inside"),
        (b"R\xff\xff" + b"x" * 0xFFFE, b"ended inside"),
        (HONEST, b"ended inside"),
    ],
)
def test_an_answer_that_is_none_is_refused(installation, host, octets, reason):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(octets)
        forged.socket.shutdown(socket.SHUT_WR)
        assert reason in is_refused(forged, host, installation)


def test_an_error_of_standard_input_brings_no_descriptor(installation, host):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(wire.frame(wire.UNREADABLE, b"\0\0\0\5"), [memory_file(MESSAGE)])
        assert b"no message came" in is_refused(forged, host, installation)


@pytest.mark.parametrize("number", [0, 5, 133, 4095])
def test_no_error_of_standard_input_is_a_defect(installation, host, number):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(wire.frame(wire.UNREADABLE, number.to_bytes(4, "big")))
        lines, status = forged.end()
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(b"sendmail: not sent: standard input cannot be read: ")
    assert_untouched(host, installation)


@pytest.mark.parametrize("more", [b"\0", HONEST, b"x" * 100_000], ids=["an-octet", "another-hello", "very-much"])
def test_octets_after_the_message_are_refused(installation, host, more):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(wire.frame(wire.FILE) + more, [memory_file(MESSAGE)])
        assert b"unasked" in is_refused(forged, host, installation)


@pytest.mark.parametrize("count", [1, 2, 3, 253])
def test_a_descriptor_with_the_hello_is_refused(installation, host, count):
    with ForgedFrontend(installation) as forged:
        forged.send(HONEST, [memory_file(MESSAGE)] * count)
        assert b"descriptor" in is_refused(forged, host, installation)


@pytest.mark.parametrize("count", [2, 3, 253])
def test_more_than_one_descriptor_is_refused(installation, host, count):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.send(wire.frame(wire.FILE), [memory_file(MESSAGE)] * count)
        assert b"more than one descriptor" in is_refused(forged, host, installation)


def test_descriptors_that_come_later_are_dropped(installation, smarthost):
    """The helper is given none of them: at the smart host it has only what it opened itself."""
    host = smarthost(at={"GREETING": Silent()})
    installation.configure_relay(host)
    with ForgedFrontend(installation) as forged, open("/etc/hostname") as other:
        forged.send(HONEST[:20])
        forged.send(HONEST[20:], [other.fileno()] * 200)
        assert forged.answer()[0] == wire.MESSAGE
        forged.send(b"F", [memory_file(MESSAGE)])
        forged.send(b"\0\0", [other.fileno()] * 200)
        wait_for(lambda: "GREETING" in host.acted, "the connection")
        assert "/etc/hostname" not in files_of(helper_below(forged.process.pid)).values()
        assert len(files_of(forged.process.pid)) < 10


@pytest.mark.parametrize("missing", SEALS)
def test_a_memory_file_that_could_still_change_is_refused(installation, host, missing):
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.submit(memory_file(MESSAGE, ALL_SEALS & ~SEALS[missing]))
        assert b"not a sealed memory file" in is_refused(forged, host, installation)


def test_a_seal_that_leaves_old_mappings_writable_is_not_enough(installation, host):
    future_write = 0x10
    with ForgedFrontend(installation) as forged:
        forged.ready()
        forged.submit(memory_file(MESSAGE, ALL_SEALS & ~fcntl.F_SEAL_WRITE | future_write))
        assert b"not a sealed memory file" in is_refused(forged, host, installation)


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
        forged.ready(b"carol@example.org>\r\nRCPT TO:<evil@x.example")
        forged.submit(memory_file(MESSAGE))
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


# A session, in which one helper is given several messages (-bs)


ONE_MESSAGE = b"MAIL FROM:<>\r\nRCPT TO:<%b>\r\nDATA\r\n" + MESSAGE.replace(b"\n", b"\r\n") + b".\r\n"


class Talk:
    """A session whose frontend is forged."""

    def __init__(self, forged):
        self.forged = forged
        forged.hello(b"-bs")

    def until_asked(self):
        """Take what comes until the next octets are asked for, and return the text of it."""
        text = b""
        while True:
            letter, content = self.forged.answer()
            if letter == wire.READ:
                return text
            text += content if letter == wire.TEXT else b""

    def say(self, octets):
        self.forged.send(wire.frame(wire.OCTETS, octets))


@pytest.fixture
def talk(installation):
    """Start a session of a forged frontend."""
    with ForgedFrontend(installation) as forged:
        yield Talk(forged)


def test_a_session_is_a_dialogue_of_octets(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host)
    with ForgedFrontend(installation) as forged:
        talk = Talk(forged)
        assert talk.until_asked().startswith(b"220 ")
        for _ in range(3):
            talk.say(ONE_MESSAGE % b"carol@example.org")
            assert talk.until_asked().endswith(b"250 2.0.0 taken\r\n")
        talk.say(b"")
        assert forged.end() == ([], 0)
    host.settle()
    assert len(host.messages) == len(installation.log_lines()) == 3


@pytest.mark.parametrize(
    ("answer", "descriptors", "reason"),
    [
        (wire.frame(wire.FILE), 1, b"no octets"),
        (wire.frame(wire.FILE), 0, b"no octets"),
        (wire.frame(wire.UNREADABLE, b"\0\0\0\5"), 0, b"no octets"),
        (wire.frame(wire.OCTETS, b"NOOP\r\n"), 1, b"no octets"),
        (wire.frame(wire.OCTETS, b"NOOP\r\n"), 2, b"more than one descriptor"),
        (HONEST, 0, b"ended inside"),
        (b"R\0", 0, b"ended inside"),
        (b"R\0\2x", 0, b"ended inside"),
    ],
)
def test_who_lies_in_a_session_is_not_heard_again(installation, host, talk, answer, descriptors, reason):
    talk.until_asked()
    talk.forged.send(answer, [memory_file(MESSAGE)] * descriptors)
    talk.forged.socket.shutdown(socket.SHUT_WR)
    assert reason in is_refused(talk.forged, host, installation)


def test_who_speaks_while_a_message_is_sent_has_not_sent_it(installation, host, talk):
    talk.until_asked()
    talk.forged.send(wire.frame(wire.OCTETS, ONE_MESSAGE % b"carol@example.org") + wire.frame(wire.OCTETS, b"QUIT\r\n"))
    assert b"unasked" in is_refused(talk.forged, host, installation)


def test_messages_that_are_refused_leave_nothing_behind(installation, host):
    installation.configure_relay(host, {"message_size_limit": 10})
    with ForgedFrontend(installation) as forged:
        talk = Talk(forged)
        talk.until_asked()
        before = len(files_of(helper_below(forged.process.pid)))
        for _ in range(200):
            talk.say(ONE_MESSAGE % b"carol@example.org")
            assert b"552 not sent: " in talk.until_asked()
        assert len(files_of(forged.process.pid)) == before
        assert_untouched(host, installation)


def test_a_frontend_that_dies_between_messages_ends_the_helper(installation, host, talk):
    talk.until_asked()
    talk.forged.socket.close()
    talk.forged.process.wait(10)
    assert_untouched(host, installation)
    assert installation.log_lines() == []


def test_the_caller_cannot_look_into_a_helper_between_two_messages(installation, smarthost):
    """It keeps the password longer than a helper of one message does, and no less well."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    installation.configure_relay(host)
    with ForgedFrontend(installation) as forged:
        talk = Talk(forged)
        talk.until_asked()
        talk.say(ONE_MESSAGE % b"carol@example.org")
        assert talk.until_asked().endswith(b"250 2.0.0 taken\r\n")
        assert spy_on(installation, helper_below(forged.process.pid), CANARY) == ([], [])

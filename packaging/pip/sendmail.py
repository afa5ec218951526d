"""What `gatepost-sendmail` runs: a gatherer without a compiler, for sends without privilege (frontend/sendmail.c).

It passes argv and standard input, a regular file, a pipe or a terminal, to the helper without privilege, and does what
that asks. It imports nothing of ours: whichever `helper` this interpreter would find does not matter.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import socket
import stat
import sys
from typing import NoReturn

STDIN, STDOUT, STDERR, CHANNEL = 0, 1, 2, 3
PLACE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = PLACE if os.path.exists(f"{PLACE}/helper") else os.path.dirname(os.path.dirname(PLACE))  # a checkout
SCRIPT = f"{PACKAGE}/helper/personal/__main__.py"
VARIABLES = ("HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
SIGNALS = [number for number in range(1, 32) if number not in (signal.SIGKILL, signal.SIGSTOP)]
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
PART_OCTETS, DRAINED_OCTETS = 64 * 1024, 256 * 1024 * 1024
ENDED = b"sendmail: not sent: the helper ended without an answer"
ENDED_IN_DOUBT = b"sendmail: may have been sent: the helper ended while the smart host was taking the message"


def main() -> None:
    """Have a helper serve the caller, and at most two that follow it; end with the status that the last one gives."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    while os.open(os.devnull, os.O_RDONLY) < CHANNEL:
        pass  # what the caller has closed is open now, and what is opened next gets none of these numbers
    sentence = b""
    for _ in range(3):
        reason = serve(start(sentence))
        if sentence and reason:
            break  # it was to say the sentence, and did not
        sentence = reason
    end(sentence or ENDED)


def start(sentence: bytes) -> socket.socket:
    """Start a helper in a session of its own, with nothing of ours but the channel; return our end of that."""
    ours, theirs = socket.socketpair()
    folders = [folder for folder in sys.path[0 if sys.flags.safe_path else 1 :] if os.path.isabs(folder)]
    environment = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    environment |= {"PATH": "/usr/bin:/bin", "GATEPOST_MODULES": os.pathsep.join(folders)}
    command = [sys.executable, "-I", "-S", "-B", SCRIPT, *([os.fsdecode(sentence)] if sentence else [])]
    actions = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (STDIN, STDOUT, STDERR)]
    os.umask(0o077)
    with theirs:
        os.posix_spawn(
            sys.executable,
            command,
            environment,
            file_actions=[*actions, (os.POSIX_SPAWN_DUP2, theirs.fileno(), CHANNEL)],
            setsid=True,
            setsigmask=[],
            setsigdef=SIGNALS,
        )
    return ours


def serve(channel: socket.socket) -> bytes:
    """Do what a helper asks for; return why another one is needed, nothing where it asks for one without a reason."""
    doubt, problem, is_session, has_begun = ENDED, "", False, False
    with contextlib.suppress(OSError):  # a helper that is gone has said why, or its end is seen next
        channel.sendall(hello(list(map(os.fsencode, sys.argv))))
    while frame := read_frame(channel):
        letter, content = frame
        if letter in b"pc" and not has_begun:
            return printable(content)
        has_begun = True
        if letter == b"e":
            write(STDERR, printable(content, b"\r\n") + b"\n")
        elif letter == b"o":
            problem = problem or write(STDOUT, printable(content, b"\r\n"))
        elif letter == b"m" and not is_session:
            answer_message(channel, int.from_bytes(content[:8], "big"), content[8:] == b"\1" and os.isatty(STDIN))
        elif letter == b"r":
            is_session, octets = True, b"" if problem else read(int.from_bytes(content, "big"))
            answer(channel, b"R" + len(octets).to_bytes(2, "big") + octets)
        elif letter in b"dk":
            doubt = ENDED_IN_DOUBT if letter == b"d" else ENDED
        elif letter == b"s" and len(content) == 2:
            if problem and content[0] == 0 and not is_session:
                end(f"sendmail: standard output cannot be written: {problem}".encode(), drains=False)
            end(b"", content[1] == 1, content[0])
        else:
            break
    channel.close()  # who cannot tell of doubt any more does not send
    if is_session:
        write(STDOUT, b"421 4.3.0 the mail helper has ended\r\n")
    return end(doubt, not is_session) if has_begun else ENDED


def hello(arguments: list[bytes]) -> bytes:
    """Return what a helper is told first."""
    octets = b"".join(len(argument).to_bytes(4, "big") + argument for argument in arguments)
    head = b"GATEPOST\2" + (b"t" if os.isatty(STDIN) else b"o")
    return head + len(arguments).to_bytes(4, "big") + len(octets).to_bytes(4, "big") + octets


def read_frame(channel: socket.socket) -> tuple[bytes, bytes] | None:
    """Return letter and content of the next frame, None where none comes."""
    with contextlib.suppress(OSError):
        head = channel.recv(3, socket.MSG_WAITALL)
        length = int.from_bytes(head[1:], "big")
        content = channel.recv(length, socket.MSG_WAITALL) if length else b""
        if len(head) == 3 and len(content) == length:
            return head[:1], content
    return None


def answer(channel: socket.socket, octets: bytes, *descriptors: int) -> None:
    """Answer a question."""
    with contextlib.suppress(OSError):
        channel.sendall(octets[socket.send_fds(channel, [octets], descriptors) :])


def answer_message(channel: socket.socket, limit: int, dot_ends: bool) -> None:
    """Give the helper the message in a sealed memory file, or say why it cannot be read."""
    try:
        octets = message(limit, dot_ends)
        memory = os.memfd_create("message", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        while octets:
            octets = octets[os.write(memory, octets) :]
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, SEALS)
    except OSError as error:
        answer(channel, b"X\0\4" + (error.errno or errno.EIO).to_bytes(4, "big"))
    else:
        answer(channel, b"F\0\0", memory)
        os.close(memory)


def message(limit: int, dot_ends: bool) -> bytes:
    """Return what stands on standard input, at most one octet more than `limit` (0: none). OSError where it cannot."""
    octets = bytearray(b"\n")  # as if a line went before: a lone dot can be the first one
    while (not limit or len(octets) < limit + 2) and (part := os.read(STDIN, PART_OCTETS)):
        octets += part
        if dot_ends and (at := octets.find(b"\n.\n", max(0, len(octets) - len(part) - 2))) >= 0:
            return bytes(octets[1 : at + 1])
    poll = select.poll()
    poll.register(STDIN, 0)
    if stat.S_ISCHR(os.fstat(STDIN).st_mode) and any(events & select.POLLHUP for _, events in poll.poll(0)):
        raise OSError(errno.EIO, os.strerror(errno.EIO))  # that a terminal is gone is no end of a message
    return bytes(octets[1 : limit + 2] if limit else octets[1:])


def read(most: int) -> bytes:
    """Return what comes next on standard input, nothing at its end or after an error."""
    with contextlib.suppress(OSError):
        return os.read(STDIN, most)
    return b""


def write(target: int, octets: bytes) -> str:
    """Write all octets; return why that cannot be, nothing where it can."""
    try:
        while octets:
            octets = octets[os.write(target, octets) :]
    except OSError as error:
        return error.strerror or "an error"
    return ""


def printable(octets: bytes, others: bytes = b"") -> bytes:
    """Return text that steers no terminal."""
    return bytes(octet if 0x20 <= octet < 0x7F or octet in others else ord("?") for octet in octets)


def end(line: bytes, drains: bool = True, status: int = 1) -> NoReturn:
    """Say in our own words why nothing was sent, where that is to be said, read a pipe to its end, and end."""
    if line:
        write(STDERR, printable(line) + b"\n")
    drained = 0
    while (
        drains and stat.S_ISFIFO(os.fstat(STDIN).st_mode) and drained < DRAINED_OCTETS and (part := read(PART_OCTETS))
    ):
        drained += len(part)
    os._exit(status)


if __name__ == "__main__":
    main()

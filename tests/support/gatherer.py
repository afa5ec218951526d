"""The C program alone: a private copy of sendmail whose helpers are the test itself.

What it starts in the place of the launcher and the interpreter hands its channel to the test (relay.c), and
gatepost.socket is a socket of the test's. So each octet that goes either way is the test's to choose.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.support.weakened import Weakening, replace_in

ROOT = Path(__file__).parents[2]
SOURCES = ("frontend/sendmail.c", "frontend/message.c", "frontend/answers.c")
HEADERS = (
    *(f"frontend/{name}.h" for name in ("answers", "helpers", "message", "rights", "wire")),
    "helper/start.h",
)
PLAIN = ("-O2", "-fPIE", "-static-pie")
SANITIZED = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
TIME_LIMIT_S = 20
CALLER, SERVICE, STANDIN = 54321, 54331, 54332  # uids and gids; nobody's
HELLO_HEAD_OCTETS = 18
MESSAGE = b"Subject: hello\n\nhello\n"
ENDED = b"sendmail: not sent: the helper ended without an answer\n"
IN_DOUBT = b"sendmail: may have been sent: the helper ended while the smart host was taking the message\n"
CLOSED = b"421 4.3.0 the mail helper has ended\r\n"
NOT_HERE = b"sendmail: not sent: no helper here"
UNPRIVILEGED = ["-I", "-S", "-B", "/unprivileged"]
SHORT = {"CONNECT_MS": 700, "ANSWER_MS": 700, "FRAME_MS": 1000}


def frame(letter: bytes, content: bytes = b"") -> bytes:
    """Return the octets of one frame."""
    return letter + len(content).to_bytes(2, "big") + content


def message_question(limit: int = 0, dot_ends: bool = False) -> bytes:
    """Return the question for the message."""
    return frame(b"m", limit.to_bytes(8, "big") + bytes([dot_ends]))


def input_question(most: int = 65535) -> bytes:
    """Return the question for what comes next on standard input."""
    return frame(b"r", most.to_bytes(2, "big"))


def status(number: int, drain: bool = False) -> bytes:
    """Return the last frame."""
    return frame(b"s", bytes([number, drain]))


@dataclass
class Hello:
    """What a helper is told first."""

    kind: bytes
    arguments: list[bytes]
    octets: bytes
    descriptors: list[int]


@dataclass
class Helper:
    """A helper's end of the channel, and what its process was started with."""

    socket: socket.socket
    arguments: list[str] = field(default_factory=list)
    environment: list[str] = field(default_factory=list)
    directory: str = ""

    def hello(self) -> Hello:
        """Take the whole hello."""
        octets, descriptors, *_ = socket.recv_fds(self.socket, HELLO_HEAD_OCTETS, 8)
        octets += self.exactly(HELLO_HEAD_OCTETS - len(octets))
        assert octets[:9] == b"GATEPOST\x02"
        count, total = int.from_bytes(octets[10:14], "big"), int.from_bytes(octets[14:18], "big")
        rest = self.exactly(total)
        arguments, at = [], 0
        for _ in range(count):
            length = int.from_bytes(rest[at : at + 4], "big")
            arguments.append(rest[at + 4 : at + 4 + length])
            at += 4 + length
        assert at == total
        return Hello(octets[9:10], arguments, octets + rest, descriptors)

    def exactly(self, length: int) -> bytes:
        """Take so many octets."""
        octets = bytearray()
        while len(octets) < length:
            part = self.socket.recv(min(length - len(octets), 1 << 20))
            if not part:
                raise EOFError(bytes(octets))
            octets += part
        return bytes(octets)

    def say(self, *frames: bytes) -> None:
        """Send frames."""
        self.socket.sendall(b"".join(frames))

    def answer(self) -> tuple[bytes, bytes, list[int]]:
        """Take one answer: letter, content, descriptors."""
        head, descriptors, *_ = socket.recv_fds(self.socket, 3, 8)
        if not head:
            raise EOFError
        head += self.exactly(3 - len(head))
        return head[:1], self.exactly(int.from_bytes(head[1:], "big")), descriptors

    def message(self, limit: int = 0, dot_ends: bool = False) -> bytes:
        """Ask for the message, and return it."""
        self.say(message_question(limit, dot_ends))
        return self.taken_message()

    def taken_message(self) -> bytes:
        """Take the answer to the question for the message."""
        letter, content, descriptors = self.answer()
        assert (letter, content, len(descriptors)) == (b"F", b"", 1)
        with os.fdopen(descriptors[0], "rb") as file:
            file.seek(0)
            return file.read()

    def input(self, most: int = 65535) -> bytes:
        """Ask for what comes next on standard input."""
        self.say(input_question(most))
        letter, content, descriptors = self.answer()
        assert (letter, descriptors) == (b"R", [])
        return content

    def end(self, *frames: bytes) -> None:
        """Send frames, and end."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.say(*frames)
        self.socket.close()


@dataclass
class Result:
    """How a send ended."""

    status: int
    stdout: bytes
    stderr: bytes


class Send:
    """A sendmail that is running."""

    def __init__(self, gatherer: Gatherer, process: subprocess.Popen[bytes]) -> None:
        self._gatherer = gatherer
        self.process = process

    def helper(self) -> Helper:
        """Wait for the next helper that it starts."""
        return self._gatherer.helper()

    def behind_socket(self) -> Helper:
        """Wait for its connection to gatepost.socket."""
        assert self._gatherer.listener is not None
        connection = self._gatherer.listener.accept()[0]
        connection.settimeout(TIME_LIMIT_S)
        return Helper(connection)

    def end(self) -> Result:
        """Wait for its end."""
        stdout, stderr = self.process.communicate(timeout=TIME_LIMIT_S)
        return Result(self.process.returncode, stdout or b"", stderr or b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.process.wait()


def give(send: Send, octets: bytes) -> None:
    """Put octets on standard input, and end it."""
    assert send.process.stdin is not None
    send.process.stdin.write(octets)
    send.process.stdin.close()
    send.process.stdin = None


def drained(send: Send) -> bool:
    """Say whether all that is written to standard input is taken."""
    try:
        give(send, b"x" * 300_000)
    except BrokenPipeError:
        return False
    finally:
        send.process.stdin = None
    return True


class Gatherer:
    """Builds the program below a directory that every user can enter, and starts it."""

    def __init__(
        self, folder: Path, options: tuple[str, ...] = PLAIN, weakening: Weakening | None = None, **limits: int
    ) -> None:
        self.folder = folder
        self.program, self.launcher, self.python = folder / "sendmail", folder / "launcher", folder / "python"
        self.socket_path = folder / "socket"
        self.listener: socket.socket | None = None
        self._relay = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._relay.bind(str(folder / "relay"))
        self._relay.listen(64)
        self._relay.settimeout(TIME_LIMIT_S)
        os.chmod(folder / "relay", 0o777)
        paths = {
            "PYTHON": self.python,
            "HELPER": "/helper",
            "UNPRIVILEGED": "/unprivileged",
            "LAUNCHER": self.launcher,
            "SOCKET": self.socket_path,
            "SERVICE_USER": "mailuser",
            "STANDIN_USER": "mailnull",
            "ACCOUNTS": folder / "passwd",
        }
        self.accounts(f"mailuser:x:{SERVICE}:{SERVICE}::/:/\nmailnull:x:{STANDIN}:{STANDIN}::/:/\n")
        words = [f'-D{name}="{path}"' for name, path in paths.items()]
        words += [f"-D{name}={number}" for name, number in limits.items()]
        compile_program(self.program, SOURCES, *options, *words, root=weakened_sources(folder, weakening or {}))
        compile_program(self.launcher, ["tests/support/relay.c"], f'-DRELAY="{folder / "relay"}"')
        shutil.copy2(self.launcher, self.python)

    def start(self, *arguments: str | bytes, user: int | None = None, **options: Any) -> Send:
        """Start it as an ordinary user."""
        ids = ids_of(CALLER if user is None else user) if os.geteuid() == 0 else {}
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        argv = options.pop("argv", [b"sendmail", *arguments])
        process = subprocess.Popen(
            argv, **({"executable": self.program, "cwd": "/tmp", "env": {}} | ids | pipes | options)
        )
        return Send(self, process)

    def helper(self) -> Helper:
        """Wait for the next helper that is started."""
        connection = self._relay.accept()[0]
        with connection:
            octets, descriptors, *_ = socket.recv_fds(connection, 200_000, 1)
        channel = socket.socket(fileno=descriptors[0])
        channel.settimeout(TIME_LIMIT_S)
        arguments, environment, directory = [], [], octets.split(b"\0")[-2].decode()
        parts = iter(octets.split(b"\0"))
        arguments = [part.decode() for part in iter(lambda: next(parts), b"")]
        environment = [part.decode() for part in iter(lambda: next(parts), b"")]
        return Helper(channel, arguments, environment, directory)

    def accounts(self, passwd: str) -> None:
        """Write what the program takes for /etc/passwd."""
        (self.folder / "passwd").write_text(passwd)

    @contextlib.contextmanager
    def listening(self, backlog: int = 16) -> Iterator[socket.socket]:
        """Open gatepost.socket."""
        with socket.socket(socket.AF_UNIX) as self.listener:
            self.listener.bind(str(self.socket_path))
            self.listener.listen(backlog)
            self.listener.settimeout(TIME_LIMIT_S)
            os.chmod(self.socket_path, 0o777)
            try:
                yield self.listener
            finally:
                self.socket_path.unlink()
                self.listener = None

    def close(self) -> None:
        """Listen to nobody any more."""
        self._relay.close()


def ids_of(user: int) -> dict[str, Any]:
    """Return the options by which a process becomes a user without any group but its own."""
    return {"user": user, "group": user, "extra_groups": []}


def weakened_sources(folder: Path, weakening: Weakening) -> Path:
    """Return where the sources are, with these replacements."""
    if not weakening:
        return ROOT
    for file in (*SOURCES, *HEADERS):
        (folder / "source" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, folder / "source" / file)
        replace_in(folder / "source" / file, weakening.get(file, {}))
    return folder / "source"


def compile_program(target: Path, sources: Sequence[str], *options: str, root: Path = ROOT) -> None:
    """Compile a program."""
    words = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", *options]
    subprocess.run(["cc", *words, "-o", target, *sources], check=True, cwd=root)


@contextlib.contextmanager
def gatherer(options: tuple[str, ...] = PLAIN, weakening: Weakening | None = None, **limits: int) -> Iterator[Gatherer]:
    """Build the program for some tests."""
    with tempfile.TemporaryDirectory(prefix="gatepost-test-") as name:
        os.chmod(name, 0o755)
        made = Gatherer(Path(name), options, weakening, **limits)
        try:
            yield made
        finally:
            made.close()


def default_signals() -> None:
    """Undo what an interpreter ignores (for `preexec_fn`)."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)

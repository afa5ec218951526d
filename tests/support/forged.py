"""A frontend of the attacker's own: the launcher started directly, with a user's ids, and the wire spoken freely."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import socket
import subprocess
from collections.abc import Callable, Sequence
from typing import Any, Self

from helper.request import wire
from tests.support.installation import Installation

CHANNEL = 3
TIME_LIMIT_S = 20
ALL_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class ForgedFrontend:
    """The launcher, run by a user, and the other end of its channel.

    `channel` is what stands on descriptor 3 in place of the usual socketpair; `prepare` is done in the new process
    with the user's ids, before the launcher is executed.
    """

    def __init__(
        self,
        installation: Installation,
        user: str = "alice",
        channel: int | None = None,
        prepare: Callable[[], object] = lambda: None,
        arguments: Sequence[bytes] | None = None,
        env: dict[str, str] | None = None,
        **popen: Any,
    ) -> None:
        account = installation.account(user)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.settimeout(TIME_LIMIT_S)
        self.socket = ours
        self._heard = bytearray()
        end = theirs.fileno() if channel is None else channel

        def make_ready() -> None:
            prepare()
            if end == CHANNEL:
                os.set_inheritable(end, True)
            elif end >= 0:
                os.dup2(end, CHANNEL)
            else:
                with contextlib.suppress(OSError):
                    os.close(CHANNEL)

        options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/", "close_fds": False}
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen(
            [str(installation.launcher)] if arguments is None else list(arguments),
            executable=installation.launcher,
            env=env or {},
            preexec_fn=make_ready,  # the threads of this process are smart hosts, which hold no lock of the interpreter
            **(options | pipes | popen),
        )
        theirs.close()

    def hello(self, *arguments: bytes, kind: bytes = wire.OTHER) -> None:
        """Say an honest hello: what sendmail was called with, without its name."""
        self.send(wire.hello(kind, [b"sendmail", *(arguments or (b"carol@example.org",))]))

    def ready(self, *arguments: bytes) -> int:
        """Say hello, wait until the message is asked for, and return the size limit."""
        self.hello(*arguments)
        letter, content = self.answer()
        assert letter == wire.MESSAGE, (letter, content)
        return int.from_bytes(content[:8], "big")

    def send(self, octets: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send octets with descriptors; a helper that is gone by now takes nothing."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sent = self.socket.sendmsg([octets], rights)
            self.socket.sendall(octets[sent:])

    def submit(self, message: int) -> None:
        """Answer with this descriptor as the message."""
        self.send(wire.frame(wire.FILE), [message])

    def answer(self) -> tuple[bytes, bytes]:
        """Return the next frame; EOFError where none comes any more."""
        while (answer := wire.parse_frame(self._heard)) is None:
            try:
                octets = self.socket.recv(65536)
            except ConnectionResetError:  # ended without having read all that we said
                octets = b""
            if not octets:
                raise EOFError
            self._heard += octets
        letter, content, length = answer
        del self._heard[:length]
        return letter, content

    def end(self) -> tuple[list[bytes], int | None]:
        """Return the lines that came to the end, and the status; wait for the launcher, which must not be killed.

        A starter's refusal counts as one that sendmail would show, with status 1.
        """
        lines, status = [], None
        with contextlib.suppress(EOFError):
            while True:
                letter, content = self.answer()
                if letter in (wire.LINE, wire.CLOSED):
                    lines.append(content)
                if letter in (wire.STATUS, wire.CLOSED):
                    assert status is None, "two statuses"
                    status = content[0] if letter == wire.STATUS else 1
        self.process.wait(TIME_LIMIT_S)
        return lines, status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.process.kill()
        self.process.communicate()


def memory_file(content: bytes, seals: int = ALL_SEALS) -> int:
    """Return a memory file with these seals."""
    descriptor = os.memfd_create("message", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, content)
    if seals:
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor

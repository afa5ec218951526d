"""A command of a system's on a terminal of its own, where somebody answers its questions."""

from __future__ import annotations

import os
import re
import select
import signal
import time
from collections.abc import Mapping

from tests.packages.system import ENVIRONMENT, System

TIME_LIMIT_S = 120
CHUNK = 65536


class Terminal:
    """The terminal: what was written there so far, and who waits for an answer."""

    def __init__(self, system: System, *command: str, environment: Mapping[str, str]) -> None:
        words = system.words(*command, user="root")
        self.written = ""
        self._read = 0
        self._pid, self._end = os.forkpty()
        if self._pid == 0:
            os.execvpe(words[0], words, ENVIRONMENT | {"TERM": "vt100"} | environment)

    def expect(self, pattern: str) -> str:
        """Wait for a text and return what was written up to its end. AssertionError if it does not come."""
        end = time.monotonic() + TIME_LIMIT_S
        while (found := re.compile(pattern).search(self.written, self._read)) is None:
            if not self._more(end):
                self._kill()
                raise AssertionError(f"no {pattern!r} in {self.written[self._read :]!r}")
        text, self._read = self.written[self._read : found.end()], found.end()
        return text

    def type(self, text: str) -> None:
        """Answer with a line."""
        os.write(self._end, f"{text}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.write(self._end, b"\x03")

    def status(self) -> int:
        """Wait for the end and return the exit status."""
        end = time.monotonic() + TIME_LIMIT_S
        while self._more(end):
            pass
        return self._kill() if time.monotonic() >= end else self._wait()

    def _kill(self) -> int:
        os.kill(self._pid, signal.SIGKILL)
        return self._wait()

    def _wait(self) -> int:
        os.close(self._end)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _more(self, end: float) -> bool:
        """Read more, until a time. False if there is no more."""
        if not select.select([self._end], [], [], max(0, end - time.monotonic()))[0]:
            return False
        try:
            octets = os.read(self._end, CHUNK)
        except OSError:  # EIO: nobody has the terminal open any more
            return False
        self.written += octets.decode(errors="replace").replace("\r\n", "\n")
        return bool(octets)

"""Messenger: root's side of the process that speaks to the authorization server for it, as the stand-in."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from admin.oauth.frame import FRAME_LIMIT, parse_frame, to_frame
from helper.failure import SystemFault
from helper.privileged import paths
from helper.privileged.accounts import account

ENTRY = Path(__file__).with_name("__main__.py")
START_S = 30
ANSWER_S = 90  # a little more than the messenger itself gives one answer


class Refusal(SystemFault):
    """The authorization server, or the way to it; `error` is the server's word, such as invalid_grant."""

    def __init__(self, problem: str, error: str = "") -> None:
        super().__init__(problem)
        self.error = error


class Messenger:
    """A process with the stand-in user's ids, no groups and an empty environment. It ends with the context.

    It is executed, so that it has nothing of root's memory. It gets a secret only after it has reported that no other
    process can read it.
    """

    def __enter__(self) -> Self:
        standin = account(paths.STANDIN_USER)
        self._process = subprocess.Popen(
            [paths.PYTHON, "-I", "-S", "-B", ENTRY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            user=standin.pw_uid,
            group=standin.pw_gid,
            extra_groups=[],
            start_new_session=True,  # without root's terminal, into which it could type
        )
        self._rest = b""
        try:
            self.receive(START_S)
        except BaseException:  # end the process, whatever happened
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def say(self, fields: Mapping[str, str]) -> None:
        """Send fields to the messenger."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(to_frame(fields))
            self._process.stdin.flush()
        except BrokenPipeError:
            raise SystemFault("the process that talks to the token endpoint has ended") from None

    def receive(self, timeout_s: float = ANSWER_S) -> dict[str, str]:
        """Return the next fields. Refusal if they tell a problem, SystemFault if they are invalid or do not come."""
        octets = self._frame(time.monotonic() + timeout_s)
        fields = parse_frame(octets)
        if "problem" in fields:
            raise Refusal(fields["problem"], fields.get("error", ""))
        return fields

    def _frame(self, end: float) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while b"\n\n" not in self._rest:
            if not select.select([descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
                raise SystemFault("the process that talks to the token endpoint took too long")
            part = os.read(descriptor, FRAME_LIMIT)
            self._rest += part
            if not part or len(self._rest) > FRAME_LIMIT:
                raise SystemFault("the process that talks to the token endpoint ended without an answer")
        frame, mark, self._rest = self._rest.partition(b"\n\n")
        return frame + mark

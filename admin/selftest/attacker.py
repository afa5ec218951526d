"""Attacker: an ordinary user of this machine, in whose name everything is tried that a promise says is in vain."""

from __future__ import annotations

import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from time import monotonic
from typing import NoReturn, Self

from admin.send_test import rights_of
from helper.failure import SystemFault

TIME_LIMIT_S = 60  # a program that is asked for a password may take its time
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
FOLDERS = ("/var/tmp", "/tmp")


class Attacker:
    """A user, and a folder of theirs that goes with the attacker; run by root."""

    def __init__(self, who: pwd.struct_passwd) -> None:
        self.who = who
        self.rights = rights_of(who)
        self.groups: list[int] = self.rights["extra_groups"]
        self.folder = tempfile.mkdtemp(
            prefix=f"gatepost-selftest-{os.getpid()}-", dir=next(filter(os.path.isdir, FOLDERS), None)
        )
        os.chown(self.folder, who.pw_uid, who.pw_gid)
        os.chmod(self.folder, 0o755)  # a trap that the service user cannot reach is none

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name: str) -> str:
        """Return where a file of the attacker's is, or would be."""
        return os.path.join(self.folder, name)

    def write(self, name: str, text: str) -> str:
        """Leave a file in the attacker's folder, belonging to them, and return where it is."""
        path = self.path(name)
        with open(path, "x") as file:
            file.write(text)
            os.fchown(file.fileno(), self.who.pw_uid, self.who.pw_gid)
        return path

    def do(self, attempt: Callable[[], list[str]]) -> list[str]:
        """Do something in a process that is this user for good, and return what it returns.

        SystemFault where it does not come to its end.
        """
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            self._be_done_with(attempt, writer)
        os.close(writer)
        try:
            octets = read_to_the_end(reader)
        finally:
            os.close(reader)
            os.kill(child, signal.SIGKILL)  # it has nothing more to do
            os.waitpid(child, 0)
        if not octets:
            raise SystemFault("the attack broke off")
        return [str(word) for word in json.loads(octets)]

    def _be_done_with(self, attempt: Callable[[], list[str]], writer: int) -> NoReturn:
        """Become the user, do it, tell what came of it, and end: nothing of root's goes on in this process."""
        try:
            os.setgroups(self.groups)
            os.setresgid(self.who.pw_gid, self.who.pw_gid, self.who.pw_gid)
            os.setresuid(self.who.pw_uid, self.who.pw_uid, self.who.pw_uid)
            os.chdir(self.folder)
            os.write(writer, json.dumps(attempt()).encode())
        finally:
            os._exit(0)

    def run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command as this user, with nothing on standard input, to its end. SystemFault where it has none."""
        try:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=TIME_LIMIT_S,
                cwd=self.folder,
                env=ENVIRONMENT,
                **self.rights,
            )
        except subprocess.TimeoutExpired:
            raise SystemFault(f"{command[0]} did not end") from None


def read_to_the_end(reader: int) -> bytes:
    """Return what comes until everybody has closed the other end, or time is up."""
    octets, end = b"", monotonic() + TIME_LIMIT_S
    while select.select([reader], [], [], max(0, end - monotonic()))[0]:
        part = os.read(reader, 65536)
        if not part:
            break
        octets += part
    return octets


def allowed(attempts: Mapping[str, Callable[[], object]]) -> list[str]:
    """Return which of these attempts the kernel allowed."""
    return [name for name, attempt in attempts.items() if succeeds(attempt)]


def succeeds(attempt: Callable[[], object]) -> bool:
    """Say whether it came to anything."""
    try:
        attempt()
    except OSError:
        return False
    return True

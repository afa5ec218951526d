"""Held: a helper of the attacker's own that has dropped and waits for a request, which never comes.

The launcher is executed by hand, as an attacker would execute it: there is no frontend and no message, so that nothing
can be sent, whatever happens to us. A helper whose channel closes ends without a word.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from admin.selftest.attacker import TIME_LIMIT_S, Attacker
from helper import wire
from helper.failure import SystemFault
from helper.privileged import paths
from helper.privileged.begin import CHANNEL

ENDING_S = 5


@contextlib.contextmanager
def held(
    attacker: Attacker,
    prepare: Callable[[], object] = lambda: None,
    arguments: Sequence[str] = ("launcher",),
    environment: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Give the pid of a helper that stands still. SystemFault, with what the launcher says, where there is none.

    `prepare` is done in the new process with the attacker's ids, before the launcher is executed.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(TIME_LIMIT_S)

        def make_ready() -> None:
            prepare()
            os.dup2(theirs.fileno(), CHANNEL, inheritable=True)

        process = subprocess.Popen(
            arguments,
            executable=paths.LAUNCHER,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment or {},
            cwd=attacker.folder,
            close_fds=False,
            preexec_fn=make_ready,
            **attacker.rights,
        )
        try:
            theirs.close()
            wait_until_ready(ours)
            yield process.pid
        finally:
            ours.close()
            end(process)


def wait_until_ready(channel: socket.socket) -> None:
    """Wait until a request is welcome: the helper has dropped then. SystemFault where it never is, with the reason."""
    heard = bytearray()
    while (answer := wire.parse_answer(heard)) is None:
        try:
            octets = channel.recv(65536)
        except OSError as error:
            raise SystemFault(f"the helper does not answer: {error}") from None
        if not octets:
            raise SystemFault("the helper ended without a word")
        heard += octets
    letter, content, _ = answer
    if letter == wire.PERSONAL:
        raise SystemFault(f"{paths.LAUNCHER} has no set-id bit")
    if letter != wire.LIMIT:
        raise SystemFault(content.decode("ascii", "replace").removeprefix("sendmail: not sent: "))


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that has no reason to go on, and make sure of it."""
    try:
        process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def status_of(pid: int) -> dict[str, str]:
    """Return what the kernel says of a process (/proc/PID/status), nothing of one that has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def has_only_rights_of(status: Mapping[str, str], uid: int, gid: int, groups: Sequence[int]) -> list[str]:
    """Return what a process has beyond the rights of one user."""
    beyond = []
    if set(status["Uid"].split()) != {str(uid)}:
        beyond.append(f"user ids {' '.join(status['Uid'].split())}")
    if set(status["Gid"].split()) != {str(gid)}:
        beyond.append(f"group ids {' '.join(status['Gid'].split())}")
    strange = set(map(int, status["Groups"].split())) - {gid, *groups}
    if strange:
        beyond.append(f"groups {' '.join(map(str, sorted(strange)))}")
    beyond += [name for name in ("CapInh", "CapPrm", "CapEff", "CapAmb") if int(status[name], 16)]
    return beyond

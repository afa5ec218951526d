"""A helper started by the attacker that has dropped its rights and waits for a message that never comes.

The launcher is executed by hand, as an attacker would execute it: there is no frontend and no message, so that nothing
can be sent, whatever happens to us. A helper whose channel closes ends without a word.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic

from admin.apart import Apart
from admin.finding import Caution
from admin.selftest.attacker import TIME_LIMIT_S, Attacker
from helper.failure import SystemFault
from helper.privileged import paths
from helper.request import wire

ENDING_S = 5
TOLD_LIMIT = 1024 * 1024  # octets


@contextlib.contextmanager
def held(
    attacker: Attacker,
    prepare: Callable[[], object] = lambda: None,
    arguments: Sequence[str] = ("launcher",),
    environment: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Give the pid of a waiting helper. SystemFault, with the launcher's error, if there is none.

    `prepare` is done in the new process with the attacker's ids, before the launcher is executed.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def execute() -> object:
            os.chdir(attacker.directory)
            prepare()
            return os.execve(paths.LAUNCHER, list(arguments), environment or {})

        with Apart(attacker.who, execute, TIME_LIMIT_S, channel=theirs.fileno()) as made:
            theirs.close()
            wait_until_ready(ours)
            yield made.pid
            ours.close()
            made.has_ended(ENDING_S)  # it has no reason to go on


def wait_until_ready(channel: socket.socket) -> None:
    """Wait until a message is asked for: the helper has dropped then. SystemFault if it is not, with the reason."""
    with contextlib.suppress(OSError):  # who has ended has said why
        channel.sendall(wire.hello(wire.OTHER, [b"sendmail", b"-t"]))
    heard = bytearray()
    end = monotonic() + TIME_LIMIT_S
    while (answer := wire.parse_frame(heard)) is None:
        try:
            channel.settimeout(max(0.001, end - monotonic()))  # who says an octet now and then has no more time
            octets = channel.recv(65536)
        except OSError as error:
            raise SystemFault(f"the helper does not answer: {error}") from None
        if not octets:
            raise SystemFault("the helper ended without an answer")
        heard += octets
    letter, content, _ = answer
    if letter == wire.UNPRIVILEGED:
        raise Caution(f"{paths.LAUNCHER} has no set-id bit, so it gives nobody any rights")
    if letter != wire.MESSAGE:
        raise SystemFault(content[:1000].decode("ascii", "replace").removeprefix("sendmail: not sent: "))


def status_now(pid: int) -> dict[str, str]:
    """Return what the kernel says of a process. SystemFault for one that its user has ended meanwhile."""
    status = status_of(pid)
    if not status:
        raise SystemFault("the process has ended in the meantime")
    return status


def status_of(pid: int) -> dict[str, str]:
    """Return what the kernel says of a process (/proc/PID/status), nothing of one that has gone."""
    try:
        lines = told(pid, "status").decode("utf-8", "replace").splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def told(pid: int, name: str) -> bytes:
    """Return what a file of /proc/PID holds, up to a limit: some of them hold what the process chose."""
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read(TOLD_LIMIT)


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

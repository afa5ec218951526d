"""One run of a caller in a world of its own, with a smart host on port 587 of a network of its own."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.callers.caller import REFUSAL, TEXT, Caller
from tests.callers.world import PASSWORD, start
from tests.support.certificates import Certificates
from tests.support.private_network import in_private_network
from tests.support.received import Message
from tests.support.smarthost import SmartHost

PATIENCE_S = 600  # sudo takes seven for three wrong passwords, a thousand messages take minutes on a busy machine
Meanwhile = Callable[[SmartHost, Path], None]  # with the folder that is /mnt in the world
# Stands before sendmail, notes how it was called, and becomes it.
RECORDER = """\
#!/usr/bin/python3 -ISB
import json, os, stat, sys

KINDS = {stat.S_IFIFO: "pipe", stat.S_IFREG: "file", stat.S_IFSOCK: "socket"}
stdin = KINDS.get(stat.S_IFMT(os.fstat(0).st_mode), "other")
with open("/mnt/calls", "a") as calls:
    print(json.dumps([sys.argv[1:], stdin]), file=calls)
os.execv("/usr/local/libexec/sendmail", sys.argv)
"""


@dataclass(frozen=True)
class Attempt:
    """What came of it. `status` is None for a caller that had not ended when all was done."""

    status: int | None
    said: str
    log: list[str]
    messages: list[Message]
    calls: list[tuple[list[str], str]]

    @property
    def log_line(self) -> str:
        """Return Gatepost's only line in the system log."""
        lines = [line for line in self.log if "gatepost" in line and "outcome=" in line]
        assert len(lines) == 1, f"{len(lines)} lines: {self}"
        return lines[0]


def nothing_happens(_host: SmartHost, _shared: Path) -> None:
    """Leave the smart host as it is."""


class Machine:
    """Where Gatepost is installed; each attempt finds it as it was in the beginning."""

    def __init__(self, folder: Path, installed: Path, certificates: Certificates) -> None:
        self.folder = folder
        self._installed = installed
        self._certificates = certificates

    def accepted(self, caller: Caller, meanwhile: Meanwhile = nothing_happens) -> Attempt:
        """Run it once with a smart host that accepts everything."""
        return self._run(caller, {}, {}, "", meanwhile)

    def refused(self, caller: Caller) -> Attempt:
        """Run it once with a smart host that refuses the first of the recipients."""
        return self._run(caller, {f"RCPT:{caller.recipients[0].decode()}": REFUSAL}, {}, caller.logs)

    def recorded(self, caller: Caller) -> Attempt:
        """Run it once with something before sendmail that notes how it is called."""
        return self._run(caller, {}, {"usr/sbin/sendmail": RECORDER}, "")

    def _run(
        self,
        caller: Caller,
        refuse: Mapping[str, str],
        files: Mapping[str, str],
        expected: str,
        meanwhile: Meanwhile = nothing_happens,
    ) -> Attempt:
        shutil.rmtree(self.folder, ignore_errors=True)
        world, shared = self.folder / "world", self.folder / "shared"
        shared.mkdir(parents=True)
        for name in ("calls", "said"):
            (shared / name).touch()
            (shared / name).chmod(0o666)
        files = {"home/alice/text": TEXT, "home/alice/script": caller.script, **caller.files, **files}
        (world / "files/usr/local/libexec").mkdir(parents=True)
        shutil.copy2(self._installed / "usr/sbin/sendmail", world / "files/usr/local/libexec")

        def inside() -> Attempt:
            auth, good = {"ws1": PASSWORD}, self._certificates.good
            host = SmartHost(tls="starttls", certificate=good, auth=auth, port=587, refuse=refuse)
            with host, SystemLog(shared / "log") as log:
                process = start(script_of(caller), world, self._installed, files, shared)
                meanwhile(host, shared)
                wait_for_end(shared, caller, log, expected)
                process.kill()
                process.wait()
                host.settle()
            return attempt_in(shared, log.lines(), host.messages)

        return in_private_network(inside, {})


def attempt_in(shared: Path, log: list[str], messages: list[Message]) -> Attempt:
    """Return what the files that were shared with the world say of the attempt."""
    status = (shared / "status").read_text() if (shared / "status").exists() else ""
    said = (shared / "said").read_bytes().decode("utf-8", "replace")
    calls = [tuple(json.loads(line)) for line in (shared / "calls").read_text().splitlines()]
    return Attempt(int(status) if status else None, said, log, messages, calls)


def script_of(caller: Caller) -> str:
    """Return what root does to let the caller send, as its user and in that user's home."""
    account = f"setpriv --reuid {caller.user} --regid {caller.user} --init-groups"
    home = "/root" if caller.user == "root" else f"/home/{caller.user}"
    environment = f"env HOME={home} LOGNAME={caller.user} USER={caller.user} TERM=vt100"
    ready = f"chown -R alice: /home/alice; cp /home/alice/text /root/text; cd {home}"
    return f"{ready}; exec {account} {environment} sh /home/alice/script"


def wait_for_end(shared: Path, caller: Caller, log: SystemLog, expected: str) -> None:
    """Wait until the caller has ended, if it does that at all, and the system log has what there is to say."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        lines = "\n".join(log.lines())
        has_ended = caller.ends is None or (shared / "status").exists()
        if has_ended and "outcome=" in lines and expected in lines:
            return
        time.sleep(0.05)


class SystemLog:
    """What stands at /dev/log of a world."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[str] = []

    def __enter__(self) -> SystemLog:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.chdir(self._path.parent):  # a socket's path has to be short
            self._socket.bind(self._path.name)
        self._path.chmod(0o666)
        self._socket.setblocking(False)
        return self

    def __exit__(self, *_: object) -> None:
        self.lines()
        self._socket.close()

    def lines(self) -> list[str]:
        """Return what was logged so far."""
        with contextlib.suppress(BlockingIOError, OSError):
            while True:
                self._lines.append(self._socket.recv(1 << 16).decode("utf-8", "replace").rstrip("\0\n"))
        return self._lines

"""A stand-in for systemd: listens as the installed gatepost.socket says, and starts gatepost@.service as it says."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import socket
import subprocess
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.accounts import processes_of
from tests.support.installation import IN_PRIVATE_ETC, Installation
from tests.support.process import status_of, wait_for

CONNECTION = 3  # SD_LISTEN_FDS_START
# The variables of sd_listen_fds(3), and then the command in the same process.
HANDED_OVER = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1  # what MemoryDenyWriteExecute= does, from Linux 6.3 on
UNPRIVILEGED = "--clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"


class SecondDoor:
    """The door of an installation, open until the end of the context.

    `credentials` are what LoadCredential= would hand over; `most` is MaxConnections=: who comes then is sent away;
    `etc` has files that stand in /etc for the helpers alone; `outer` is a command that all of it runs under.
    """

    def __init__(
        self,
        installation: Installation,
        credentials: Mapping[str, str] | None = None,
        most: int | None = None,
        etc: Mapping[str, str | None] | None = None,
        outer: Sequence[str | Path] = (),
    ) -> None:
        self.connections = 0
        self._most = most
        unit = read_unit(installation.units / "gatepost.socket")
        self._socket = socket.socket(socket.AF_UNIX)
        self._path = Path(unit["ListenStream"][0])
        assert unit["Accept"] == ["yes"]
        self._path.parent.mkdir(mode=int(unit["DirectoryMode"][0], 8))
        self._socket.bind(str(self._path))
        self._path.chmod(int(unit["SocketMode"][0], 8))
        self._socket.listen()
        self._helpers: list[subprocess.Popen[bytes]] = []
        self._environment = {"PATH": "/usr/bin:/bin"}
        self._service_uid = installation.account("mail").pw_uid
        self._command = [*outer, *command(installation, "/bin/sh", "-c", HANDED_OVER, "sh", etc=etc)]
        if credentials is not None:
            self._hand_over(credentials)
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def helpers(self) -> list[int]:
        """Return the helpers that run."""
        return processes_of({self._service_uid})

    def helper(self) -> int:
        """Wait for the only helper to be shut in, and return it."""
        return wait_for(
            lambda: next((pid for pid in self.helpers() if status_of(pid).get("Seccomp") == "2"), None),
            "a helper behind the second door",
        )

    def statuses(self) -> list[int]:
        """Wait until all helpers have ended, and return what systemd would be told of them."""
        return [helper.wait(20) for helper in self._helpers]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        for helper in self._helpers:
            helper.kill()
            helper.wait()
        shutil.rmtree(self._path.parent)

    def _hand_over(self, credentials: Mapping[str, str]) -> None:
        """Do what LoadCredential= does: a folder and files that the service user alone can read."""
        folder = self._path.parent / "credentials"
        folder.mkdir()
        for name, content in credentials.items():
            (folder / name).write_text(content)
            os.chown(folder / name, self._service_uid, 0)
            (folder / name).chmod(0o400)
        os.chown(folder, self._service_uid, 0)
        folder.chmod(0o500)
        self._environment["CREDENTIALS_DIRECTORY"] = str(folder)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.connections += 1
                running = sum(helper.poll() is None for helper in self._helpers)
                if self._most is None or running < self._most:
                    self._helpers.append(self._start(connection.fileno()))

    def _start(self, connection: int) -> subprocess.Popen[bytes]:
        def make_ready() -> None:
            os.dup2(connection, CONNECTION, inheritable=True)
            ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0)

        return subprocess.Popen(
            self._command,
            preexec_fn=make_ready,
            close_fds=False,
            env=self._environment,
            cwd="/",
            **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL),
        )


def command(installation: Installation, *within: str, etc: Mapping[str, str | None] | None = None) -> list[str | Path]:
    """Return what starts a helper as the service unit says; `within` is a command that runs it as its user."""
    service = read_unit(installation.units / "gatepost@.service")
    assert {"NoNewPrivileges=yes", "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes"} <= {
        f"{name}={value}" for name, values in service.items() for value in values
    }
    account = pwd.getpwnam(service["User"][0])
    files = installation._etc_files(etc or {})
    ids = f"--reuid {account.pw_uid} --regid {account.pw_gid} {UNPRIVILEGED}"
    private = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", IN_PRIVATE_ETC, "sh", files, ids]
    return [*private, *within, *service["ExecStart"][0].split()]


def read_unit(file: Path) -> dict[str, list[str]]:
    """Return the settings of a unit, each with all that is said of it."""
    settings: dict[str, list[str]] = defaultdict(list)
    for line in file.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            settings[name].append(value)
    return dict(settings)

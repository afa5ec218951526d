"""Where the benchmark takes place: a folder below /opt, and accounts and host names that nobody else sees.

The process that measures lives in a mount namespace of its own, in which /etc/passwd, /etc/group and /etc/hosts have
a few lines more. They are gone with the process, however it ends.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
PREFIX = "gatepost-bench-"
INSIDE = "--in-private-namespace"
SERVICE, STANDIN, USER, EXIM = "gpbench-mail", "gpbench-null", "gpbench-alice", "Debian-exim"
HOST = "smtp.bench.test"
FIRST_ID = 30000  # of the range for ordinary accounts, beyond what a machine has usually given away


def enter_private_namespace() -> None:
    """Start this program again in a mount namespace of its own, unless it is in one already."""
    if INSIDE in sys.argv:
        sys.argv.remove(INSIDE)
        return
    if os.geteuid() != 0:
        sys.exit("make bench: run it as root (sudo make bench)")
    again = [sys.executable, *sys.argv, INSIDE]
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "--", *again])


class Place:
    """The folder, the accounts and the certificate, between `with` and its end."""

    def __init__(self) -> None:
        self.root = Path(f"/opt/{PREFIX}{os.getpid()}")
        self._layers = self.root / "layers"
        self.certificate, self.key = self.root / "server.pem", self.root / "server.key"

    def __enter__(self) -> Place:
        remove_leftovers()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
        self.root.mkdir(mode=0o755)
        try:
            self._add_accounts()
            self._make_certificate()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        subprocess.run(["umount", "--lazy", self._layers], capture_output=True, check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def user(self) -> pwd.struct_passwd:
        """Return the ordinary user who sends."""
        return pwd.getpwnam(USER)

    def folder(self, name: str) -> Path:
        """Make a folder that belongs to the user, and return it."""
        folder = self.root / name
        folder.mkdir()
        self.give_to_user(folder)
        return folder

    def give_to_user(self, path: Path) -> None:
        """Make the user the owner of a file or folder."""
        os.chown(path, self.user().pw_uid, self.user().pw_gid)

    def _add_accounts(self) -> None:
        taken = {account.pw_uid for account in pwd.getpwall()} | {group.gr_gid for group in grp.getgrall()}
        free = (number for number in range(FIRST_ID, 60000) if number not in taken)
        numbers = {name: next(free) for name in (SERVICE, STANDIN, USER)}
        numbers[EXIM] = numbers[USER]  # without privilege, Exim can give its files to no other user
        rest = "Bench:/nonexistent:/usr/sbin/nologin"
        accounts = [f"{name}:x:{number}:{number}:{rest}" for name, number in numbers.items()]
        groups = [f"{name}:x:{number}:" for name, number in numbers.items()]
        extend_etc(self._layers, {"passwd": accounts, "group": groups, "hosts": [f"127.0.0.1 {HOST}"]})

    def _make_certificate(self) -> None:
        run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"),
            *("-keyout", self.key, "-out", self.certificate),
        )
        self.certificate.chmod(0o644)


def extend_etc(layers: Path, lines_more: dict[str, list[str]]) -> None:
    """Put a folder over /etc, for this namespace, in which some files have more lines, and old ones of the same names.

    Over the folder, since a mount over a single file goes when somebody outside puts another file in its place, as
    useradd does. In memory, since not every file system can be an upper layer.
    """
    layers.mkdir()
    run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", layers)
    upper, work = layers / "upper", layers / "work"
    upper.mkdir()
    work.mkdir()
    for file, lines in lines_more.items():
        names = {line.partition(":")[0] for line in lines}
        kept = [line for line in Path("/etc", file).read_text().splitlines() if line.partition(":")[0] not in names]
        (upper / file).write_text("".join(f"{line}\n" for line in kept + lines))
        (upper / file).chmod(0o644)
    run("mount", "-t", "overlay", "-o", f"lowerdir=/etc,upperdir={upper},workdir={work}", "overlay", "/etc")


def remove_leftovers() -> None:
    """Remove what benchmarks left that were killed."""
    for root in Path("/opt").glob(f"{PREFIX}*"):
        if not Path("/proc", root.name.removeprefix(PREFIX)).exists():
            shutil.rmtree(root, ignore_errors=True)


def run(*command: object) -> None:
    """Run a command that has to work."""
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False, text=True)
    if done.returncode != 0:
        sys.exit(f"make bench: {command[0]} failed:\n{done.stdout}{done.stderr}")

"""Where the benchmark takes place: a folder below /opt, and accounts, host names and a network that nobody else sees.

The process that measures lives in namespaces of its own. In their /etc, some files have a few lines more; their
network has loopback and what link.py adds. They are gone with the process, however it ends.
"""

from __future__ import annotations

import ctypes
import grp
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from bench.link import FAR_ADDRESS

TREE = Path(__file__).resolve().parent.parent
PREFIX = "gatepost-bench-"
INSIDE = "--in-private-namespace"
SERVICE, STANDIN, USER, EXIM = "gpbench-mail", "gpbench-null", "gpbench-alice", "Debian-exim"
NEAR, FAR = "smtp.bench.test", "far.bench.test"
LAST_ID = 899  # of the range for system accounts, below what a machine has usually given away
CLONE_NEWNET = 0x40000000


def enter_private_namespace() -> None:
    """Start this program again in a mount namespace of its own, unless it is in one already."""
    if INSIDE in sys.argv:
        sys.argv.remove(INSIDE)
        return
    if os.geteuid() != 0:
        sys.exit("make bench: run it as root (sudo make bench)")
    again = [sys.executable, "-m", "bench", *sys.argv[1:], INSIDE]
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "--", *again])


class Place:
    """The folder, the accounts and the certificate, between `with` and its end."""

    def __init__(self) -> None:
        self.root = Path(f"/opt/{PREFIX}{os.getpid()}")
        self.certificate, self.key = self.root / "server.pem", self.root / "server.key"
        self._mounts: list[Path] = []

    def __enter__(self) -> Place:
        remove_leftovers()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
        self.root.mkdir(mode=0o755)
        try:
            self._add_accounts()
            self._make_certificate()
            self._hide_the_log()
        except BaseException:  # clean up, whatever happened
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        for mount in reversed(self._mounts):
            subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def leave_the_network(self) -> None:
        """Enter a network that has loopback alone: nothing comes from elsewhere, and nothing goes there."""
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
            sys.exit(f"make bench: no private network: {os.strerror(ctypes.get_errno())}")
        run("ip", "link", "set", "lo", "up")

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

    def cover(self, folder: Path) -> Path:
        """Put a layer over a folder, for this namespace alone; return the layer, in which files can be put at once.

        Over the folder, since a mount over a single file goes when somebody outside puts another file in its place,
        as useradd does. In memory, since not every file system can be an upper layer.
        """
        layers = self.root / f"layers-{folder.name}"
        layers.mkdir()
        run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", layers)
        self._mounts.append(layers)
        upper, work = layers / "upper", layers / "work"
        upper.mkdir()
        work.mkdir()
        run("mount", "-t", "overlay", "-o", f"lowerdir={folder},upperdir={upper},workdir={work}", "overlay", folder)
        self._mounts.append(folder)
        return folder

    def _add_accounts(self) -> None:
        taken = {account.pw_uid for account in pwd.getpwall()} | {group.gr_gid for group in grp.getgrall()}
        free = (number for number in range(LAST_ID, 100, -1) if number not in taken)
        numbers = {name: next(free) for name in (SERVICE, STANDIN, USER)}
        numbers[EXIM] = numbers[USER]  # without privilege, Exim can give its files to no other user
        rest = "Bench:/nonexistent:/usr/sbin/nologin"
        etc = self.cover(Path("/etc"))
        add_lines(etc / "passwd", [f"{name}:x:{number}:{number}:{rest}" for name, number in numbers.items()])
        add_lines(etc / "group", [f"{name}:x:{number}:" for name, number in numbers.items()])
        add_lines(etc / "hosts", [f"127.0.0.1 {NEAR}", f"{FAR_ADDRESS} {FAR}"])

    def _make_certificate(self) -> None:
        run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", f"/CN={NEAR}", "-addext", f"subjectAltName=DNS:{NEAR},DNS:{FAR}"),
            *("-keyout", self.key, "-out", self.certificate),
        )
        self.certificate.chmod(0o644)

    def _hide_the_log(self) -> None:
        """Keep hundreds of lines out of the machine's log. Who can log to a file of the benchmark's does."""
        log = Path("/dev/log").resolve()
        if log.exists():
            run("mount", "--bind", "/dev/null", log)
            self._mounts.append(log)


def add_lines(file: Path, lines: list[str]) -> None:
    """Put more lines into a file of /etc, and leave out old ones of the same names."""
    names = {line.partition(":")[0] for line in lines}
    kept = [line for line in file.read_text().splitlines() if line.partition(":")[0] not in names]
    file.write_text("".join(f"{line}\n" for line in kept + lines))


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

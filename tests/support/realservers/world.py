"""The world of a real server: namespaces of its own, in which a file tree of its own is the only one.

What the server writes is in memory, and is gone with its processes. Outside, nothing shows but the ports.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import Certificates
from tests.support.realservers.tree import TREE

HOSTNAME = "smtp.test"  # as the certificates have it
CERTIFICATES = ("good", "expired", "wrong_name")

# Everything else than root and mail is nobody's number on the machine: Debian gives away none as high.
NUMBERS = {"root": 0, "mail": 8, "postfix": 64901, "postdrop": 64902, "Debian-exim": 64903, "dovecot": 64904}
NUMBERS |= {"dovenull": 64905, "opensmtpd": 64906, "opensmtpq": 64907, "vmail": 64908, "nobody": 65534}
FILES = {
    "etc/passwd": "".join(f"{name}:x:{number}:{number}::/nonexistent:/bin/sh\n" for name, number in NUMBERS.items()),
    "etc/group": "".join(f"{name}:x:{number}:\n" for name, number in NUMBERS.items()),
    "etc/hosts": f"127.0.0.1 localhost\n127.0.0.1 {HOSTNAME}\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",  # no look-up leaves the machine
}
FOLDERS = {"proc": "root", "tmp": "root", "run": "root", "mail": "vmail"}
ESTABLISHED, CLOSE_WAIT = "01", "08"  # in /proc/net/tcp
DEVICES = ("null", "zero", "random", "urandom")

# $1: a mount point, $2: the tree, $3: files to put over it; then the program and its arguments. The shell stays, as
# the first process of the namespace: it is killed with its parent, which a program that changes users is not.
IN_OWN_NAMESPACES = """
set -e
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
cp -a "$3/." "$1/upper/"
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount -t proc proc "$1/root/proc"
for device in null zero random urandom; do mount --bind "/dev/$device" "$1/root/dev/$device"; done
root=$1/root
shift 3
chroot "$root" "$@"
exit
"""
# A test process that is killed takes the server along: the first signal ends unshare, and that its child.
ALONE = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child")


@dataclass(frozen=True)
class Program:
    """What is started: the command, files by their paths, and folders with their owners."""

    command: Sequence[str]
    files: Mapping[str, str]
    folders: Mapping[str, str]
    queues: Sequence[str] = ()  # the files of a message that was accepted and is not delivered yet, as glob() has them
    keys_group: str = "root"  # who may read the keys of the certificates, besides root


def start(program: Program, folder: Path, certificates: Certificates) -> subprocess.Popen[bytes]:
    """Start a program in a world of its own, made in this folder; its root folder will be the mount point's `root`."""
    mount_point, files = folder / "mount", folder / "files"
    mount_point.mkdir(parents=True)
    lay_out(files, program)
    lay_out_certificates(files, certificates, program.keys_group)
    command: list[str | Path] = [
        *ALONE,
        "sh",
        "-c",
        IN_OWN_NAMESPACES,
        "sh",
        mount_point,
        TREE,
        files,
        *program.command,
    ]
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )


def lay_out(folder: Path, program: Program) -> None:
    """Write what lies over the tree: the folders, the program's files, and what every program wants to find."""
    for name, owner in {**FOLDERS, **program.folders}.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        os.chown(folder / name, NUMBERS[owner], NUMBERS[owner])
        (folder / name).chmod(0o2755)  # what root puts there belongs to the owner's group
    for name, text in {**FILES, **program.files, **{f"dev/{name}": "" for name in DEVICES}}.items():
        place(folder / name, text)


def lay_out_certificates(folder: Path, certificates: Certificates, keys_group: str) -> None:
    """Write the certificates, their keys, and the CA for programs that want to know one."""
    place(folder / "etc/ssl/certs/ca-certificates.crt", certificates.ca.read_text())
    for name in CERTIFICATES:
        certificate, key = getattr(certificates, name), folder / f"etc/certificates/{name}.key"
        place(key.with_suffix(".pem"), certificate.chain.read_text())
        place(key, certificate.key.read_text())
        os.chown(key, 0, NUMBERS[keys_group])
        key.chmod(0o640)


def place(file: Path, text: str) -> None:
    """Write a file of root's, and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o644)
    os.utime(file, (0, 0))  # Postfix waits with a configuration that was written just now


def own_addresses() -> dict[str, str]:
    """Return a loopback address for each certificate; no other test process has it: a process id has 22 bits."""
    numbers = [(127 << 24) + (which << 22) + os.getpid() for which in range(len(CERTIFICATES))]
    return {
        name: socket.inet_ntoa(number.to_bytes(4, "big")) for name, number in zip(CERTIFICATES, numbers, strict=True)
    }


def connections(addresses: Iterable[str], ports: Iterable[int]) -> list[str]:
    """Return which connections to these places are open, or not closed by the server."""
    octets = [socket.inet_aton(address)[::-1] for address in addresses]
    places = {f"{each.hex().upper()}:{port:04X}" for each in octets for port in ports}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [remote for _, local, remote, state, *_ in rows if local in places and state in (ESTABLISHED, CLOSE_WAIT)]

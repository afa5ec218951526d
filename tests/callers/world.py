"""The world of a caller: a machine called ws1 with Gatepost as its sendmail, gone with the processes that ran there.

File tree, process ids, host name and terminals are its own; what is written is in memory.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.callers.tree import TREE
from tests.support.certificates import Certificates

CHECKOUT = Path(__file__).parents[2]
PROGRAMS = "build/callers/programs"
PASSWORD = "correct horse battery staple"  # of ws1 at the smart host
MACHINE = {
    "etc/hostname": "ws1\n",
    "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 ws1.example.net ws1\n",
    "etc/mailname": "example.net\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
    "etc/resolv.conf": "",
    "etc/aliases": "root: carol@example.org\n",
    "etc/gatepost/gatepost.toml": """\
[transports.relay]
driver = "smtp"
hosts = ["localhost:587"]
tls_ca_file = "/etc/gatepost/ca.pem"
auth = { user = "ws1", password_file = "relay.password" }
""",
    "etc/gatepost/secrets/relay.password": PASSWORD,
}

# $1: a mount point, $2: the trees, $3: files to lay over them, $4: a folder that stands in /mnt.
ENTER = """
set -e
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
cp -a "$3/." "$1/upper/"
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cd "$1/root"
mount --rbind "$4" mnt
mount -t proc proc proc
mount -t tmpfs -o mode=0755 tmpfs dev
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /mnt/log dev/log
hostname ws1
"""
# The shell stays, as the first process of the namespace, with which all others end: sudo sends after its end.
RUN = """
set +e
chroot . sh -c "$5" </dev/null >mnt/said 2>&1
echo "$?" >mnt/status
sleep 1000
exit
"""
INSTALL = """
chroot . sh -c '
    set -e
    useradd --create-home --shell /bin/sh --comment "Alice Example" --groups sudo alice
    echo "alice:secret of alice" | chpasswd
    make --silent -C /mnt install PREFIX=/usr BUILD='$6' >/dev/null
    chgrp -R mailuser /etc/gatepost/gatepost.toml /etc/gatepost/secrets
    chmod 0750 /etc/gatepost/secrets
    chmod 0640 /etc/gatepost/gatepost.toml /etc/gatepost/secrets/relay.password
    gatepost check'
cp -a "$1/upper/." "$5/"
"""
# The first signal ends unshare, and that the shell; so does the death of whoever started it.
ALONE = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child")


def install(folder: Path, certificates: Certificates) -> Path:
    """Build, install and configure Gatepost as an administrator would; return what lies over the tree then."""
    installed = folder / "installed"
    installed.mkdir(parents=True)
    files = {**MACHINE, "etc/gatepost/ca.pem": certificates.ca.read_text()}
    said_by(["make", "--silent", "-C", str(CHECKOUT), "all", "PREFIX=/usr", f"BUILD={PROGRAMS}"])
    said_by(command(INSTALL, folder / "making", str(TREE), files, CHECKOUT, str(installed), PROGRAMS))
    return installed


def start(
    script: str, folder: Path, installed: Path, files: Mapping[str, str], shared: Path
) -> subprocess.Popen[bytes]:
    """Start a script of root's in a new world. `shared` is in /mnt, and gets what it says and its status."""
    words = command(RUN, folder, f"{installed}:{TREE}", files, shared, script)
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root", "LOGNAME": "root"}
    return subprocess.Popen(words, env=environment)


def command(script: str, folder: Path, trees: str, files: Mapping[str, str], shared: Path, *more: str) -> list[str]:
    """Return what runs a script in a new world that is made in this folder."""
    (folder / "mount").mkdir(parents=True)
    for name, content in {"etc/hostname": "ws1\n", **files}.items():
        file = folder / "files" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(0o755 if content.startswith("#!") else 0o644)
    places = [str(folder / "mount"), trees, str(folder / "files"), str(shared)]
    return [*ALONE, "sh", "-c", ENTER + script, "sh", *places, *more]


def said_by(words: list[str]) -> str:
    """Return what a command says. AssertionError with it where the command fails."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, f"{done.args[:8]}: {done.stdout}{done.stderr}"
    return done.stdout

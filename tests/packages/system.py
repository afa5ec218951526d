"""A fresh Debian in a folder: what mmdebstrap makes, entered by chroot with processes of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.certificates import Certificates
from tests.support.packages import CannotBeHad, run
from tests.support.realservers.tree import mirror

RELEASE = "bookworm"
TIME_LIMIT_S = 300
ALICE_UID = 54321  # no account of the machine's
HOSTS = "127.0.0.1 localhost\n::1 localhost\n"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


class System:
    """One such system; its loopback is the machine's, so that a smart host of the test's can be reached."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *command: object, user: str = "root", octets: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command there, and end whatever it leaves running."""
        return subprocess.run(
            self.words(*command, user=user),
            input=octets,
            capture_output=True,
            check=False,
            timeout=TIME_LIMIT_S,
            env=ENVIRONMENT,
        )

    def words(self, *command: object, user: str) -> list[str]:
        """Return a command that is entered there."""
        enter = ("unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc")
        chroot = ("chroot", f"--userspec={user}:{user}", "--groups=", self.root)
        return [str(word) for word in (*enter, *chroot, *command)]

    def must(self, *command: object, **options: bytes) -> str:
        """Run a command that has to work, and return what it writes. AssertionError with its words otherwise."""
        done = self.run(*command, **options)  # type: ignore[arg-type]
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}"
        return done.stdout.decode()

    def answer(self, answers: dict[str, object]) -> None:
        """Answer the package's questions before it asks them."""
        types = {"password": "password", "setgid": "boolean"}
        lines = [f"gatepost gatepost/{name} {types.get(name, 'string')} {text}\n" for name, text in answers.items()]
        self.must("debconf-set-selections", octets="".join(lines).encode())

    def bring(self, package: Path) -> str:
        """Put a package into the system, and return what it is called there."""
        shutil.copy(package, self.root / "root")
        return f"/root/{package.name}"

    def install(self, package: Path) -> str:
        """Install a package with what it needs, as a user would, and return what was written."""
        command = ("apt-get", "install", "-q", "-y", "--no-install-recommends", self.bring(package))
        done = self.run(*command)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        return done.stdout.decode() + done.stderr.decode()

    def send(self, message: bytes, *arguments: str, user: str = "alice") -> subprocess.CompletedProcess[bytes]:
        """Run sendmail."""
        return self.run("/usr/sbin/sendmail", *arguments, user=user, octets=message)

    def stat(self, path: str) -> str:
        """Return owner, group and mode of a file as the system names them."""
        return self.must("stat", "-c", "%U:%G %a", path).strip()


def make_system(folder: Path, certificates: Certificates, release: str = RELEASE, *packages: str) -> System:
    """Make a system with one ordinary user, which trusts the CA of the tests as soon as it has ca-certificates."""
    try:
        options = (
            "--variant=minbase",
            "--mode=root",
            "--skip=cleanup/apt/lists",
            *([f"--include={','.join(packages)}"] if packages else []),
        )
        run("mmdebstrap", "--quiet", *options, release, folder, mirror())
    except CannotBeHad as error:
        raise AssertionError(f"make package-test: a fresh system could not be made: {error}") from None
    folder.joinpath("etc/hosts").write_text(HOSTS)
    folder.joinpath("etc/dpkg/dpkg.cfg.d/in-a-hurry").write_text("force-unsafe-io\n")
    starts_nothing = folder / "usr/sbin/policy-rc.d"  # else a peer's daemon would take the machine's ports
    starts_nothing.write_text("#!/bin/sh\nexit 101\n")
    starts_nothing.chmod(0o755)
    trusted = folder / "usr/local/share/ca-certificates"
    trusted.mkdir(parents=True, exist_ok=True)
    shutil.copy(certificates.ca, trusted / "test.crt")
    system = System(folder)
    system.must("useradd", "--uid", ALICE_UID, "--create-home", "--comment", "Alice Example", "alice")
    return system


def copy_system(system: System, folder: Path) -> System:
    """Return another that is the same."""
    run("cp", "-a", "--reflink=auto", system.root, folder)
    return System(folder)


def build(tree: Path, umask: int = 0o022, **variables: str) -> Path:
    """Build the package of a source tree and return it."""
    environment = os.environ | variables
    command = ["make", "-s", "-C", tree, "deb"]
    done = subprocess.run(command, env=environment, umask=umask, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (package,) = (tree / "build/deb").glob("*.deb")
    return package


def copy_of_the_tree(tree: Path, folder: Path, left_out: Sequence[str] = (".git", "build", "__pycache__")) -> Path:
    """Return a copy of a source tree, links kept."""
    shutil.copytree(tree, folder, symlinks=True, ignore=shutil.ignore_patterns(*left_out, ".*_cache"))
    return folder

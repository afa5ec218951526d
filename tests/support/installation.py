"""A real installation for system tests: real accounts, real set-id bits, the machine's own mail system untouched."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.accounts import logins_of, machine_lock, make_account, processes_of, remove_account, run, uids_of
from tests.support.configuration import to_toml
from tests.support.result import Result
from tests.support.smarthost import SmartHost

CHECKOUT = Path(__file__).parents[2]
TIME_LIMIT_S = 30

# In a mount namespace of its own: files of the test over /etc, where nobody can write then, the caller's ids, and the
# command. Whiteouts hide what the machine has; setpriv as used here leaves no_new_privs and bounding set as they are.
IN_PRIVATE_ETC = """
set -e
mount -t overlay -o "lowerdir=$1:/etc" overlay /etc
ids=$2
shift 2
exec setpriv $ids -- "$@"
"""


class Installation:
    """What `make install` made for one test process, below /opt/gatepost-test-PID."""

    def __init__(self, tag: str, root: Path | None = None) -> None:
        self.tag = tag
        self.root = root or Path(f"/opt/gatepost-test-{tag}")
        self.prefix = self.root / "usr"
        self.sysconfdir = self.root / "etc"
        self.sendmail = self.prefix / "sbin/sendmail"
        self.launcher = self.prefix / "libexec/gatepost/launcher"
        self.units = self.prefix / "lib/systemd/system"
        self.socket = self.root / "run/socket"
        self.configuration = self.sysconfdir / "gatepost.toml"
        self.secrets = self.sysconfdir / "secrets"
        self.log = self.root / "log/gatepost.log"
        self.logins = {who: f"gptest-{who}-{tag}" for who in ("mail", "null", "alice", "bob")}
        self._etc_folders: dict[tuple[tuple[str, str | None], ...], Path] = {}

    def make(self) -> None:
        """Build, install, and create the callers. AssertionError with make's output where that fails."""
        remove_leftovers()
        self.root.mkdir(mode=0o755)
        settings = {
            "PREFIX": self.prefix,
            "SYSCONFDIR": self.sysconfdir,
            "SERVICE_USER": self.logins["mail"],
            "STANDIN_USER": self.logins["null"],
            "PYTHON": "/usr/bin/python3",
            "SOCKET": self.socket,
            "BUILD": self.root / "build",
        }
        arguments = [f"{name}={value}" for name, value in settings.items()]
        run("make", "-C", CHECKOUT, "all", *arguments)
        with machine_lock():
            run("make", "-C", CHECKOUT, "install", *arguments)
            self._make_caller("alice", "Alice Example")
            self._make_caller("bob", "Bob Example")
        for folder in ("log", "mnt", "private"):
            (self.root / folder).mkdir()

    def remove(self) -> None:
        """Take everything away again, the accounts too."""
        with machine_lock():
            for login in logins_of(self.tag):
                remove_account(login)
        shutil.rmtree(self.root, ignore_errors=True)

    def add_callers(self, count: int) -> list[str]:
        """Create more callers, as far as they are not there yet, and return all of them, alice and bob among them."""
        callers = [who for who in self.logins if who not in ("mail", "null")]
        with machine_lock():
            for who in [f"user{number}" for number in range(len(callers), count)]:
                self.logins[who] = f"gptest-{who}-{self.tag}"
                self._make_caller(who, f"User {who}")
                callers.append(who)
        return callers[:count]

    def _make_caller(self, who: str, full_name: str) -> None:
        make_account(self.logins[who], full_name, self.root / "home" / who)

    # Who is who

    def account(self, who: str) -> pwd.struct_passwd:
        """Return the account of "alice", "bob", "mail" (the service user), "null" (the stand-in) or "root"."""
        return pwd.getpwnam(self.logins.get(who, who))

    def mode(self, mode: int) -> None:
        """Give the launcher one of its modes: 0o6755 (the service user's), 0o2755 (root's), 0o755 (no set-id bit)."""
        service = self.account("mail")
        os.chown(self.launcher, service.pw_uid if mode == 0o6755 else 0, service.pw_gid)
        os.chmod(self.launcher, mode)

    # Configuration

    def configure(self, text: str, secrets: Mapping[str, str] | None = None) -> None:
        """Write the configuration as it is, the secrets, and an empty log."""
        group = self.account("mail").pw_gid
        shutil.rmtree(self.secrets, ignore_errors=True)
        self.secrets.mkdir(mode=0o750)
        os.chown(self.secrets, 0, group)
        for name, content in (secrets or {}).items():
            write(self.secrets / name, content, 0, group)
        write(self.configuration, text, 0, group)
        # Writable for the group as well: with the mode 2755 only the group is the service user's.
        write(self.log, "", self.account("mail").pw_uid, group, 0o660)

    def relay_configuration(self, host: SmartHost, main: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """Return the usual small configuration for a smart host.

        `main` holds main options, `changes` options of the transport; None takes an option away. Where the smart host
        knows passwords, the first user's is expected in secrets/relay.password.
        """
        options: dict[str, Any] = {"driver": "smtp", "hosts": [f"{host.address}:{host.port}"], "tls": host.tls}
        if host.certificate is not None and host.tls != "none":
            ca = self.sysconfdir / "ca.pem"
            shutil.copyfile(host.certificate.ca, ca)
            options["tls_ca_file"] = str(ca)
        if host.auth:
            options["auth"] = {"user": next(iter(host.auth)), "password_file": "relay.password"}
            if host.allow_plaintext_auth:
                options["auth"]["allow_plaintext"] = True
        usual = {"primary_hostname": "ws1.example.net", "qualify_domain": "example.net", "log": str(self.log)}
        return to_toml(usual | dict(main or {})) + "\n[transports.relay]\n" + to_toml(options | changes)

    def configure_relay(self, host: SmartHost, main: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Configure for a smart host, the password included."""
        secrets = {"relay.password": next(iter(host.auth.values()))} if host.auth else {}
        self.configure(self.relay_configuration(host, main, **changes), secrets)

    # Sending

    def send(self, *args: str, stdin: bytes = b"", time_limit_s: float = TIME_LIMIT_S, **options: Any) -> Result:
        """Run sendmail to its end, and return what came of it. Options as for start()."""
        lines_before = len(self.log_lines())
        with self.start(*args, **options) as process:
            try:
                stdout, stderr = process.communicate(stdin, timeout=time_limit_s)
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError(f"sendmail {' '.join(args)} did not end within {time_limit_s} s") from None
        said = [octets.decode("utf-8", "surrogateescape") for octets in (stdout, stderr)]
        return Result(process.returncode, *said, self.log_lines()[lines_before:])

    def run_as(self, user: str, *command: str, **options: Any) -> Result:
        """Run another command as this user, as send() does."""
        return self.send(*command[1:], program=Path(command[0]), user=user, **options)

    def start(
        self,
        *args: str,
        user: str = "alice",
        groups: Sequence[int] = (),
        program: Path | None = None,
        env: Mapping[str, str] | None = None,
        etc: Mapping[str, str | None] | None = None,
        through: Sequence[str] = (),
        outer: Sequence[str | Path] = (),
        **popen: Any,
    ) -> subprocess.Popen[bytes]:
        """Start sendmail as a real user, and return the process.

        `program` is another name to be called by; `etc` has files that stand in /etc for this process alone (None: is
        absent there; aliases and mailname are absent unless given); `through` is a command that runs it as the user,
        such as ("setpriv", "--no-new-privs"); `outer` is one that root runs all of this under, such as strace.
        """
        account = self.account(user)
        ids = f"--reuid {account.pw_uid} --regid {account.pw_gid} "
        ids += f"--groups {','.join(map(str, groups))}" if groups else "--clear-groups"
        script = [IN_PRIVATE_ETC, "sh", self._etc_files(etc or {}), ids]
        environment = {"PATH": "/usr/bin:/bin", "HOME": account.pw_dir, "LOGNAME": account.pw_name, **(env or {})}
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen(
            [
                *outer,
                "/usr/bin/unshare",
                "--mount",
                "/bin/sh",
                "-c",
                *script,
                *through,
                program or self.sendmail,
                *args,
            ],
            **({"cwd": "/", "env": environment} | pipes | popen),
        )

    def log_lines(self) -> list[str]:
        """Return the lines of the log file."""
        return self.log.read_text("utf-8", "surrogateescape").splitlines() if self.log.exists() else []

    def processes(self) -> list[int]:
        """Return the processes that any account of ours still has."""
        return processes_of({self.account(who).pw_uid for who in self.logins})

    def _etc_files(self, files: Mapping[str, str | None]) -> Path:
        wanted = tuple(({"aliases": None, "mailname": None} | dict(files)).items())
        if wanted not in self._etc_folders:
            folder = self.root / "private" / str(len(self._etc_folders))
            folder.mkdir()
            for name, content in wanted:
                if content is None:
                    os.mknod(folder / name, stat.S_IFCHR, os.makedev(0, 0))  # what overlayfs takes as "deleted"
                else:
                    write(folder / name, content, 0, 0, 0o644)
            self._etc_folders[wanted] = folder
        return self._etc_folders[wanted]


def remove_leftovers() -> None:
    """Remove what test processes have left that were killed."""
    for root in Path("/opt").glob("gatepost-test-*"):
        tag = root.name.removeprefix("gatepost-test-")
        if tag.isdigit() and not uids_of(tag):  # no process, or a zombie
            Installation(tag).remove()


def write(file: Path, content: str, uid: int, gid: int, mode: int = 0o640) -> None:
    """Write a file anew, with owner and mode."""
    file.unlink(missing_ok=True)
    file.write_text(content, "utf-8", "surrogateescape")
    os.chown(file, uid, gid)
    file.chmod(mode)

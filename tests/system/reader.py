"""A reader of docs/, who types a page's commands, uses its configuration and sends its mail."""

from __future__ import annotations

import contextlib
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.certificates import Certificates
from tests.support.configuration import file_of
from tests.support.installation import CHECKOUT, Installation, write
from tests.support.pages import Block, rows
from tests.support.result import Result
from tests.support.second_door import SecondDoor
from tests.support.smarthost import SmartHost
from tests.system.world import fields
from tests.unit.config.sample import SMALLEST

PASSWORD = "xyzzy-plugh"
PEOPLE = {"root": "root", "alice": "alice", "bob": "bob", "visitor": "bob"}  # who of the installation is whom of a page
MESSAGES = {"root": b"From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@ws1> job\n\nOutput.\n"}
MESSAGE = b"Subject: hello\n\nA line.\n"
EXECUTED = {"toml", "mail", "aliases", "ini", "debconf", "sh", "output"}
READ = {"text", "master.cf", "sender_login"}  # the latter two by test_documented_postfix.py

# What these commands do in the test: only `sudo` gives root's rights, and no package or unit of the machine changes.
COMMANDS = {
    "sudo": 'PATH={commands} exec env SUDO=1 "$@"',
    "sendmail": 'test -n "$SUDO" || exec setpriv --reuid {alice} --regid {alice} --clear-groups {sendmail} "$@"\n'
    'exec {sendmail} "$@"',
    "gatepost": 'test -n "$SUDO" || exit 77\n'
    'case $1 in login|migrate) exec /usr/bin/python3 -c "{parse}" "$@";; esac\nexec {bin}/gatepost "$@"',
    "editor": 'test -f "$1" || exit 1\ncase $1 in */secrets/*) echo {password} >"$1";; esac',
    "systemctl": 'test "$1 $2" = "enable --now" && grep -q "^.Install" {units}/"$3" && echo "$3" >>{enabled}',
    "apt": 'exec {commands}/apt-get "$@"',
    "apt-get": 'test "$*" = "install gatepost" && exec grep "^Package: gatepost" {checkout}/packaging/debian/control\n'
    'exec apt-get --simulate "$@"',
    "debconf-set-selections": 'exec debconf-set-selections --checkonly "$@"',
    "make": 'for word; do case $word in *=*) ;; *) grep -q "^$word:" {checkout}/Makefile || exit 2;; esac; done',
    "sleep": "exit 0",
}
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
AS_THEY_ARE = ("chmod", "chown", "env", "install", "journalctl", "openssl")
PARSE = "import sys; sys.path.insert(0, '{lib}'); from admin.main import parser; parser().parse_args(sys.argv[1:])"


class Reader:
    """Whoever does what a page says, on a machine where `alice`, `bob` and `visitor` are users."""

    def __init__(
        self, installation: Installation, start: Callable[..., SmartHost], ca: Certificates, tmp: Path
    ) -> None:
        self.installation = installation
        self.certificates = ca
        self.etc: dict[str, str | None] = {}
        self.credentials: list[str] = []
        self.executed = 0
        self._start = start
        self._enabled = tmp / "enabled"
        self._folder = tmp / "folder"
        self._bin = tmp / "bin"
        self._written: dict[str, Any] = {}
        self._last = Result(0, "", "", [])
        self._make_commands(tmp)
        self.toml(SMALLEST)

    def execute(self, block: Block) -> None:
        """Do what one block says."""
        assert block.language in EXECUTED | READ, f"the language {block.language!r} is not known here"
        if block.language in EXECUTED:
            getattr(self, block.language)(self.here(block.text))
            self.executed += 1

    def here(self, text: str) -> str:
        """Return a text of the page with the names that this installation has."""
        installation = self.installation
        names = {"/etc/gatepost": installation.sysconfdir, "/usr/libexec": installation.prefix / "libexec"}
        for name, place in names.items():
            text = text.replace(name, str(place))
        users = {name: installation.account(who).pw_name for name, who in PEOPLE.items()}
        users["mailuser"] = installation.account("mail").pw_name
        return re.sub(rf"\b({'|'.join(users)})\b", lambda match: users[match[1]], text)

    def toml(self, text: str) -> None:
        """Install a configuration, or the last one with another part."""
        part = tomllib.loads(text)
        self._written = part if "transports" in part else self._written | part
        configuration = {"log": str(self.installation.log)} | self._written
        ((name, transport),) = configuration["transports"].items()
        used, secrets = self._with_our_host(dict(transport))
        self.installation.configure(file_of(configuration | {"transports": {name: used}}), secrets)

    def _with_our_host(self, transport: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        auth, secrets = transport.get("auth", {}), {}
        tls = transport.get("tls", "starttls")
        demands: dict[str, Any] = {"auth": {auth["user"]: PASSWORD}} if auth else {}
        if "mechanisms" in auth:
            demands["mechanisms"] = auth["mechanisms"]
        if auth:
            secrets[auth["password_file"]] = f"{PASSWORD}\n"
        if "tls_certificate" in transport:
            demands["client_ca"] = self.certificates.ca
            chain, key = (file.read_text() for file in (self.certificates.client.chain, self.certificates.client.key))
            secrets[transport["tls_certificate"]] = chain if "tls_privatekey" in transport else chain + key
            secrets[transport.get("tls_privatekey", "unused.key")] = key
        self.host = self._start(tls=tls, **demands)
        transport["hosts"] = [f"{self.host.address}:{self.host.port}"]
        transport.setdefault("tls_ca_file", str(self.installation.sysconfdir / "ca.pem"))
        shutil.copyfile(self.certificates.ca, transport["tls_ca_file"])
        return transport, {name: text for name, text in secrets.items() if not name.startswith("credential:")}

    def mail(self, table: str) -> None:
        """Send what each row says, and compare what arrives; the message is cron's where root sends."""
        for who, to, sender, recipient in rows(table):
            self.host.messages.clear()
            user = next(name for name in PEOPLE.values() if self.installation.account(name).pw_name == who)
            with self.socket():
                result = self.installation.send("-i", to, user=user, stdin=MESSAGES.get(user, MESSAGE), etc=self.etc)
            self.host.settle()
            if recipient == "refused":
                assert (result.status, self.host.messages) == (1, []), (who, to)
                continue
            assert (result.status, result.stderr) == (0, ""), (who, to)
            message = self.host.message
            assert (message.reverse_path, message.addresses) == (sender.encode(), [recipient.encode()]), (who, to)
            (author,) = fields(message, "From")
            assert sender.encode() in re.split(rb"[ <>]", author), (who, to)

    def aliases(self, text: str) -> None:
        """Have this as /etc/aliases from now on."""
        self.etc["aliases"] = text

    def ini(self, text: str) -> None:
        """Remember the credentials that a drop-in of gatepost@.service gives to it."""
        self.credentials = re.findall(r"^LoadCredential(?:Encrypted)?=(\w+):/", text, re.MULTILINE)
        assert self.credentials

    def debconf(self, text: str) -> None:
        """Have this as the file `answers` for debconf-set-selections(1)."""
        write(self._folder / "answers", text, 0, 0, 0o644)

    def sh(self, text: str) -> None:
        """Type the lines, in a directory with the files that they read."""
        with self.socket():
            self._last = self.installation.send(
                *("-e", "-c", f"PATH={self._bin}\n{text}"),
                program=Path("/bin/sh"),
                user="root",
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                etc=self.etc,
                cwd=self._folder,
            )

    def output(self, text: str) -> None:
        """Compare what the last lines of shell have printed, each line of the page with it."""
        assert [line for line in text.splitlines() if line not in self._last.stdout] == [], self._last.stdout

    def assert_success(self) -> None:
        """The last lines of shell have succeeded."""
        assert self._last.status == 0, (self._last.stdout, self._last.stderr)

    @contextlib.contextmanager
    def socket(self) -> Iterator[None]:
        """Listen as systemd does, where the page has enabled gatepost.socket."""
        if not self._enabled.exists() or "gatepost.socket" not in self._enabled.read_text():
            yield
            return
        given = dict.fromkeys(self.credentials, f"{PASSWORD}\n")
        with SecondDoor(self.installation, credentials=given, etc=self.etc):
            yield

    def _make_commands(self, tmp: Path) -> None:
        installation = self.installation
        values = {
            "alice": installation.account("alice").pw_uid,
            "sendmail": installation.sendmail,
            "bin": installation.prefix / "bin",
            "parse": PARSE.format(lib=installation.prefix / "lib/gatepost"),
            "password": PASSWORD,
            "units": installation.units,
            "enabled": self._enabled,
            "checkout": CHECKOUT,
            "commands": self._bin,
        }
        for folder in (self._bin, self._folder):
            folder.mkdir()
        for name, script in COMMANDS.items():
            write(self._bin / name, f"#!/bin/sh\n{PATH}\n{script.format(**values)}\n", 0, 0, 0o755)
        for name in AS_THEY_ARE:
            (self._bin / name).symlink_to(shutil.which(name) or name)
        write(self._folder / "message", MESSAGE.decode(), 0, 0, 0o644)
        write(self._folder / "report", f"To: you@example.net\n{MESSAGE.decode()}", 0, 0, 0o644)

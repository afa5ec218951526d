"""Each broken state of what a configuration names is found, with a remedy that is typed in and helps.

One installation and one process of `check` for all of them: a state is made, looked at, mended, looked at again, and
put right for the next one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.checker import MODULES, Checker, remove
from tests.support.remedies import commands_of, opens_editor, type_in

PASSWORD = "canary-secret"
ALIASES = "root: carol@example.org\n"
MAIN = 'primary_hostname = "ws1.example.net"\nqualify_domain = "example.net"\nlog = "{log}"\n'
RELAY = '[transports.relay]\ndriver = "smtp"\nhosts = ["smtp.example.net"]\n'
AUTH = 'auth = {{ user = "ws1", {credential} }}\n'
BY_FILE = 'password_file = "relay.password"'
ROUTERS = """[[routers]]
driver = "redirect"
file = "{aliases}"
[[routers]]
driver = "accept"
transport = "relay"
"""


class Ground:
    """The files of an installation, or of a user, in the state that is right, and what spoils them."""

    def __init__(self, installation, folder: Path, certificate: Path, owner: int, group: int, log_owner: int) -> None:
        self.installation, self.folder, self.certificate = installation, folder, certificate
        self.owner, self.group, self.log_owner = owner, group, log_owner
        self.alice = installation.account("alice")
        self.configuration, self.secrets = folder / "gatepost.toml", folder / "secrets"
        self.password, self.aliases = self.secrets / "relay.password", folder / "aliases"
        self.log, self.ca, self.program = folder / "log" / "gatepost.log", folder / "ca.pem", folder / "ask"

    def make(self) -> None:
        """Put everything right, whatever was there."""
        for path in self.folder.iterdir():
            remove(path)
        os.chown(self.folder, self.owner, self.owner and self.group)
        self.folder.chmod(0o755)
        self.secrets.mkdir()
        self.log.parent.mkdir()
        self.write(self.password, f"{PASSWORD}\n", 0o640 if not self.owner else 0o600)
        self.write(self.aliases, ALIASES, 0o644)
        self.write(self.log, "", 0o640)
        self.write(self.program, "#!/bin/sh\necho x\n", 0o755)
        self.write(self.ca, self.certificate.read_bytes(), 0o644)
        os.chown(self.log, self.log_owner, self.group)
        for folder, mode in ((self.secrets, 0o750), (self.log.parent, 0o755)):
            os.chown(folder, self.owner, self.group)
            folder.chmod(mode)
        self.configure()

    def configure(self, credential: str = BY_FILE, transport: str = "", more: str = "") -> None:
        """Write the configuration."""
        text = MAIN.format(log=self.log) + RELAY + AUTH.format(credential=credential) + transport
        text += ROUTERS.format(aliases=self.aliases) + more
        self.write(self.configuration, text, 0o640 if not self.owner else 0o600)

    def write(self, path: Path, content: str | bytes, mode: int = 0o640) -> None:
        remove(path)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.chown(path, self.owner, self.group)
        path.chmod(mode)

    def give(self, path: Path) -> None:
        """Make it a user's who has no business here."""
        os.chown(path, self.installation.account("bob").pw_uid, -1)

    def lose_group(self, path: Path, mode: int) -> None:
        os.chown(path, 0, 0)
        path.chmod(mode)

    def command(self, *words: object) -> None:
        self.configure(f"password_command = [{', '.join(chr(34) + str(word) + chr(34) for word in words)}]")

    def ca_file(self, path: object = None) -> None:
        self.configure(transport=f'tls_ca_file = "{self.ca if path is None else path}"\n')

    def client_certificate(self, *files: str) -> None:
        keys = ("tls_certificate", "tls_privatekey")
        self.configure(transport="".join(f'{key} = "{file}"\n' for key, file in zip(keys, files, strict=False)))

    def der(self) -> None:
        subprocess.run(["openssl", "x509", "-in", self.certificate, "-outform", "DER", "-out", self.ca], check=True)
        self.ca_file()

    def ca_folder(self) -> None:
        folder = self.folder / "certs"
        folder.mkdir()
        self.write(folder / "ca.pem", self.certificate.read_bytes(), 0o644)
        os.chown(folder, self.owner, self.group)
        self.configure(transport=f'tls_ca_path = "{folder}"\n')

    def link_to(self, path: Path, target: object) -> None:
        remove(path)
        path.symlink_to(target)

    def folder_at(self, path: Path) -> None:
        remove(path)
        path.mkdir()
        os.chown(path, self.owner, self.group)

    def list(self, text: str | bytes) -> None:
        self.write(self.aliases, text, 0o644)

    def expired(self, line: str) -> None:
        self.configure(f'{BY_FILE}, mechanisms = ["XOAUTH2"]')
        self.write(self.password, f"token\n{line}\n")


# What is spoilt, and the verdict and the subject that it has. Those for root's files alone stand below.
BOTH = {
    "configuration for others to write": (lambda g: g.configuration.chmod(0o666), "wrong", "configuration"),
    "configuration of somebody else": (lambda g: g.give(g.configuration), "wrong", "configuration"),
    "configuration missing": (lambda g: g.configuration.unlink(), "wrong", "configuration"),
    "configuration a directory": (lambda g: g.folder_at(g.configuration), "wrong", "configuration"),
    "configuration a link to nothing": (lambda g: g.link_to(g.configuration, "nothing"), "wrong", "configuration"),
    "configuration empty": (lambda g: g.write(g.configuration, ""), "wrong", "configuration"),
    "configuration too large": (lambda g: g.write(g.configuration, "#" * 70000), "wrong", "configuration"),
    "configuration in UTF-16": (
        lambda g: g.write(g.configuration, (MAIN + RELAY).format(log=g.log).encode("utf-16")),
        "wrong",
        "configuration",
    ),
    "its directory for others to write": (lambda g: g.folder.chmod(0o777), "wrong", "configuration"),
    "password missing": (lambda g: g.password.unlink(), "wrong", "secret"),
    "password for all to read": (lambda g: g.password.chmod(0o644), "wrong", "secret"),
    "password for others to write": (lambda g: g.password.chmod(0o662), "wrong", "secret"),
    "password of somebody else": (lambda g: g.give(g.password), "wrong", "secret"),
    "password empty": (lambda g: g.password.write_text(""), "wrong", "secret"),
    "password a line end": (lambda g: g.password.write_text("\n"), "wrong", "secret"),
    "password of two lines": (lambda g: g.password.write_text("a\nb\n"), "wrong", "secret"),
    "password with a NUL": (lambda g: g.password.write_bytes(b"a\0b"), "wrong", "secret"),
    "password with a blank": (lambda g: g.password.write_text(f"{PASSWORD} \n"), "warn", "secret"),
    "password with a tab": (lambda g: g.password.write_text(f"{PASSWORD}\t"), "warn", "secret"),
    "password too large": (lambda g: g.password.write_text("x" * 20000), "wrong", "secret"),
    "password a directory": (lambda g: g.folder_at(g.password), "wrong", "secret"),
    "password a FIFO": (lambda g: (g.password.unlink(), os.mkfifo(g.password)), "wrong", "secret"),
    "password a link to nothing": (lambda g: g.link_to(g.password, "nothing"), "wrong", "secret"),
    "token expired": (lambda g: g.expired("expires 2020-01-01T00:00:00Z"), "wrong", "secret"),
    "token expires some day": (lambda g: g.expired("expires tomorrow"), "wrong", "secret"),
    "program missing": (lambda g: g.command(g.folder / "nothing"), "wrong", "command"),
    "program not executable": (lambda g: (g.program.chmod(0o644), g.command(g.program)), "wrong", "command"),
    "program for others to write": (lambda g: (g.program.chmod(0o777), g.command(g.program)), "wrong", "command"),
    "program of somebody else": (lambda g: (g.give(g.program), g.command(g.program)), "wrong", "command"),
    "program's script of somebody else": (
        lambda g: (g.give(g.program), g.command("/bin/sh", g.program)),
        "wrong",
        "command",
    ),
    "program hidden in a line": (lambda g: g.command("/bin/sh", "-c", f"exec {g.program}"), "warn", "command"),
    "aliases missing": (lambda g: g.aliases.unlink(), "wrong", "aliases"),
    "aliases of somebody else": (lambda g: g.give(g.aliases), "wrong", "aliases"),
    "aliases for others to write": (lambda g: g.aliases.chmod(0o666), "wrong", "aliases"),
    "aliases a directory": (lambda g: g.folder_at(g.aliases), "wrong", "aliases"),
    "alias with =": (lambda g: g.list(ALIASES + "postmaster = root\n"), "wrong", "aliases"),
    "alias of a name alone": (lambda g: g.list("postmaster\n" + ALIASES), "wrong", "aliases"),
    "alias with an open quote": (lambda g: g.list(ALIASES + 'info: "carol\n'), "wrong", "aliases"),
    "alias with a bad address": (lambda g: g.list(ALIASES + "info: a@@b\n"), "wrong", "aliases"),
    "alias to nobody": (lambda g: g.list(ALIASES + "info:\n"), "wrong", "aliases"),
    "aliases in UTF-16": (lambda g: g.list(ALIASES.encode("utf-16")), "wrong", "aliases"),
    "alias loop": (lambda g: g.list(ALIASES + "a: b\nb: a\n"), "wrong", "aliases"),
    "alias of root to itself by another": (lambda g: g.list("root: admin\nadmin: root\n"), "wrong", "aliases"),
    "alias to a pipe": (lambda g: g.list(ALIASES + 'a: "|/bin/cat"\n'), "warn", "aliases"),
    "alias to a file": (lambda g: g.list(ALIASES + "a: /var/mail/a\n"), "warn", "aliases"),
    "alias to a list that is missing": (lambda g: g.list(ALIASES + "a: :include:/nowhere/list\n"), "wrong", "aliases"),
    "data that loop": (
        lambda g: g.configure(more='[[routers]]\ndriver = "redirect"\ndata = ["root"]\n'),
        "wrong",
        "routers",
    ),
    "CA missing": (lambda g: g.ca_file(g.folder / "nothing"), "wrong", "authorities"),
    "CA no PEM": (lambda g: (g.ca.write_text("no certificate"), g.ca_file()), "wrong", "authorities"),
    "CA empty": (lambda g: (g.ca.write_text(""), g.ca_file()), "wrong", "authorities"),
    "CA in DER": (lambda g: g.der(), "wrong", "authorities"),
    "CA relative": (lambda g: g.ca_file("ca.pem"), "wrong", "authorities"),
    "CA of somebody else": (lambda g: (g.give(g.ca), g.ca_file()), "wrong", "authorities"),
    "CA for others to write": (lambda g: (g.ca.chmod(0o666), g.ca_file()), "wrong", "authorities"),
    "CA a directory": (lambda g: g.ca_file("/etc/ssl/certs"), "wrong", "authorities"),
    "CA directory a file": (lambda g: g.configure(transport=f'tls_ca_path = "{g.ca}"\n'), "wrong", "authorities"),
    "CA directory without hashes": (lambda g: g.ca_folder(), "wrong", "authorities"),
    "client certificate missing": (lambda g: g.client_certificate("ws1.pem"), "wrong", "certificate"),
    "client certificate no PEM": (
        lambda g: (g.write(g.secrets / "ws1.pem", "x"), g.client_certificate("ws1.pem")),
        "wrong",
        "certificate",
    ),
    "client key missing": (
        lambda g: (g.write(g.secrets / "ws1.pem", "x"), g.client_certificate("ws1.pem", "ws1.key")),
        "wrong",
        "certificate",
    ),
    "client key for all to read": (
        lambda g: (g.write(g.secrets / "ws1.pem", "x", 0o644), g.client_certificate("ws1.pem")),
        "wrong",
        "certificate",
    ),
    "interface of another machine": (
        lambda g: g.configure(transport='interface = "192.0.2.7"\n'),
        "wrong",
        "interface",
    ),
    "log missing": (lambda g: g.log.unlink(), "wrong", "log"),
    "log's directory missing": (lambda g: remove(g.log.parent), "wrong", "log"),
    "log for others to write": (lambda g: g.log.chmod(0o666), "wrong", "log"),
    "log of somebody else": (lambda g: g.give(g.log), "wrong", "log"),
    "log executable": (lambda g: g.log.chmod(0o750), "wrong", "log"),
    "log a link": (lambda g: g.link_to(g.log, g.aliases), "wrong", "log"),
    "log with two names": (lambda g: os.link(g.log, g.folder / "again"), "wrong", "log"),
    "log a directory": (lambda g: g.folder_at(g.log), "wrong", "log"),
    "log below what all can write": (lambda g: g.log.parent.chmod(0o777), "wrong", "log"),
}
OF_ROOT = {
    "configuration of another group": (lambda g: g.lose_group(g.configuration, 0o640), "wrong", "configuration"),
    "configuration for root alone": (lambda g: g.configuration.chmod(0o600), "wrong", "configuration"),
    "its directory closed": (lambda g: g.lose_group(g.folder, 0o700), "wrong", "configuration"),
    "secrets missing": (lambda g: remove(g.secrets), "wrong", "secrets"),
    "secrets for all to enter": (lambda g: g.secrets.chmod(0o755), "wrong", "secrets"),
    "secrets for all to write": (lambda g: g.secrets.chmod(0o777), "wrong", "secrets"),
    "secrets of another group": (lambda g: g.lose_group(g.secrets, 0o750), "wrong", "secret"),
    "secrets of somebody else": (lambda g: g.give(g.secrets), "wrong", "secrets"),
    "password of another group": (lambda g: g.lose_group(g.password, 0o640), "wrong", "secret"),
    "password for root alone": (lambda g: g.password.chmod(0o600), "wrong", "secret"),
    "copy of the password for all": (lambda g: g.write(g.secrets / "relay.password~", "x", 0o644), "wrong", "secrets"),
    "aliases for root alone": (lambda g: g.lose_group(g.aliases, 0o600), "wrong", "aliases"),
    "CA for root alone": (lambda g: (g.ca.chmod(0o600), g.ca_file()), "wrong", "authorities"),
    "program of another group": (lambda g: (g.lose_group(g.program, 0o750), g.command(g.program)), "wrong", "command"),
    "program with a launcher that gives a group": (
        lambda g: (g.installation.mode(0o2755), g.command(g.program)),
        "wrong",
        "command",
    ),
    "log of root": (lambda g: os.chown(g.log, 0, 0), "wrong", "log"),
}
DOCUMENTED = ("${EDITOR:-vi}", "gatepost", "make")  # an editor, ours, and what built us
NO_LONGER = ("gatepost login", "gatepost refresh", "make install")  # what needs a server, or the source


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate, in PEM."""
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout /dev/null -out"
    subprocess.run([*command.split(), str(file)], check=True, capture_output=True)
    return file


def go_through(ground: Ground, checker: Checker, states, user=None):
    """Return the states that are not found, and those that their remedies do not mend."""
    silent, unmended, mended = [], [], 0
    options = {"input": f"{PASSWORD}\n"} | ({} if user is None else {"user": user.pw_uid, "group": user.pw_gid})
    ground.make()
    assert checker.found() == []
    for name, (spoil, word, subject) in states.items():
        ground.make()
        spoil(ground)
        found = checker.found()
        if (word, subject) not in [row[:2] for row in found] or not all(row[3] for row in found):
            silent.append((name, found))
        typed = [row for row in found if not opens_editor(row[3]) and not row[3].startswith(NO_LONGER)]
        for row in found:
            assert PASSWORD not in "".join(row)
            assert all(shutil.which(program) or program in DOCUMENTED for program in commands_of(row[3])), row
        for row in typed:
            type_in(row[3], **({"input": ""} if row[3].startswith("chown") else options))  # root alone gives files away
        mended += len(typed) == len(found)
        told = {row[2] for row in typed}
        unmended += [(name, row) for row in (checker.found() if told else ()) if row[2] in told]
        ground.installation.mode(0o6755 if user is None else 0o755)
    return silent, unmended, mended


def tell(capsys, whose: str, count: int, silent, mended: int) -> None:
    with capsys.disabled():
        print(
            f"\nfound {count - len(silent)} of {count} broken states of {whose}; {mended} are mended by their remedies"
        )


def test_every_broken_state_of_roots_files_is_found_and_mended(installation, certificate, capsys):
    service = installation.account("mail")
    ground = Ground(installation, installation.sysconfdir, certificate, 0, service.pw_gid, service.pw_uid)
    checker, states = Checker(installation), BOTH | OF_ROOT
    try:
        silent, unmended, mended = go_through(ground, checker, states)
    finally:
        checker.end()
    tell(capsys, "root's files", len(states), silent, mended)
    assert (silent, unmended) == ([], [])


def test_every_broken_state_of_a_users_own_files_is_found_and_mended(installation, certificate, capsys):
    alice = installation.account("alice")
    folder = Path(alice.pw_dir, ".config/gatepost")
    folder.mkdir(parents=True)
    for each in (folder.parent, folder):
        os.chown(each, alice.pw_uid, alice.pw_gid)
    installation.mode(0o755)
    ground = Ground(installation, folder, certificate, alice.pw_uid, alice.pw_gid, alice.pw_uid)
    checker = Checker(installation, "alice")
    try:
        silent, unmended, mended = go_through(ground, checker, BOTH, alice)
    finally:
        checker.end()
        remove(folder.parent)
        installation.mode(0o6755)
    tell(capsys, "a user's own files", len(BOTH), silent, mended)
    assert (silent, unmended) == ([], [])


# Owner and group (s: the service user's, a: a user's) and mode of the launcher, and the verdict.
LAUNCHERS = [
    *((("s", "s", mode), "ok") for mode in (0o6755, 0o6711, 0o6750)),
    *((("root", "s", mode), "ok") for mode in (0o2755, 0o2711, 0o2750)),
    *((("root", "root", mode), "warn") for mode in (0o755, 0o711, 0o555)),
    *((("root", "a", mode), "warn") for mode in (0o755, 0o750, 0o710)),  # some users may send, others may not
    (("s", "s", 0o755), "warn"),
    (("root", "s", 0o750), "wrong"),  # that group has no members
    *((("root", "root", mode), "wrong") for mode in (0o750, 0o700, 0o600, 0o000, 0o777, 0o775)),
    *((("root", "root", mode), "wrong") for mode in (0o4755, 0o4711, 0o2755, 0o6755)),
    *((("root", "s", mode), "wrong") for mode in (0o4755, 0o6755, 0o2775)),
    *((("s", "s", mode), "wrong") for mode in (0o4755, 0o2755, 0o6777, 0o6644)),
    *((("s", "root", mode), "wrong") for mode in (0o4755, 0o6755)),
    *((("a", "a", mode), "wrong") for mode in (0o755, 0o6755)),
    (("root", "a", 0o2755), "wrong"),
]


def test_every_owner_and_mode_of_the_launcher_has_its_verdict_and_its_remedy(installation):
    service, alice = installation.account("mail"), installation.account("alice")
    ids = {"root": (0, 0), "s": (service.pw_uid, service.pw_gid), "a": (alice.pw_uid, alice.pw_gid)}
    checker, wrong = Checker(installation), []
    try:
        for (user, group, mode), verdict in LAUNCHERS:
            os.chown(installation.launcher, ids[user][0], ids[group][1])
            installation.launcher.chmod(mode)
            found = checker.found("launcher")
            words = [row[0] for row in found] or ["ok"]
            if found:
                type_in(found[0][3])
            after = [row for row in checker.found("launcher") if found and row[2] == found[0][2]]
            if words != [verdict] or after:
                wrong.append(((user, group, f"{mode:o}"), verdict, found, after))
    finally:
        installation.mode(0o6755)
        checker.end()
    assert wrong == []


def in_own_place(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a script where what it mounts is seen by it alone."""
    command = ["unshare", "--mount", "/bin/sh", "-ec", script, "sh", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


FULL = """
import socket, subprocess, sys
queue = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
queue.bind("/dev/log")
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.setblocking(False)
try:
    while sys.argv[1] == "full":
        sender.sendto(b"x", "/dev/log")
except BlockingIOError:
    pass
if sys.argv[1] == "gone":
    queue.close()
sys.exit(subprocess.call([sys.argv[2], "check", "--json"]))
"""


@pytest.mark.parametrize(
    ("state", "word", "text"),
    [
        ("full", "warn", "/dev/log is full and no system log reads it, so each send waits 5 s for it"),
        ("gone", "warn", "no system log listens at /dev/log, so no send is logged"),
        ("read", "ok", "syslog, by /dev/log"),
    ],
)
def test_the_state_of_the_system_log_is_told(installation, state, word, text):
    installation.configure(MAIN.format(log="syslog") + RELAY)
    script = (
        "mount -t tmpfs tmpfs /dev; for each in null urandom zero; do mknod -m 666 /dev/$each c 1 $("
        "case $each in null) echo 3;; zero) echo 5;; *) echo 9;; esac); done; "
        'exec /usr/bin/python3 -c "$1" "$2" "$3"'
    )
    done = in_own_place(script, FULL, state, installation.prefix / "bin/gatepost")
    (row,) = [row for row in json.loads(done.stdout) if row["subject"] == "log"]
    assert (row["verdict"], row["text"]) == (word, text), done
    if word != "ok":
        assert commands_of(row["remedy"])[0] in ("systemctl", "service", "busybox", "${EDITOR:-vi}")


def test_dnspython_that_is_missing_is_told_by_check_and_by_a_send(installation):
    installation.configure((MAIN + RELAY).format(log=installation.log).replace('"smtp.', '"mx:'))
    script = 'mount -t tmpfs tmpfs "$1"; "$2" check --json || true; echo "Subject: x" | "$3" bob@x.example 2>&1 || true'
    place = Path(MODULES, "dns")
    done = in_own_place(script, place, installation.prefix / "bin/gatepost", installation.sendmail)
    told, _, said = done.stdout.rpartition("]\n")
    (row,) = [row for row in json.loads(f"{told}]") if row["subject"] == "modules"]
    assert (row["verdict"], row["remedy"]) == ("wrong", "apt install python3-dnspython"), done
    module = "DNS look-ups need the Python module"
    assert module in said and "sudo gatepost check" in said and "defect" not in said, said

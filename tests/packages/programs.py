"""How Debian's sendmails are run with a configuration of a test's, and what a smart host sees of their messages."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from email.utils import parseaddr

from tests.packages.system import ENVIRONMENT, System
from tests.support.moves import Move
from tests.support.received import Session
from tests.support.sasl import CHALLENGE, Exchange, Outcome, Server
from tests.support.smarthost import SmartHost

PATIENCE_S = 240
Letter = tuple[str, Sequence[str], str]  # sent by whom, with which arguments, and a header; the subject is its name
LETTERS: Mapping[str, Letter] = {
    "plain": ("alice", ("-i", "bob@x.example"), ""),
    "from": ("alice", ("-i", "bob@x.example"), "From: Other Person <other@y.example>\n"),
    "root": ("root", ("-i", "bob@x.example", "carol@x.example"), ""),
    "local": ("alice", ("-i", "root"), ""),
    "null": ("alice", ("-i", "-f", "<>", "bob@x.example"), "From: Other Person <other@y.example>\n"),
}
NO_NULL_REVERSE_PATH = ("ssmtp", "dma", "esmtp")  # which do not know what that is


@dataclass(frozen=True)
class Seen:
    """What arrived of a message: the envelope, the address in From:, how the session was opened, and the login."""

    sender: bytes
    recipients: tuple[bytes, ...]
    author: str
    is_private: bool
    helo: bytes
    login: tuple[bytes, ...]

    def differences(self, other: Seen) -> dict[str, tuple[object, object]]:
        """Return in what two differ; a From: without an address, as msmtp writes it for <>, is no example."""
        pairs = {name: (value, vars(other)[name]) for name, value in vars(self).items()}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and (name, pair[1]) != ("author", "")}


@dataclass
class Watched:
    """A smart host's sessions with the logins that were offered in them."""

    host: SmartHost
    logins: list[tuple[bytes, ...]] = field(default_factory=list)

    def letters(self) -> dict[str, Seen]:
        """Return what arrived of the letters, by subject; dma sends to each recipient by itself."""
        self.host.settle()
        seen: dict[str, Seen] = {}
        for message in self.host.messages:
            header = BytesParser(policy=policy.compat32).parsebytes(message.header, headersonly=True)
            subject = str(header["Subject"])
            if " " in subject:  # a bounce
                continue
            session = self.session_of(message.octets)
            before = seen[subject].recipients if subject in seen else ()
            seen[subject] = Seen(
                message.reverse_path,
                tuple(sorted({*before, *message.addresses})),
                parseaddr(str(header["From"]))[1],
                session.tls is not None,
                next((each[5:] for each in session.commands if each[:4] in (b"EHLO", b"HELO")), b""),
                self.logins[-1] if self.logins else (),
            )
        return seen

    def session_of(self, octets: bytes) -> Session:
        """Return the session that a message came in."""
        subject = next(line for line in octets.split(b"\r\n") if line.startswith(b"Subject: "))
        return next(each for each in self.host.sessions if subject in bytes(each.content))


def listening(logins: list[tuple[bytes, ...]]) -> dict[str, object]:
    """Return mechanisms that take every login, and keep what was said."""

    def plain(_server: Server) -> Exchange:
        _, user, password = (yield b"").split(b"\0")
        logins.append((user, password))
        return Outcome(user.decode("latin-1"), True)

    def login(_server: Server) -> Exchange:
        user = yield b"Username:"
        password = yield b"Password:"
        logins.append((user, password))
        return Outcome(user.decode("latin-1"), True)

    def cram_md5(_server: Server) -> Exchange:
        user, _, _ = (yield CHALLENGE).rpartition(b" ")
        logins.append((user, b"a digest"))
        return Outcome(user.decode("latin-1"), True)

    return {"PLAIN": plain, "LOGIN": login, "CRAM-MD5": cram_md5}


# What has to run before and after the messages, beside `sendmail`; the shell's exit ends all of it.
BEFORE = {
    # The smart host is on this machine, which Debian's routers take for a loop.
    "exim": (
        "chmod 640 /etc/exim4/passwd.client; chgrp Debian-exim /etc/exim4/passwd.client;"
        "grep -q 'self = send' /etc/exim4/exim4.conf.template || sed -i "
        "-e 's/^  transport = remote_smtp_smarthost$/&\\n  self = send/' "
        "-e 's/^  multi_domain$/&\\n  allow_localhost/' "
        "/etc/exim4/exim4.conf.template; update-exim4.conf"
    ),
    "postfix": (
        "printf '%s\\n' compatibility_level=3.6 smtp_host_lookup=native maillog_file=/var/log/mail.log "
        ">>/etc/postfix/main.cf;"
        "postconf -MX smtp/inet; postconf -F 'smtp/unix/chroot = n'; postfix start"
    ),
    "nullmailer": (
        "echo 0 >/etc/nullmailer/pausetime; chown -R mail:mail /etc/nullmailer;"
        "cd /var/spool/nullmailer; rm -f trigger; mkfifo -m 622 trigger; chown mail: trigger"
    ),
    "dma": "chgrp mail /etc/dma/*.conf",
    "ssmtp": "chgrp mail /etc/ssmtp/*",
    "msmtp": "",
    "esmtp": "",
}
OPTIONS = {"exim": "-odf", "dma": "-D"}
AFTER = {
    "nullmailer": "setpriv --reuid=mail --regid=mail --clear-groups nullmailer-send",
    "postfix": 'for n in $(seq 100); do [ -n "$(find /var/spool/postfix/maildrop /var/spool/postfix/incoming '
    '/var/spool/postfix/active -type f)" ] || break; sleep 0.1; done; postfix stop',
}
EMPTY = {
    "postfix": "rm -rf /var/spool/postfix/*/?",
    "nullmailer": "rm -f /var/spool/nullmailer/queue/* /var/spool/nullmailer/failed/*",
    "dma": "rm -f /var/spool/dma/*",
    "exim": "rm -f /var/spool/exim4/input/*",
}


def lay_out(system: System, files: Mapping[str, str], port: int) -> None:
    """Write the files of a configuration, for all to read: msmtp and esmtp have only their caller's rights."""
    for name, text in files.items():
        path = system.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{port}", str(port)), encoding="utf-8", newline="")
        path.chmod(0o644)


def send_all(system: System, peer: str, letters: Mapping[str, Letter]) -> str:
    """Send the letters in a shell of their own and return what was said."""
    lines = [EMPTY.get(peer, ":"), BEFORE.get(peer) or ":"]
    for name, (user, arguments, header) in letters.items():
        (system.root / f"tmp/{name}").write_text(f"{header}Subject: {name}\n\nhello\n")
        words = " ".join(f"'{each}'" for each in (*OPTIONS.get(peer, "").split(), *arguments))
        become = f"setpriv --reuid={user} --regid={user} --clear-groups env HOME=/tmp USER={user} LOGNAME={user}"
        lines.append(f"timeout 30 {become} sendmail {words} <'/tmp/{name}' || echo {name}: $?")
    lines.append(AFTER.get(peer, ":"))
    done = subprocess.run(
        system.words("sh", "-c", "\n".join(lines), user="root"),
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
        env=ENVIRONMENT,
    )
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def letters_of(move: Move) -> dict[str, Letter]:
    """Return which letters a peer is given."""
    letters = {name: each for name, each in LETTERS.items() if name != "null" or move.peer not in NO_NULL_REVERSE_PATH}
    named = {
        f"by-{number}": ("alice", ("-i", "-f", name, "bob@x.example"), "") for number, name in enumerate(move.names)
    }
    return letters | named

"""The other sendmails as Debian 12 installs them: what debconf is told, and what an administrator then writes."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.packages.system import System, copy_system

USER, PASSWORD = "ws1", "correct-horse"
UNUSED_PORT = 1
EXAMPLE_OF_MSMTP = "/usr/share/doc/msmtp/examples/msmtprc-system.example"


@dataclass(frozen=True)
class Peer:
    """A package, the answers to its questions, and edits to what it installed: path, old text (or its end), new text.

    `{port}` stands for that of the smart host. `reverse_path` is what Alice's mail has after the move.
    """

    package: str
    answers: Mapping[str, str]
    edits: Sequence[tuple[str, str, str]]
    reverse_path: bytes = b"alice@example.net"


PEERS = {
    "msmtp": Peer(
        "msmtp-mta",
        {},
        [
            ("/etc/msmtprc", "mail.oursite.example", "localhost"),
            ("/etc/msmtprc", "port 465", "port {port}"),
            ("/etc/msmtprc", "tls_starttls off", "tls_starttls on"),
            ("/etc/msmtprc", "%U@oursite.example", "%U@example.net"),
            ("/etc/msmtprc", "", f"auth on\nuser {USER}\npassword {PASSWORD}\n"),
        ],
    ),
    "ssmtp": Peer(
        "ssmtp",
        {
            "ssmtp/overwriteconfig boolean": "true",
            "ssmtp/mailhub string": "localhost",
            "ssmtp/port string": "{port}",
            "ssmtp/root string": "admin@example.net",
            "ssmtp/rewritedomain string": "example.net",
            "ssmtp/hostname string": "ws1.example.net",
        },
        [
            ("/etc/ssmtp/ssmtp.conf", "", f"UseTLS=YES\nUseSTARTTLS=YES\nAuthUser={USER}\nAuthPass={PASSWORD}\n"),
            ("/etc/ssmtp/revaliases", "", "root:machines@example.net:localhost:{port}\n"),
        ],
    ),
    "dma": Peer(
        "dma",
        {"dma/mailname string": "ws1.example.net", "dma/relayhost string": "localhost"},
        [
            ("/etc/dma/dma.conf", "#PORT 25", "PORT {port}"),
            ("/etc/dma/dma.conf", "#AUTHPATH", "AUTHPATH"),
            ("/etc/dma/dma.conf", "#SECURETRANSFER", "SECURETRANSFER"),
            ("/etc/dma/dma.conf", "\n#STARTTLS", "\nSTARTTLS"),
            ("/etc/dma/dma.conf", "#NULLCLIENT", "NULLCLIENT"),
            ("/etc/dma/auth.conf", "", f"{USER}|localhost:{PASSWORD}\n"),
        ],
        b"alice@ws1.example.net",
    ),
    "nullmailer": Peer(
        "nullmailer",
        {
            "shared/mailname string": "ws1.example.net",
            "nullmailer/defaultdomain string": "example.net",
            "nullmailer/adminaddr string": "admin@example.net",
            "nullmailer/relayhost string": (
                f"localhost smtp --port={{port}} --starttls --user={USER} --pass={PASSWORD}"
            ),
        },
        [],
        b"alice@ws1.example.net",
    ),
    "esmtp": Peer(
        "esmtp-run",
        {
            "esmtp/overwriteconfig boolean": "true",
            "esmtp/hostname string": "localhost",
            "esmtp/hostport string": "{port}",
            "esmtp/username string": USER,
            "esmtp/password password": PASSWORD,
            "esmtp/starttls select": "required",
        },
        [("/etc/esmtprc", "", 'force reverse_path="%u@example.net"\n')],
    ),
    "postfix": Peer(
        "postfix",
        {
            "postfix/main_mailer_type select": "Satellite system",
            "postfix/mailname string": "example.net",
            "postfix/relayhost string": "[localhost]:{port}",
            "postfix/root_address string": "admin@example.org",
        },
        [
            (
                "/etc/postfix/main.cf",
                "",
                "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n"
                "smtp_sasl_security_options = noanonymous\n",
            ),
            ("/etc/postfix/sasl_passwd", "", f"[localhost]:{{port}} {USER}:{PASSWORD}\n"),
        ],
    ),
    "exim": Peer(
        "exim4-daemon-light",
        {
            "exim4/dc_eximconfig_configtype select": "mail sent by smarthost; no local mail",
            "exim4/mailname string": "ws1.example.net",
            "exim4/dc_smarthost string": "localhost::{port}",
            "exim4/dc_readhost string": "example.net",
            "exim4/dc_postmaster string": "admin@example.org",
            "exim4/hide_mailname boolean": "true",
        },
        [("/etc/exim4/passwd.client", "", f"localhost:{USER}:{PASSWORD}\n")],
    ),
}
# Without its mechanisms, Postfix logs in nowhere.
BESIDE = {"postfix": ("libsasl2-modules",)}
# The package whose questions these are, where it is another.
ASKING = {"postfix": "postfix", "exim4-daemon-light": "exim4-config", "esmtp-run": "esmtp"}


def install_peer(system: System, peer: Peer, port: int) -> None:
    """Install a peer with its answers, and write into its files what an administrator would."""
    asking = ASKING.get(peer.package, peer.package)
    answers = [f"{asking} {question} {text.format(port=port)}\n" for question, text in peer.answers.items()]
    system.must("debconf-set-selections", octets="".join(answers).encode())
    packages = (peer.package, *BESIDE.get(peer.package, ()))
    system.must("apt-get", "install", "-q", "-y", "--no-install-recommends", *packages)
    if peer.package == "msmtp-mta":
        system.must("cp", EXAMPLE_OF_MSMTP, "/etc/msmtprc")
    for path, old, new in peer.edits:
        file = system.root / path.lstrip("/")
        text = file.read_text() if file.exists() else ""
        assert old in text, f"{path} of Debian's has no {old!r}"
        file.write_text(text.replace(old, new.format(port=port)) if old else text + new.format(port=port))


@contextlib.contextmanager
def systems_with_peers(place: Path, ready_system: System) -> Iterator[Callable[[str], System]]:
    """Give systems that each have a peer as Debian installs it, made when they are asked for."""
    made: dict[str, System] = {}

    def having(name: str) -> System:
        if name not in made:
            made[name] = copy_system(ready_system, place / f"with-{name}")
            install_peer(made[name], PEERS[name], UNUSED_PORT)
        return made[name]

    yield having
    for each in made.values():
        shutil.rmtree(each.root)

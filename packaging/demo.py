"""`make demo`: a private installation, a smart host with TLS and AUTH on loopback, and a message from an ordinary user.

Everything lies in one folder below /opt and belongs to three accounts made for it; all of it is removed at the end.
"""

from __future__ import annotations

import contextlib
import logging
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

TREE = Path(__file__).resolve().parent.parent
PLACE = Path("/opt/gatepost-demo")
SERVICE, STANDIN, USER = "gpdemo-mail", "gpdemo-null", "gpdemo-alice"
LOGIN, PASSWORD = b"ws1", b"correct horse battery staple"

CONFIGURATION = """\
primary_hostname = "ws1.example.net"
qualify_domain = "example.net"
log = "{place}/gatepost.log"

[transports.relay]
driver = "smtp"
hosts = ["localhost:{port}"]
tls_ca_file = "{place}/server.pem"
auth = {{ user = "{login}", password_file = "relay.password" }}
"""

MESSAGE = b"""\
To: Bob <bob@x.example>
Subject: It works

This message went through the set-id launcher, TLS and AUTH.
"""


class Mailbox:
    """An aiosmtpd handler that keeps what arrives."""

    def __init__(self) -> None:
        self.envelopes: list[object] = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 # the name is aiosmtpd's
        self.envelopes.append(envelope)
        return "250 2.0.0 queued as DEMO"


def authenticate(_server, _session, _envelope, _mechanism, credential) -> AuthResult:
    """Accept one user."""
    return AuthResult(success=(credential.login, credential.password) == (LOGIN, PASSWORD))


def main() -> None:
    """Install, send, show, try to steal, clean up."""
    clean_up()  # of a demo that was interrupted
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's advice to its developers
    try:
        with smart_host() as (port, mailbox):
            install(port)
            send(mailbox)
            show_that_the_password_is_safe()
    finally:
        clean_up()
    print("\nDemo finished; everything that it made has been removed.")


@contextlib.contextmanager
def smart_host():
    """Run a smart host on loopback that insists on TLS and AUTH."""
    PLACE.mkdir(mode=0o755)
    certificate, key = PLACE / "server.pem", PLACE / "server.key"
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        key,
        "-out",
        certificate,
    )
    certificate.chmod(0o644)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:  # aiosmtpd cannot choose one itself
        port = free.getsockname()[1]
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=authenticate,
    )
    controller.start()
    say(f"A smart host with STARTTLS and AUTH listens on localhost:{port}.")
    try:
        yield port, mailbox
    finally:
        controller.stop()


def install(port: int) -> None:
    """Install into the private place and say where the mail goes."""
    run(
        "make",
        "-s",
        "-C",
        TREE,
        "install",
        f"BUILD={PLACE}/build",
        f"PREFIX={PLACE}/usr",
        f"SYSCONFDIR={PLACE}/etc",
        f"SERVICE_USER={SERVICE}",
        f"STANDIN_USER={STANDIN}",
    )
    run("useradd", "--no-create-home", "--home-dir", "/nonexistent", "--comment", "Alice Example", USER)
    group = pwd.getpwnam(SERVICE).pw_gid
    configuration = PLACE / "etc/gatepost.toml"
    configuration.write_text(CONFIGURATION.format(place=PLACE, port=port, login=LOGIN.decode()))
    secret = PLACE / "etc/secrets/relay.password"
    secret.touch(0o640)
    shutil.chown(secret, "root", group)
    secret.write_bytes(PASSWORD + b"\n")
    log = PLACE / "gatepost.log"
    log.touch(0o600)
    shutil.chown(log, SERVICE, group)
    say("Gatepost is installed; the only set-id file is")
    run("ls", "-l", PLACE / "usr/libexec/gatepost/launcher", show=True)


def send(mailbox: Mailbox) -> None:
    """Send a message as an ordinary user and show what arrived."""
    say(f"{USER} (an ordinary user) sends a message: sendmail -t")
    status = as_user([PLACE / "usr/sbin/sendmail", "-t"], MESSAGE).returncode
    print(f"exit status {status}")
    if status != 0 or len(mailbox.envelopes) != 1:
        sys.exit("make demo: the message did not arrive")
    envelope = mailbox.envelopes[0]
    say(f"The smart host received, from <{envelope.mail_from}> to {envelope.rcpt_tos}:")
    print(printable(envelope.content))
    say("The log has one line for it:")
    print(printable((PLACE / "gatepost.log").read_bytes()))


def show_that_the_password_is_safe() -> None:
    """Try, as the same user, to read what the send needed."""
    say(f"{USER} tries to read the password, the configuration and the log:")
    for file in ("etc/secrets/relay.password", "etc/gatepost.toml", "gatepost.log"):
        attempt = as_user(["cat", PLACE / file])
        print(printable(attempt.stderr))
        if attempt.returncode == 0:
            sys.exit(f"make demo: {USER} could read {file}")
    say("and starts the launcher by hand:")
    attempt = as_user([PLACE / "usr/libexec/gatepost/launcher"])
    print(printable(attempt.stderr))
    if attempt.returncode == 0:
        sys.exit("make demo: the launcher could be started by hand")


def clean_up() -> None:
    """Remove the folder and the accounts."""
    shutil.rmtree(PLACE, ignore_errors=True)
    for account in (USER, SERVICE, STANDIN):
        subprocess.run(["userdel", account], capture_output=True, check=False)


def as_user(command: list[object], octets: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command as the ordinary user, with nothing of root's left."""
    account = pwd.getpwnam(USER)
    return subprocess.run(
        [str(word) for word in command],
        input=octets,
        capture_output=True,
        check=False,
        timeout=60,
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        start_new_session=True,  # without root's terminal, into which it could type
    )


def printable(octets: bytes) -> str:
    """Return what others have written as lines that a terminal can be shown."""
    lines = octets.decode("utf-8", "replace").splitlines()
    return "\n".join("".join(each if each.isprintable() else "?" for each in line) for line in lines)


def run(*command: object, show: bool = False) -> None:
    """Run a command that has to work."""
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False, text=True)
    if done.returncode != 0:
        sys.exit(f"make demo: {command[0]} failed:\n{done.stdout}{done.stderr}")
    if show:
        print(done.stdout, end="")


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n--- {text}", flush=True)


main()

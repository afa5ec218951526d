"""Servers of Debian's that the fast tests leave out: Sendmail, in a system of its own, and chasquid, in Go."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from tests.packages.system import System, copy_system
from tests.support.certificates import Certificates
from tests.support.packages import download, extract
from tests.support.process import wait_for
from tests.support.realservers.server import MAILBOXES, Endpoint
from tests.support.realservers.world import HOSTNAME
from tests.system.outcome import facts_of
from tests.system.real import BOTH, HEADER, MESSAGE, label, send

ETC = {"hosts": f"127.0.0.1 localhost\n127.0.0.1 {HOSTNAME}\n"}
BODIES = {
    "8-bit": "Gr\u00fc\u00dfe\n".encode() * 50,
    "dots": b".\n..\n.\n...\n. \n.a\n\n.\n",
    "long-lines": (b"x" * 997 + b"\n" + b"." * 998 + b"\n") * 20,
    "a-command": b"QUIT\nRSET\n",
}


class Server:
    """A server, and what it has delivered: a file for each mailbox."""

    ports: ClassVar[Mapping[str, int]]
    user: str
    mail: Path
    process: subprocess.Popen[bytes]

    def __init__(self, certificates: Certificates) -> None:
        self.password = secrets.token_urlsafe(18)
        self.certificate = certificates.good

    def start(self, *command: object) -> None:
        """Start it, and wait until it listens."""
        words = [str(word) for word in command]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.is_listening, "a server that takes connections")

    def is_listening(self) -> bool:
        """Say whether it takes connections."""
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.ports["implicit"])) == 0

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()

    def endpoint(self, tls: str) -> Endpoint:
        """Return where to connect to."""
        return Endpoint(tls, self.ports[tls], self.certificate, {"ws1": self.password}, ETC)

    def auth(self) -> dict[str, str]:
        """Return how to log in."""
        return {"user": self.user, "password_file": "relay.password"}

    def whole(self, octets: bytes) -> bool:
        """Say whether a mailbox has all of a message."""
        return bool(octets)

    def bodies(self) -> dict[str, bytes]:
        """Wait until both mailboxes have a message, take them away, and return their bodies."""
        files = [self.mail / name for name in MAILBOXES]
        wait_for(lambda: all(file.exists() and self.whole(file.read_bytes()) for file in files), "the deliveries")
        found = {file.name: file.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[2] for file in files}
        for file in files:
            file.unlink()
        return found

    def has_nothing(self) -> bool:
        """Say whether no mailbox has anything."""
        return not any((self.mail / name).exists() for name in MAILBOXES)


class Chasquid(Server):
    """chasquid runs wherever it is unpacked."""

    ports: ClassVar = {"starttls": 2787, "implicit": 2765}
    user = "ws1@example.org"
    configuration = """\
hostname: "{hostname}"
max_data_size_mb: 1
submission_address: "127.0.0.1:{starttls}"
submission_over_tls_address: "127.0.0.1:{implicit}"
mail_delivery_agent_bin: "/bin/sh"
mail_delivery_agent_args: "-c"
mail_delivery_agent_args: "cat > {mail}/%to_user%.new && mv {mail}/%to_user%.new {mail}/%to_user%"
data_dir: "{data}"
mail_log_path: "<stdout>"
"""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        super().__init__(certificates)
        download(("chasquid",), folder)
        extract(folder, folder / "tree")
        programs, etc, data, self.mail = folder / "tree/usr/bin", folder / "etc", folder / "data", folder / "mail"
        for path in (self.mail, data, etc / "domains/example.org", etc / "certs" / HOSTNAME):
            path.mkdir(parents=True)
        (etc / "certs" / HOSTNAME / "fullchain.pem").symlink_to(self.certificate.chain)
        (etc / "certs" / HOSTNAME / "privkey.pem").symlink_to(self.certificate.key)
        text = self.configuration.format(hostname=HOSTNAME, **self.ports, mail=self.mail, data=data)
        (etc / "chasquid.conf").write_text(text)
        for name in (self.user, *BOTH):
            password = self.password if name == self.user else "another"
            command = [programs / "chasquid-util", f"-C={etc}", "user-add", name, f"--password={password}"]
            subprocess.run(command, check=True, capture_output=True)
        self.start(programs / "chasquid", f"-config_dir={etc}")


class Sendmail(Server):
    """Sendmail 8.17 as Debian builds it, with Cyrus SASL and its own mail.local."""

    ports: ClassVar = {"starttls": 2797, "implicit": 2775}
    user = "ws1"
    packages = ("sendmail-bin", "sasl2-bin", "libsasl2-modules", "m4")
    configuration = """\
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
define(`confDOMAIN_NAME', `{hostname}')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN CRAM-MD5')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN CRAM-MD5')dnl
define(`confSERVER_CERT', `/etc/certificates/cert.pem')dnl
define(`confSERVER_KEY', `/etc/certificates/key.pem')dnl
define(`confCACERT', `/etc/certificates/cert.pem')dnl
define(`confCACERT_PATH', `/etc/certificates')dnl
define(`confMAX_MESSAGE_SIZE', `1000000')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`accept_unresolvable_domains')dnl
DAEMON_OPTIONS(`Family=inet, Name=MSA, Port={starttls}, Addr=127.0.0.1, M=a')dnl
DAEMON_OPTIONS(`Family=inet, Name=MSAS, Port={implicit}, Addr=127.0.0.1, M=sa')dnl
LOCAL_DOMAIN(`example.org')dnl
define(`LOCAL_MAILER_PATH', `/usr/libexec/sendmail/mail.local')dnl
define(`LOCAL_MAILER_ARGS', `mail.local -d $u')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
    sasl = "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN CRAM-MD5\n"

    def __init__(self, system: System, certificates: Certificates) -> None:
        super().__init__(certificates)
        system.must("apt-get", "install", "-q", "-y", "--no-install-recommends", *self.packages)
        self.mail, etc = system.root / "var/mail", system.root / "etc"
        etc.joinpath("hosts").write_text(ETC["hosts"])
        (etc / "certificates").mkdir()
        shutil.copyfile(self.certificate.chain, etc / "certificates/cert.pem")
        shutil.copyfile(self.certificate.key, etc / "certificates/key.pem")
        (etc / "certificates/key.pem").chmod(0o600)
        (etc / "sasl2").mkdir(exist_ok=True)
        (etc / "sasl2/Sendmail.conf").write_text(self.sasl)
        (etc / "mail/sasl").mkdir(exist_ok=True)
        (etc / "mail/sasl/Sendmail.conf.2").write_text(self.sasl)
        (etc / "mail/aliases").write_text("")
        (etc / "mail/ours.mc").write_text(self.configuration.format(hostname=HOSTNAME, **self.ports))
        (etc / "mail/ours.cf").write_text(system.must("m4", "/etc/mail/ours.mc"))
        for name in MAILBOXES:
            system.must("useradd", "--no-create-home", name)
        (system.root / "run/sendmail/mta").mkdir(parents=True, exist_ok=True)
        system.must("newaliases", "-C/etc/mail/ours.cf")
        system.must("saslpasswd2", "-p", "-c", "-u", HOSTNAME, self.user, octets=self.password.encode())
        # The shell stays: it ends with its parent, and Sendmail with it, which changes users and would not.
        command = "/usr/libexec/sendmail/sendmail -bD -C/etc/mail/ours.cf; exit"
        self.start(*system.words("sh", "-c", command, user="root"))

    def whole(self, octets: bytes) -> bool:
        """Say whether an mbox has all of a message: mail.local ends it with an empty line."""
        return octets.endswith(b"\n\n")

    def bodies(self) -> dict[str, bytes]:
        """Return the bodies without that empty line."""
        return {name: body.removesuffix(b"\n") for name, body in super().bodies().items()}


@pytest.fixture(scope="module")
def chasquid(tmp_path_factory, certificates) -> Iterator[Server]:
    """Debian's, unpacked and never installed."""
    server = Chasquid(tmp_path_factory.mktemp("chasquid"), certificates)
    yield server
    server.end()


@pytest.fixture(scope="module")
def sendmail(place, fresh_system, certificates) -> Iterator[Server]:
    """Debian's, in a system of its own."""
    system = copy_system(fresh_system, place / "sendmail")
    server = Sendmail(system, certificates)
    yield server
    server.end()
    shutil.rmtree(system.root)


@pytest.fixture(params=["chasquid", "sendmail"])
def server(request) -> Server:
    """Each of them."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("shape", BODIES)
def test_a_message_arrives_octet_by_octet(installation, server, tls, shape):
    result = send(installation, server.endpoint(tls), "-i", *BOTH, stdin=HEADER + BODIES[shape], auth=server.auth())
    assert (result.status, result.stderr) == (0, "")
    facts = facts_of(result.log_line)
    assert (facts["outcome"], facts["auth"], facts["tls"]) == ("accepted", "PLAIN", "TLSv1.3")
    assert server.bodies() == dict.fromkeys(MAILBOXES, BODIES[shape])


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_nobody_gets_anything_with_a_wrong_password(installation, server, tls):
    endpoint = server.endpoint(tls)
    result = send(installation, endpoint, *BOTH, auth=server.auth(), password="another password")
    assert result.reason.startswith(f"{label(endpoint)}: AUTH PLAIN was refused: 535 ")
    assert result.status == 1
    assert server.has_nothing()


@pytest.mark.parametrize("recipients", [("nosuch@example.org", *BOTH), (*BOTH, "nosuch@example.org")])
def test_nobody_gets_anything_where_one_recipient_is_refused(installation, server, recipients):
    endpoint = server.endpoint("starttls")
    result = send(installation, endpoint, *recipients, auth=server.auth())
    assert result.reason.startswith(f"{label(endpoint)}: RCPT TO:<nosuch@example.org> was refused: 5")
    assert result.status == 1
    assert server.has_nothing()


def test_what_is_too_large_is_not_offered(installation, server):
    endpoint = server.endpoint("implicit")
    result = send(installation, endpoint, *BOTH, stdin=MESSAGE + b"0123456\n" * 200_000, auth=server.auth())
    assert result.reason.endswith(" are accepted")
    assert result.status == 1
    assert server.has_nothing()

"""What docs/comparison.md says of the other sendmails, tried on Debian 12's own packages."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.packages.peers import PASSWORD, PEERS, UNUSED_PORT, install_peer, systems_with_peers
from tests.packages.system import ENVIRONMENT, System, copy_system
from tests.support.smarthost import EXTENSIONS, SmartHost

MESSAGE = b"From: alice@example.net\nTo: bob@x.example\nSubject: compared\n\nhello\n"
RECIPIENTS = ("bob@x.example", "refused@x.example", "carol@x.example")
ONE_REFUSED = {"RCPT:refused@x.example": "550 5.1.1 no such user"}
PATIENCE_S = 30

EXIM = """\
mua_wrapper = true
begin routers
smarthost:
  driver = manualroute
  route_list = * localhost::{port}
  self = send
  transport = relay
begin transports
relay:
  driver = smtp
  allow_localhost
"""
# The daemon has to run for its queue; sendmail tells it by a FIFO, which systemd makes elsewhere.
NULLMAILERS_DAEMON = """\
cd /var/spool/nullmailer; rm -f trigger; mkfifo -m 622 trigger; chown mail: trigger
setpriv --reuid=mail --regid=mail --clear-groups nullmailer-send >/dev/null 2>&1 &
"""
# The time that this takes belongs to the queue: what runs in the background ends with the shell.
SEND_AND_WAIT = 'setpriv --reuid=alice --regid=alice --clear-groups sendmail -i "$@" </tmp/message; echo $?; read -r _'


@dataclass(frozen=True)
class Told:
    """How a peer is told its smart host: a file, its text, and what is added for TLS, with no word on certificates."""

    path: str
    text: str
    tls: str = ""
    daemon: str = ""


TOLD = {
    "msmtp": Told("/etc/msmtprc", "account default\nhost localhost\nport {port}\nfrom %U@ws1\n", "tls on\n"),
    "ssmtp": Told("/etc/ssmtp/ssmtp.conf", "mailhub=localhost:{port}\n", "UseTLS=YES\nUseSTARTTLS=YES\n"),
    "dma": Told(
        "/etc/dma/dma.conf",
        "SMARTHOST localhost\nPORT {port}\nMAILNAME ws1.example.net\nNULLCLIENT\n",
        "SECURETRANSFER\nSTARTTLS\n",
    ),
    "nullmailer": Told("/etc/nullmailer/remotes", "localhost smtp --port={port}", " --starttls", NULLMAILERS_DAEMON),
    "exim": Told("/etc/exim4/exim4.conf", EXIM),
    "postfix": Told("/etc/postfix/main.cf", "relayhost = [localhost]:{port}\nmaillog_file = /var/log/mail.log\n"),
}
AT_ONCE = ("msmtp", "ssmtp", "exim")
QUEUEING = ("dma", "nullmailer", "postfix")


@pytest.fixture(scope="module")
def peer(place: Path, ready_system: System) -> Iterator[Callable[[str], System]]:
    """Return a system with a peer as Debian installs it."""
    with systems_with_peers(place, ready_system) as having:
        yield having


def tell(system: System, name: str, port: int, *, tls: bool = False) -> Told:
    """Tell a peer its smart host, in a file as Debian protects it."""
    told = TOLD[name]
    (system.root / told.path.lstrip("/")).write_text(told.text.format(port=port) + (told.tls if tls else ""))
    return told


@contextlib.contextmanager
def sent(system: System, told: Told) -> Iterator[int]:
    """Send as Alice, with what else has to run, which goes on until the `with` ends; the exit status."""
    (system.root / "tmp/message").write_bytes(MESSAGE)
    words = system.words("sh", "-c", told.daemon + SEND_AND_WAIT, "sh", *RECIPIENTS, user="root")
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.communicate("\n", timeout=PATIENCE_S)


def addresses_at(host: SmartHost, enough: Callable[[list[list[bytes]]], bool] = bool) -> list[list[bytes]]:
    """Return the recipients of each message that arrived, when that is enough."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and not enough([message.addresses for message in host.messages]):
        time.sleep(0.05)
    host.settle()
    return [message.addresses for message in host.messages]


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_sendmail_that_sends_at_once_says_that_nobody_listens(peer, name):
    system = peer(name)
    with sent(system, tell(system, name, UNUSED_PORT)) as status:
        assert status != 0


@pytest.mark.parametrize("name", QUEUEING)
def test_a_sendmail_with_a_queue_says_success_where_nobody_listens(peer, name):
    system = peer(name)
    with sent(system, tell(system, name, UNUSED_PORT)) as status:
        assert status == 0


@pytest.mark.parametrize("name", ["msmtp", "ssmtp"])
def test_nobody_gets_it_where_one_is_refused(peer, smarthost, name):
    system = peer(name)
    host = smarthost(refuse=ONE_REFUSED, expect_violations=True)
    with sent(system, tell(system, name, host.port)) as status:
        assert status != 0
        host.settle()
        assert host.messages == []


@pytest.mark.parametrize(
    ("left_out", "arrived"), [((), [[b"bob@x.example", b"carol@x.example"]]), (("CHUNKING",), [])], ids=["all", "less"]
)
def test_exim_sends_to_the_others_where_pipelining_and_chunking_are_offered(peer, smarthost, left_out, arrived):
    system = peer("exim")
    offered = [each for each in EXTENSIONS if each not in left_out]
    host = smarthost(refuse=ONE_REFUSED, extensions=offered, expect_violations=True)
    with sent(system, tell(system, "exim", host.port)) as status:
        host.settle()
        assert (status, [message.addresses for message in host.messages]) == (1, arrived)


def test_dma_sends_to_each_by_itself(peer, smarthost):
    system = peer("dma")
    host = smarthost(refuse=ONE_REFUSED, expect_violations=True)
    with sent(system, tell(system, "dma", host.port)) as status:
        assert status == 0
        found = addresses_at(host, lambda arrived: [b"bob@x.example"] in arrived and [b"carol@x.example"] in arrived)
        assert {b"bob@x.example", b"carol@x.example"} <= {each for (each,) in found}


def test_nullmailer_bounces_it_where_one_is_refused(peer, smarthost):
    system = peer("nullmailer")
    host = smarthost(refuse=ONE_REFUSED, expect_violations=True)
    with sent(system, tell(system, "nullmailer", host.port)) as status:
        assert status == 0
        assert addresses_at(host)
        # Its daemon may tell more than once before its queue is looked at; the message itself never comes.
        assert {message.reverse_path for message in host.messages} == {b""}
        assert not any(b"bob@x.example" in message.addresses for message in host.messages)


@pytest.mark.parametrize(("name", "sends"), [("msmtp", False), ("ssmtp", True), ("exim", True)])
def test_a_certificate_of_an_unknown_issuer(peer, smarthost, certificates, name, sends):
    system = peer(name)
    host = smarthost(tls="starttls", certificate=certificates.unknown_issuer, expect_violations=True)
    with sent(system, tell(system, name, host.port, tls=True)) as status:
        host.settle()
        assert (status == 0, bool(host.messages)) == (sends, sends)
        assert not host.messages or host.sessions[-1].tls


def test_a_certificate_of_an_unknown_issuer_is_nothing_to_dma(peer, smarthost, certificates):
    system = peer("dma")
    host = smarthost(tls="starttls", certificate=certificates.unknown_issuer, expect_violations=True)
    with sent(system, tell(system, "dma", host.port, tls=True)):
        assert addresses_at(host)
        assert host.sessions[-1].tls


def test_a_certificate_of_an_unknown_issuer_keeps_nullmailers_mail_in_its_queue(peer, smarthost, certificates):
    system = peer("nullmailer")
    host = smarthost(tls="starttls", certificate=certificates.unknown_issuer, expect_violations=True)
    with sent(system, tell(system, "nullmailer", host.port, tls=True)):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not host.sessions:
            time.sleep(0.05)
        host.settle()
        assert host.sessions and not host.messages


def test_postfix_as_a_satellite_verifies_no_certificate(place, ready_system):
    system = copy_system(ready_system, place / "satellite")
    install_peer(system, PEERS["postfix"], UNUSED_PORT)
    assert system.must("postconf", "-h", "smtp_tls_security_level").strip() == "may"
    shutil.rmtree(system.root)


@pytest.mark.parametrize(
    ("name", "path", "protected"),
    [
        ("ssmtp", "/etc/ssmtp/ssmtp.conf", "root:mail 640"),
        ("dma", "/etc/dma/auth.conf", "root:mail 640"),
        ("nullmailer", "/etc/nullmailer/remotes", "mail:mail 600"),
        ("exim", "/etc/exim4/passwd.client", "root:Debian-exim 640"),
        ("esmtp", "/etc/esmtprc", "root:root 644"),
    ],
)
def test_who_can_read_the_password_as_debian_installs_it(peer, name, path, protected):
    system = peer(name)
    assert system.stat(path) == protected
    is_readable = system.run("cat", path, user="alice").returncode == 0
    assert is_readable == (name == "esmtp")


def test_msmtp_sends_for_those_alone_who_can_read_the_password(peer, smarthost):
    system = peer("msmtp")
    host = smarthost()
    told = tell(system, "msmtp", host.port)
    file = system.root / told.path.lstrip("/")
    file.write_text(f"{file.read_text()}user ws1\npassword {PASSWORD}\n")
    for mode, is_sent in ((0o644, True), (0o640, False)):
        file.chmod(mode)
        with sent(system, told) as status:
            assert (status == 0) == is_sent


@pytest.mark.parametrize(
    ("name", "program", "mode"),
    [
        ("msmtp", "/usr/bin/msmtp", "root:root 755"),
        ("ssmtp", "/usr/sbin/ssmtp", "root:mail 2755"),
        ("dma", "/usr/sbin/dma", "root:mail 2755"),
        ("nullmailer", "/usr/sbin/nullmailer-queue", "mail:root 4755"),
        ("exim", "/usr/sbin/exim4", "root:root 4755"),
        ("postfix", "/usr/sbin/postdrop", "root:postdrop 2555"),
    ],
)
def test_which_program_is_set_id(peer, name, program, mode):
    assert peer(name).stat(program) == mode

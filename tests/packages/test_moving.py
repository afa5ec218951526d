"""From another sendmail, as Debian 12 installs it, to Gatepost: the package, one command, and mail goes."""

from __future__ import annotations

import pytest

from tests.packages.peers import PASSWORD, PEERS, USER, install_peer
from tests.packages.system import System

MESSAGE = b"To: bob@x.example\nSubject: moved\n\nhello\n"


@pytest.mark.parametrize("name", PEERS)
def test_mail_goes_after_one_command(system, package, smarthost, name):
    host = smarthost(tls="starttls", auth={USER: PASSWORD})
    install_peer(system, PEERS[name], host.port)
    system.install(package)

    moved = system.run("gatepost", "migrate")
    assert moved.returncode == 0, moved.stderr.decode()
    assert PASSWORD.encode() not in moved.stdout + moved.stderr
    for path in ("/etc/gatepost/gatepost.toml", "/etc/gatepost/secrets/relay.password"):
        assert system.stat(path) == "root:mailuser 640"
    checked = system.run("gatepost", "check")
    assert checked.returncode == 0, checked.stdout.decode()

    sent = system.send(MESSAGE, "-t")
    assert (sent.returncode, sent.stderr) == (0, b"")
    assert host.message.addresses == [b"bob@x.example"]
    assert host.message.reverse_path == PEERS[name].reverse_path
    assert host.sessions[-1].tls and host.sessions[-1].identity == USER


@pytest.mark.parametrize("name", ["ssmtp", "nullmailer", "postfix", "exim"])
def test_roots_mail_goes_where_it_went(system, package, smarthost, name):
    host = smarthost(tls="starttls", auth={USER: PASSWORD})
    install_peer(system, PEERS[name], host.port)
    system.install(package)
    system.must("gatepost", "migrate", name)
    sent = system.send(b"Subject: for root\n\nhello\n", "root")
    assert (sent.returncode, sent.stderr) == (0, b"")
    assert host.message.addresses[0].startswith(b"admin@example.")


def test_msmtps_own_example_is_taken_but_for_what_is_named(system: System, package):
    system.must("apt-get", "install", "-q", "-y", "--no-install-recommends", "msmtp")
    system.must("cp", "/usr/share/doc/msmtp/examples/msmtprc-system.example", "/etc/msmtprc")
    system.install(package)
    moved = system.run("gatepost", "migrate")
    assert moved.returncode == 0
    named = [line.split(": ")[2] for line in moved.stderr.decode().splitlines() if " not carried over: " in line]
    assert [line.rpartition(":")[0] for line in named] == ["/etc/msmtprc"]
    assert system.run("gatepost", "check").returncode == 0

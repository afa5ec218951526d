"""`gatepost migrate` against a real installation: what it writes, with which modes, and that mail goes through it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess

import pytest

from tests.support.result import Result

AUTH = {"ws1": "correct horse battery"}
CARRIED = """
defaults
tls on
tls_starttls on
account default
host 127.0.0.1
port {port}
tls_trust_file {ca}
tls_host_override localhost
auth on
user ws1
password "correct horse battery"
from machines@example.net
"""


def migrate(installation, *arguments, **options) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [installation.prefix / "bin/gatepost", "migrate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture
def msmtprc(installation, smarthost, certificates, tmp_path):
    """A file of msmtp's that leads to a smart host, and the host."""
    host = smarthost(tls="starttls", auth=AUTH)
    installation.configure_relay(host)
    ca = installation.root / "migrate-ca.pem"
    ca.write_bytes(certificates.ca.read_bytes())
    ca.chmod(0o644)
    file = tmp_path / "msmtprc"
    file.write_text(CARRIED.format(port=host.port, ca=ca))
    yield file, host
    ca.unlink()


@pytest.fixture
def restored(installation):
    """The installation, with its configuration put back afterwards."""
    secrets = installation.sysconfdir / "secrets"
    kept = {path: (path.read_bytes(), path.stat()) for path in (installation.configuration, *secrets.iterdir())}
    yield installation
    for path in (*installation.sysconfdir.glob("*.before-migrate"), *secrets.iterdir()):
        path.unlink()
    for path, (octets, status) in kept.items():
        path.write_bytes(octets)
        os.chown(path, status.st_uid, status.st_gid)
        path.chmod(stat.S_IMODE(status.st_mode))


def test_mail_goes_through_what_was_carried_over(restored, msmtprc):
    file, host = msmtprc
    done = migrate(restored, "msmtp", "--from", file, "--force")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "now run: gatepost check --auth")
    result: Result = restored.send("carol@example.org", stdin=b"Subject: moved\n\nhello\n")
    assert (result.status, result.stderr) == (0, "")
    assert host.message.reverse_path == b"machines@example.net"
    assert AUTH["ws1"] not in done.stdout + done.stderr


def test_what_was_written_is_root_s_and_nobody_else_s(restored, msmtprc):
    migrate(restored, "msmtp", "--from", msmtprc[0], "--force")
    gid = restored.account("mail").pw_gid
    for path in (restored.configuration, restored.sysconfdir / "secrets/relay.password"):
        status = path.stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, gid, 0o640)
    assert list(restored.sysconfdir.rglob("*.new")) == []
    done = subprocess.run([restored.prefix / "bin/gatepost", "check"], capture_output=True, text=True, check=False)
    assert "wrong" not in done.stdout


def test_what_is_there_is_neither_replaced_nor_lost(restored, msmtprc):
    before = restored.configuration.read_bytes()
    done = migrate(restored, "msmtp", "--from", msmtprc[0])
    assert done.returncode == 1
    assert "gatepost: nothing was written: " in done.stderr
    assert f"{restored.configuration}: already exists: move it away, or use --force to replace it" in done.stderr
    assert restored.configuration.read_bytes() == before
    assert migrate(restored, "msmtp", "--from", msmtprc[0], "--force").returncode == 0
    assert restored.configuration.with_name("gatepost.toml.before-migrate").read_bytes() == before


def test_the_configuration_that_came_with_the_installation_is_in_nobodys_way(restored, msmtprc):
    sample = restored.prefix / "share/gatepost/gatepost.toml"
    restored.configuration.write_bytes(sample.read_bytes())
    (restored.sysconfdir / "secrets/relay.password").unlink()
    done = migrate(restored, "msmtp", "--from", msmtprc[0])
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "now run: gatepost check --auth")
    assert list(restored.sysconfdir.glob("*.before-migrate")) == []
    assert "carried over from msmtp" in restored.configuration.read_text().lower()


def test_a_dry_run_writes_nothing_and_shows_no_secret(installation, msmtprc):
    before = installation.configuration.read_bytes()
    done = migrate(installation, "msmtp", "--from", msmtprc[0], "--dry-run")
    assert done.returncode == 0
    assert '"*" = "machines@example.net"' in done.stdout
    assert done.stdout.endswith("# secrets/relay.password: ***\n")
    assert AUTH["ws1"] not in done.stdout + done.stderr
    assert installation.configuration.read_bytes() == before


def test_what_cannot_be_carried_over_is_one_line(installation, tmp_path):
    (tmp_path / "msmtprc").write_text("host a.example\nsocket /run/x\n")
    done = migrate(installation, "msmtp", "--from", tmp_path / "msmtprc")
    reason = "socket: Gatepost cannot use a socket as the smart host"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"gatepost: nothing was written: {tmp_path}/msmtprc:2: {reason}\n"


def test_only_root_writes(installation, tmp_path):
    alice = installation.account("alice")
    done = migrate(installation, "msmtp", user=alice.pw_uid, group=alice.pw_gid, extra_groups=[])
    assert done.returncode == 1
    assert (
        "only root can write the system's configuration; --user writes your own, --dry-run writes nothing"
        in done.stderr
    )


@pytest.fixture
def home(installation, msmtprc, tmp_path_factory):
    """A home of Alice's, with a file of msmtp's of her own and a password beside it."""
    file, _ = msmtprc
    alice = installation.account("alice")
    folder = installation.root / "migrate-home"
    folder.mkdir(mode=0o700)
    (folder / ".secret").write_text("correct horse battery\n")
    text = file.read_text().replace('password "correct horse battery"', "passwordeval cat ~/.secret")
    (folder / ".msmtprc").write_text(text)
    for path in (folder, *folder.iterdir()):
        os.chown(path, alice.pw_uid, alice.pw_gid)
    yield folder
    shutil.rmtree(folder)


def as_alice(installation, home, *arguments) -> subprocess.CompletedProcess[str]:
    """Run the command as Alice, at home."""
    alice = installation.account("alice")
    options = {"user": alice.pw_uid, "group": alice.pw_gid, "extra_groups": []}
    return migrate(installation, "--user", *arguments, **options, env={"HOME": str(home), "PATH": "/usr/bin:/bin"})


def test_a_user_carries_over_what_is_their_own_and_sends_without_privilege(installation, msmtprc, home):
    _, host = msmtprc
    done = as_alice(installation, home)
    assert (done.returncode, AUTH["ws1"] in done.stdout + done.stderr) == (0, False)
    own = home / ".config/gatepost"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (own / "secrets", *own.rglob("*.*"))}
    assert modes == {"secrets": 0o700, "gatepost.toml": 0o600, "relay.password": 0o600}
    assert {path.stat().st_uid for path in own.rglob("*")} == {installation.account("alice").pw_uid}
    result: Result = installation.send(
        "-C", own / "gatepost.toml", "carol@example.org", stdin=b"Subject: moved\n\nhi\n"
    )
    assert (result.status, result.stderr) == (0, "")
    assert host.message.reverse_path == b"machines@example.net"
    again = as_alice(installation, home)
    assert again.returncode == 1
    assert "already exists: move it away, or use --force to replace it" in again.stderr


def test_root_is_no_such_user(installation, home):
    done = migrate(installation, "--user", env={"HOME": str(home), "PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stdout) == (1, "")
    assert "--user: is for an ordinary user" in done.stderr
    assert not (home / ".config").exists()


def test_root_reads_no_file_that_somebody_else_has_chosen(restored, home):
    done = migrate(restored, "msmtp", "--from", home / ".msmtprc", "--force")
    assert done.returncode == 1
    assert "passwordeval: is a different file for each user" in done.stderr
    secret = restored.root / "migrate-root.secret"
    secret.write_text("root's own\n")
    secret.chmod(0o600)
    (home / ".msmtprc").write_text((home / ".msmtprc").read_text().replace("~/.secret", str(secret)))
    before = restored.configuration.read_bytes()
    done = migrate(restored, "msmtp", "--from", home / ".msmtprc", "--force")
    secret.unlink()
    assert done.returncode == 1
    assert "passwordeval: names a file, but other users than root can write this configuration" in done.stderr
    assert restored.configuration.read_bytes() == before


def test_a_peer_that_nobody_knows_is_a_usage_error(installation):
    assert migrate(installation, "qmail").returncode == 64


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "large"])
def test_only_regular_files_of_a_stated_size_are_read(installation, tmp_path, kind):
    file = tmp_path / "msmtprc"
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "device":
        file = "/dev/zero"
    elif kind == "folder":
        file.mkdir()
    else:
        with file.open("wb") as opened:
            opened.truncate(1 << 40)
    done = migrate(installation, "msmtp", "--from", file, "--dry-run", timeout=30)
    assert done.returncode == 1
    told = (
        "is larger than 4194304 octets, too large for a configuration"
        if kind == "large"
        else "cannot be read: not a regular file"
    )
    assert done.stderr == f"gatepost: nothing was written: {file}: {told}\n"


@pytest.mark.parametrize("option", ["--dry-run", "--force"])
def test_a_program_that_a_user_has_a_say_in_is_not_carried_over(msmtprc, installation, option):
    file, _ = msmtprc
    alice = installation.account("alice")
    script = f"{alice.pw_dir}/x.py"
    with open(script, "w") as opened:
        opened.write("print('x')\n")
    os.chown(script, alice.pw_uid, alice.pw_gid)
    file.write_text(
        file.read_text().replace('password "correct horse battery"', f"passwordeval /usr/bin/python3 {script}")
    )
    before = installation.configuration.read_bytes()
    done = migrate(installation, "msmtp", "--from", file, option)
    os.unlink(script)
    assert done.returncode == 1
    assert f"passwordeval: {script}: must belong to root or {installation.logins['mail']}" in done.stderr
    assert installation.configuration.read_bytes() == before


def test_a_users_own_file_is_read_with_the_users_rights_and_told_to_be_theirs(msmtprc, installation):
    file, _ = msmtprc
    alice = installation.account("alice")
    own = f"{alice.pw_dir}/.msmtprc"
    with open(own, "w") as opened:
        opened.write(file.read_text())
    os.chmod(own, 0o600)
    os.chown(own, alice.pw_uid, alice.pw_gid)
    done = migrate(installation, "msmtp", "--from", own, "--dry-run")
    os.unlink(own)
    assert done.returncode == 0
    assert f"warning: {own} belongs to {alice.pw_name}, who can change it: check the smart host" in done.stderr

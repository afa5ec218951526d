"""`gatepost check`: what is wrong is found before a send finds it, and what is right makes sends faster."""

from __future__ import annotations

import os
import subprocess

import pytest

MESSAGE = b"Subject: checked\n\nhello\n"


def check(installation, **options) -> tuple[int, str]:
    done = subprocess.run(
        [installation.prefix / "bin/gatepost", "check"], capture_output=True, text=True, check=False, **options
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def configured(installation, smarthost):
    """Return an installation with a smart host that wants a password, put back as it was afterwards."""
    host = smarthost(auth={"ws1": "canary-secret"}, allow_plaintext_auth=True)
    installation.configure_relay(host)
    yield installation
    installation.mode(0o6755)
    installation.sysconfdir.joinpath("gatepost.compiled").unlink(missing_ok=True)


@pytest.mark.parametrize("mode", [0o6755, 0o2755])
def test_all_is_well(configured, mode):
    configured.mode(mode)
    status, output = check(configured)
    assert status == 0
    assert [line.split(":")[0] for line in output.splitlines()] == [
        "right  accounts",
        "right  launcher",
        "right  configuration",
        "right  secret",
        "right  log",
    ]
    assert "canary-secret" not in output


def spoil_secret(installation):
    (installation.secrets / "relay.password").chmod(0o644)


def spoil_group(installation):
    os.chown(installation.secrets / "relay.password", 0, 0)


def spoil_launcher(installation):
    installation.mode(0o755)


def spoil_log(installation):
    os.chown(installation.log, 0, 0)


def spoil_configuration(installation):
    with installation.configuration.open("a") as file:
        file.write("colour = 1\n")


def remove_secret(installation):
    (installation.secrets / "relay.password").unlink()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_secret, "relay.password: can be read by every user: chmod o-rwx"),
        (spoil_group, "relay.password: cannot be read by"),
        (remove_secret, "relay.password: cannot be read: No such file or directory"),
        (spoil_launcher, "6755 or root:"),
        (spoil_log, "gatepost.log: cannot be written by"),
        (spoil_configuration, "transports.relay.colour"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(configured, spoil, told):
    spoil(configured)
    status, output = check(configured)
    assert status == 1
    wrong = [line for line in output.splitlines() if line.startswith("wrong")]
    assert len(wrong) == 1
    assert told in wrong[0]


def test_only_root_can_check(configured):
    alice = configured.account("alice")
    status, output = check(configured, user=alice.pw_uid, group=alice.pw_gid, extra_groups=[])
    assert (status, output.count("\n")) == (1, 1)
    assert "sudo gatepost check" in output


def test_a_compiled_copy_is_left_with_the_mode_of_the_configuration_and_is_used(configured, tmp_path):
    check(configured)
    compiled = configured.sysconfdir / "gatepost.compiled"
    status = compiled.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, configured.account("mail").pw_gid, 0o640)
    assert not loads_tomllib(configured, tmp_path)
    with configured.configuration.open("a") as file:
        file.write("# another file\n")
    assert loads_tomllib(configured, tmp_path)


@pytest.mark.parametrize("owner", ["alice", "mail"])
def test_a_compiled_copy_that_others_than_root_can_write_is_ignored(configured, tmp_path, owner):
    check(configured)
    os.chown(configured.sysconfdir / "gatepost.compiled", configured.account(owner).pw_uid, -1)
    assert loads_tomllib(configured, tmp_path)


def loads_tomllib(installation, tmp_path) -> bool:
    """Send as root under strace, and say whether the helper opened a module of tomllib."""
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-qq", "-e", "trace=openat,open", "-o", trace, installation.sendmail, "bob@x.example"]
    subprocess.run(command, input=MESSAGE, check=True, timeout=30)
    return "tomllib" in trace.read_text()

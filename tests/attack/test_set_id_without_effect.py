"""A1: the kernel ignores the set-id bit, and a program that goes on regardless is not the one that was tested."""

from __future__ import annotations

import ctypes
import os

import pytest

from tests.support.forged import ForgedFrontend

SETPRIV = ("/usr/bin/setpriv", "--no-new-privs")
UNMAPPED = ("/usr/bin/unshare", "--user")
AS_ROOT_INSIDE = ("/usr/bin/unshare", "--user", "--map-root-user")
AS_ONESELF_INSIDE = ("/usr/bin/unshare", "--user", "--map-current-user")
TRACED = ("/usr/bin/strace", "-f", "-o", "/dev/null")

REMOUNT = 'mount --bind "$1" "$1" && mount -o remount,bind,nosuid "$1" && shift && exec "$@"'
CLONE_FS, SIGCHLD, SYS_CLONE = 0x200, 17, {"x86_64": 56, "aarch64": 220}

WITHOUT_CHECKS = {
    "helper/privileged/launcher.c": {
        "        refuse_without_privilege(&service);\n": "        (void)refuse_without_privilege;\n"
    },
    "helper/privileged/begin.py": {"    return identify_caller()\n": "    return os.getuid()\n"},
}


def nosuid(installation):
    """Return the command that mounts the installation nosuid, for what runs under it alone."""
    return ("/usr/bin/unshare", "--mount", "/bin/sh", "-c", REMOUNT, "sh", installation.prefix)


@pytest.mark.parametrize(
    ("through", "told"),
    [
        (SETPRIV, "no_new_privs is set"),
        (UNMAPPED, "in a user namespace"),
        (AS_ROOT_INSIDE, "in a user namespace"),
        (AS_ONESELF_INSIDE, "in a user namespace"),
    ],
    ids=["no-new-privs", "user-namespace", "root-in-user-namespace", "oneself-in-user-namespace"],
)
@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_says_why_and_touches_nothing(installation, smarthost, tmp_path, through, told, mode):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    opened, outer = watched(tmp_path)
    result = installation.send("carol@example.org", stdin=b"\nhello\n", through=through, outer=outer)
    assert (result.status, result.stdout, result.log_lines) == (1, "", [])
    assert told in result.reason
    assert touched(installation, opened) == []
    assert host.connections == 0


def test_says_so_where_the_caller_traces_the_send(installation, smarthost):
    """Not watched by a second strace: a process has one tracer."""
    host = smarthost()
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=b"\nhello\n", through=TRACED)
    assert result.status == 1
    assert "the caller is being traced" in result.reason
    assert host.connections == 0


def test_says_so_where_the_file_system_is_mounted_nosuid(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=b"\nhello\n", outer=nosuid(installation))
    assert result.status == 1
    assert "mounted nosuid" in result.reason
    assert host.connections == 0


def test_says_so_where_the_bit_is_missing(installation, smarthost):
    host = smarthost()
    installation.mode(0o755)
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=b"\nhello\n")
    assert result.status == 1
    assert "without the set-id bit of" in result.reason
    assert host.connections == 0


def test_refuses_who_shares_its_working_folder_with_another_process(installation, smarthost):
    """clone(CLONE_FS): the kernel ignores the bit, and yet tells the program that it runs in secure mode."""
    host = smarthost()
    installation.configure_relay(host)
    with ForgedFrontend(installation, prepare=lambda: share_working_folder()) as forged:
        lines, status = forged.end()
    assert status == 1
    assert b"the kernel ignored the set-id bit" in lines[0]
    assert host.connections == 0


@pytest.mark.parametrize("attempt", range(10))
def test_root_inside_a_user_namespace_is_told_every_time(installation, attempt):
    """Both halves find out at the same time; whoever is first, one line reaches standard error."""
    result = installation.send("carol@example.org", stdin=b"\nhello\n", through=AS_ROOT_INSIDE)
    assert result.status == 1
    assert "in a user namespace" in result.reason


def test_control_without_the_checks_it_would_go_on(weakened, smarthost, tmp_path):
    host = smarthost()
    installation = weakened(WITHOUT_CHECKS)
    installation.configure_relay(host)
    opened, outer = watched(tmp_path)
    installation.send("carol@example.org", stdin=b"\nhello\n", through=SETPRIV, outer=outer)
    assert touched(installation, opened)


def watched(folder):
    """Return the file that lists what is opened, and the command that writes it: strace, run by root"""
    file = folder / "opened"
    return file, ("/usr/bin/strace", "-f", "-qq", "-e", "trace=open,openat,openat2,connect", "-o", file)


def touched(installation, opened):
    """Return the attempts to open anything of the configuration, or to connect to anywhere but a socket file."""
    lines = opened.read_text().splitlines()
    assert any("/etc/passwd" in line for line in lines), "the trace has seen nothing"
    return [line for line in lines if str(installation.sysconfdir) in line or "AF_INET" in line]


def share_working_folder():
    """Go on in a child that shares root and working folder with this process, which waits for it."""
    libc = ctypes.CDLL(None)
    child = libc.syscall(SYS_CLONE[os.uname().machine], CLONE_FS | SIGCHLD, 0, 0, 0, 0)
    if child:
        os.waitpid(child, 0)
        os._exit(0)

"""E4: where fs.suid_dumpable is 1 every change of ids opens the helper's memory to its caller: it refuses to run there.

The setting is the machine's. Here a file is mounted over it, for one send alone, and the helper is made dumpable at its
start, as the kernel would make it.
"""

from __future__ import annotations

import pytest

DUMPABLE = {
    "helper/privileged/begin.py": {"    be_unreadable()\n": "    prctl(PR_SET_DUMPABLE, 1)\n    be_unreadable()\n"}
}
UNSEEN = {
    "helper/privileged/begin.py": {
        "    be_unreadable()\n": "    prctl(PR_SET_DUMPABLE, 1)\n",
    }
}
MOUNT = 'mount --bind "$1" /proc/sys/fs/suid_dumpable && shift && exec "$@"'
WITHOUT_PROC = 'mount -t tmpfs tmpfs /proc/sys && shift && exec "$@"'


def send(installation, host, value, tmp_path, script=MOUNT):
    """Send where the kernel's setting has this value."""
    setting = tmp_path / "suid_dumpable"
    setting.write_text(value)
    installation.configure_relay(host)
    outer = ("/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh", setting)
    return installation.send("carol@example.org", stdin=b"\nhello\n", outer=outer)


@pytest.mark.parametrize("value", ["1\n", "3\n", "", "0 1\n"])
def test_refuses_with_what_is_not_known_to_be_safe(weakened, smarthost, tmp_path, value):
    host = smarthost()
    result = send(weakened(DUMPABLE), host, value, tmp_path)
    assert result.status == 1
    assert "fs.suid_dumpable is 1, so every user could read the password" in result.reason
    assert host.connections == 0


def test_refuses_where_nobody_says_what_it_is(weakened, smarthost, tmp_path):
    host = smarthost()
    result = send(weakened(DUMPABLE), host, "", tmp_path, script=WITHOUT_PROC)
    assert "fs.suid_dumpable" in result.reason
    assert host.connections == 0


@pytest.mark.parametrize("value", ["0\n", "2\n"])
def test_sends_where_only_root_could_look(weakened, smarthost, tmp_path, value):
    result = send(weakened(DUMPABLE), smarthost(), value, tmp_path)
    assert (result.status, result.stderr) == (0, "")


def test_control_a_helper_that_does_not_ask_sends(weakened, smarthost, tmp_path):
    assert send(weakened(UNSEEN), smarthost(), "1\n", tmp_path).status == 0

"""A7, C3, C4: what who has become the service user, the stand-in or a caller can change of what others execute.

The launcher, where it is the service user's own (SECURITY.md says so), and nothing else; with set-gid not even that.
"""

from __future__ import annotations

import json

import pytest

# Runs as the attacker: prints what of these trees, and of the folders above them, it could write or exchange.
PROBE = r"""
import json, os, sys

def can(change):
    try:
        change()
    except OSError:
        return False
    return True

def write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))

def keep_mode(path):
    os.chmod(path, os.stat(path).st_mode & 0o7777)

found, above = [], set()
for top in sys.argv[1:]:
    above.update(top.rsplit("/", count)[0] or "/" for count in range(top.count("/") + 1))
    for folder, folders, files in os.walk(top):
        above.add(folder)
        paths = [os.path.join(folder, name) for name in files]
        found += [path for path in paths if can(lambda: write(path)) or can(lambda: keep_mode(path))]
found += [folder for folder in above if os.access(folder, os.W_OK) or can(lambda: keep_mode(folder))]
print(json.dumps(sorted(found)))
"""
PATH = "import sys; print(*sys.path, sep='\\n')"


def changeable(installation, who, *trees):
    """Return what this user could change of these trees; the service user with its group, as in a helper."""
    done = installation.run_as(who, "/usr/bin/python3", "-I", "-S", "-c", PROBE, *map(str, trees))
    assert done.status == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("who", ["mail", "null", "alice"])
def test_nothing_of_the_installation_but_the_launcher_of_the_service_user(installation, smarthost, who):
    installation.configure_relay(smarthost(auth={"ws1": "canary"}, allow_plaintext_auth=True))
    trees = (installation.prefix, installation.sysconfdir)
    assert changeable(installation, who, *trees) == ([str(installation.launcher)] if who == "mail" else [])


@pytest.mark.parametrize("who", ["mail", "null", "alice"])
def test_with_set_gid_not_even_the_launcher(installation, smarthost, who):
    installation.mode(0o2755)
    installation.configure_relay(smarthost(auth={"ws1": "canary"}, allow_plaintext_auth=True))
    assert changeable(installation, who, installation.prefix, installation.sysconfdir) == []


@pytest.mark.parametrize("who", ["mail", "null", "alice"])
def test_nor_where_the_interpreter_looks_for_modules(installation, who):
    """Nor where a file could be laid that is not there yet, as /usr/lib/python311.zip."""
    told = installation.run_as("alice", "/usr/bin/python3", "-I", "-S", "-B", "-c", PATH).stdout.split()
    folders = [folder.rpartition("/")[0] if folder.endswith(".zip") else folder for folder in told]
    done = installation.run_as(who, "/bin/sh", "-c", 'for f; do [ ! -w "$f" ] || echo "$f"; done', "sh", *folders)
    assert len(folders) >= 3
    assert done.stdout == ""


def test_control_a_folder_that_is_open_to_all_is_found(installation):
    folder = installation.prefix / "lib/gatepost/helper"
    folder.chmod(0o777)
    try:
        assert str(folder) in changeable(installation, "alice", installation.prefix)
    finally:
        folder.chmod(0o755)

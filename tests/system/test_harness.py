"""The harness itself: what runs through it is an ordinary caller, and the machine stays as it was."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.support.weakened import install


def test_runs_a_caller_without_any_privilege(installation):
    status = installation.run_as("alice", "/bin/cat", "/proc/self/status").stdout
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    uid = str(installation.account("alice").pw_uid)
    assert fields["Uid"].split() == [uid] * 4
    assert fields["Groups"].split() == []
    assert int(fields["CapPrm"], 16) == int(fields["CapInh"], 16) == 0
    assert fields["NoNewPrivs"] == "0"
    assert fields["CapBnd"] == Path("/proc/self/status").read_text().partition("CapBnd:\t")[2].split("\n")[0]


def test_gives_a_process_its_own_etc(installation):
    before = [os.path.exists(file) and Path(file).read_bytes() for file in ("/etc/aliases", "/etc/mailname")]
    etc = {"aliases": "root: alice\n", "mailname": "mail.example.net\n"}
    assert installation.run_as("alice", "/bin/cat", "/etc/aliases", etc=etc).stdout == "root: alice\n"
    assert installation.run_as("root", "/bin/cat", "/etc/mailname", etc=etc).stdout == "mail.example.net\n"
    assert installation.run_as("alice", "/bin/cat", "/etc/aliases", "/etc/mailname").status == 1
    assert installation.run_as("alice", "/usr/bin/id", "-un").stdout == installation.account("alice").pw_name + "\n"
    after = [os.path.exists(file) and Path(file).read_bytes() for file in ("/etc/aliases", "/etc/mailname")]
    assert after == before


def test_runs_through_another_command(installation):
    told = installation.run_as("alice", "/bin/cat", "/proc/self/status", through=("/usr/bin/setpriv", "--no-new-privs"))
    assert "NoNewPrivs:\t1\n" in told.stdout


@pytest.mark.parametrize(("mode", "owner"), [(0o6755, "mail"), (0o2755, "root"), (0o755, "root")])
def test_sets_the_mode_of_the_launcher(installation, mode, owner):
    installation.mode(mode)
    launcher = installation.launcher.stat()
    assert launcher.st_mode & 0o7777 == mode
    assert launcher.st_uid == installation.account(owner).pw_uid
    assert launcher.st_gid == installation.account("mail").pw_gid


@pytest.mark.parametrize("user", ["alice", "null", "mail"])
def test_knows_what_each_account_still_runs(installation, user):
    assert installation.processes() == []
    with installation.start("60", program=Path("/bin/sleep"), user=user) as process:
        while process.pid not in installation.processes():
            assert process.poll() is None
        process.kill()
    assert installation.processes() == []
    assert os.getresuid() == (0, 0, 0)


def test_knows_a_process_that_has_an_account_as_its_effective_user_alone(installation, smarthost):
    """As the helper before its drop."""
    code = "import os, time; os.setresuid(-1, {0}, {0}); print(flush=True); time.sleep(60)"
    code = code.format(installation.account("mail").pw_uid)
    with installation.start("-c", code, program=Path("/usr/bin/python3"), user="root") as process:
        process.stdout.readline()
        assert installation.processes() == [process.pid]
        process.kill()


FUTURE = "from __future__ import annotations\n"


def test_a_weakened_copy_is_what_is_installed_from_weakened_sources(workshop):
    weakening = {
        "helper/privileged/drop.py": {"    no_core_file()\n": ""},
        "helper/sandbox/confine.py": {FUTURE: f"{FUTURE}\nimport zlib\n"},
        "helper/start.h": {"#ifndef GATEPOST_START_H\n": "#ifndef GATEPOST_START_H\n\n"},
        "admin/main.py": {FUTURE: f"{FUTURE}\nimport zlib\n"},
    }
    copy = workshop.weakened(weakening)
    installed = copy_of_tree(copy.root)
    shutil.rmtree(copy.root)
    install(copy, weakening)
    shutil.rmtree(copy.root / "source")
    copy.mode(0o6755)
    copy.configure("")
    assert installed == copy_of_tree(copy.root)
    assert len(installed) > 500


def copy_of_tree(root: Path) -> dict[str, tuple[object, ...]]:
    """Return owners, modes and contents below a folder, without the manual; of programs the paths in them."""
    found = {}
    for path in (path for path in root.rglob("*") if not path.is_symlink() and "man" not in path.parts):
        status, content = path.lstat(), path.read_bytes() if path.is_file() else b""
        if path.name in ("sendmail", "launcher"):
            content = str(sorted(set(re.findall(rb"/[\w/.-]{20,}", content)))).encode()
        found[str(path.relative_to(root))] = (status.st_uid, status.st_gid, status.st_mode, content)
    return found

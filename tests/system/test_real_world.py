"""The worlds that the real servers live in: nothing of them is the machine's, and none outlives its test process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.installation import CHECKOUT
from tests.support.process import wait_for
from tests.support.realservers.exim import Exim
from tests.support.realservers.tree import TREE

# Starts a server in the folder that it is given, says so, and never ends by itself.
STARTS_A_SERVER = """
import signal, sys
from pathlib import Path
from tests.support.certificates import make_certificates
from tests.support.realservers.exim import Exim
folder = Path(sys.argv[1])
with Exim(folder / "server", make_certificates(folder)) as server:
    print(server.addresses["good"], server.ports["starttls"], flush=True)
    signal.pause()
"""


def listeners() -> set[str]:
    """Return who listens anywhere on the machine, over IPv4."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[3] == "0A"}


def processes_seeing(folder: Path) -> list[str]:
    """Return the processes in whose mount namespace something is mounted below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found += [process.name] if f" {folder}/" in (process / "mounts").read_text() else []
        except OSError:
            continue
    return found


def test_a_server_ends_with_the_process_that_started_it(tmp_path):
    command = [sys.executable, "-c", STARTS_A_SERVER, tmp_path]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address, port = process.stdout.readline().split()
        local = f"{bytes(reversed([int(part) for part in address.split('.')])).hex().upper()}:{int(port):04X}"
        assert local in listeners()
        assert processes_seeing(tmp_path)
        process.kill()
    wait_for(lambda: local not in listeners() and not processes_seeing(tmp_path), "the server's end")


def test_a_server_shows_nothing_of_itself_on_the_machine(real):
    server = real(Exim)
    assert str(os.getpid()) not in processes_seeing(server.folder)
    assert list((server.folder / "mount").iterdir()) == []


def test_nothing_in_the_tree_can_give_anybody_more_rights():
    set_id = [file for file in TREE.rglob("*") if not file.is_symlink() and file.stat().st_mode & 0o6000]
    assert (TREE / "usr/sbin/exim4").exists()
    assert set_id == []

"""Checker: one process with an installation's own `gatepost check`, asked again and again; each answer takes little."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.support.installation import Installation

SCRIPT = """
import json, os, sys
sys.path += sys.argv[1:3]
from admin.configuration import check_configuration, nothing_more
from admin.finding import finding
from admin.installed import check_launcher
from helper.privileged.protected_files import ROOT
from helper.unprivileged.own_files import own_configuration, owner_of

owner = owner_of(own_configuration()) if os.geteuid() else ROOT
ways = {"files": lambda: list(check_configuration(owner, nothing_more)),
        "launcher": lambda: [finding("launcher", check_launcher)]}
for line in sys.stdin:
    found = ways[line.strip()]()
    print(json.dumps([[each.word, each.subject, each.text, each.remedy] for each in found]), flush=True)
"""
MODULES = "/usr/lib/python3/dist-packages"


class Checker:
    """What it finds is told as (verdict, subject, text, remedy), but for what is ok."""

    def __init__(self, installation: Installation, user: str = "root") -> None:
        account = None if user == "root" else installation.account(user)
        ids = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        home = {} if account is None else {"env": {"HOME": account.pw_dir}}
        library = str(installation.prefix / "lib/gatepost")
        command = ["/usr/bin/python3", "-I", "-S", "-B", "-c", SCRIPT, library, MODULES]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd="/", **ids, **home)

    def found(self, what: str = "files") -> list[tuple[str, str, str, str]]:
        """Return what is to be minded now."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(what, file=self.process.stdin, flush=True)
        rows = json.loads(self.process.stdout.readline())
        return [tuple(row) for row in rows if row[0] != "ok"]

    def end(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(10) == 0


def remove(path: Path) -> None:
    """Remove whatever stands there."""
    if path.is_dir() and not path.is_symlink():
        subprocess.run(["/bin/rm", "-r", path], check=True)
    else:
        path.unlink(missing_ok=True)

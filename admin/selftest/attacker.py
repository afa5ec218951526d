"""The attacker: an ordinary user of this machine, with whose rights the promises are attacked.

Only processes that have become this user touch the attacker's files (admin/apart.py): the owner of a directory can
replace the files in it at any time, and so lead root to any other file.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Mapping
from typing import Self

from admin.apart import Apart, Done, Work, finish, program
from helper.failure import SystemFault

TIME_LIMIT_S = 60  # a program that is asked for a password may take its time
DIRECTORIES = ("/var/tmp", "/tmp")


class Attacker:
    """A user with a temporary directory; run by root."""

    def __init__(self, who: pwd.struct_passwd) -> None:
        self.who = who
        self.groups = os.getgrouplist(who.pw_name, who.pw_gid)
        self.directory = "/"
        prefix = f"gatepost-selftest-{os.getpid()}-"
        (self.directory,) = self.do(lambda: [make_directory(prefix)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        directory = self.directory
        self.directory = "/"
        with contextlib.suppress(SystemFault):  # who will not have it removed may keep it
            self.finish(lambda: shutil.rmtree(directory, ignore_errors=True))

    def path(self, name: str) -> str:
        """Return the path of a file in the attacker's directory."""
        return os.path.join(self.directory, name)

    def write(self, name: str, text: str) -> str:
        """Write a file in the attacker's directory, and return its path."""
        path = self.path(name)
        self.do(lambda: [str(write_new(path, text))])
        return path

    def do(self, attempt: Callable[[], list[str]]) -> list[str]:
        """Do something in a process that is this user for good, in the directory, and return what it returns.

        SystemFault if it does not come to its end.
        """

        def tell() -> None:
            os.chdir(self.directory)
            print(json.dumps(attempt()))

        done = self.finish(tell)
        try:
            return [str(word) for word in json.loads(done.stdout)]
        except ValueError:
            raise SystemFault("the attack ended early") from None

    def run(self, *command: str) -> Done:
        """Run a command as this user, with nothing on standard input, to its end. SystemFault if it has none."""
        return self.finish(program(*command))

    def finish(self, work: Work) -> Done:
        """Do some work as this user to its end."""
        with Apart(self.who, work, TIME_LIMIT_S) as made:
            return finish(made)


def make_directory(prefix: str) -> str:
    """Make a directory that the service user can reach: a trap must be reachable."""
    directory = tempfile.mkdtemp(prefix=prefix, dir=next(filter(os.path.isdir, DIRECTORIES), None))
    os.chmod(directory, 0o755)
    return directory


def write_new(path: str, text: str) -> int:
    """Write a file that is not there yet, and return its length."""
    with open(path, "x") as file:
        return file.write(text)


def allowed(attempts: Mapping[str, Callable[[], object]]) -> list[str]:
    """Return which of these attempts the kernel allowed."""
    return [name for name, attempt in attempts.items() if succeeds(attempt)]


def succeeds(attempt: Callable[[], object]) -> bool:
    """Return whether the attempt succeeded."""
    try:
        attempt()
    except OSError:
        return False
    return True

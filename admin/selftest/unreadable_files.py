"""Attacks on the files: the configuration, and the secrets beside it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from admin.installed import SENDMAIL
from admin.selftest.attacker import Attacker, allowed
from admin.selftest.proof import Proof
from admin.selftest.spy import open_file, read_file
from helper.privileged import paths

OWN_CONFIGURATION = """\
primary_hostname = "selftest.invalid"
qualify_domain = "selftest.invalid"
log = "{log}"

[transports.own]
driver = "smtp"
hosts = ["127.0.0.1:9"]
tls = "none"
auth = {{ user = "{user}", password_file = "{secret}", allow_plaintext = true }}
"""


def protected_files() -> list[str]:
    """Return the configuration, its compiled copy and all secrets: for root alone to list."""
    files = [paths.CONFIGURATION, paths.COMPILED, *map(str, sorted(Path(paths.SECRETS).glob("**/*")))]
    return [file for file in files if os.path.isfile(file)]


def read(attacker: Attacker) -> list[str]:
    """Read each of them by its name, by a link, and by a descriptor that was opened without reading."""
    files = protected_files()

    def attempt() -> list[str]:
        ways: dict[str, Callable[[], object]] = {}
        for number, file in enumerate(files):
            ways[f"open {file}"] = partial(read_file, file)
            ways[f"a hard link to {file}"] = partial(read_through, os.link, file, f"hard-{number}")
            ways[f"a symbolic link to {file}"] = partial(read_through, os.symlink, file, f"symbolic-{number}")
            ways[f"/proc/self/fd of {file}"] = partial(read_by_descriptor, file)
        return allowed(ways)

    return attacker.do(attempt)


def read_through(make_link: Callable[[str, str], None], file: str, link: str) -> None:
    """Read a file by a link of one's own to it."""
    make_link(file, link)
    read_file(link)


def read_by_descriptor(file: str) -> None:
    """Read a file that was opened by O_PATH, which asks for no right to read."""
    descriptor = os.open(file, os.O_PATH | os.O_CLOEXEC)
    read_file(f"/proc/self/fd/{descriptor}")


def change(attacker: Attacker) -> list[str]:
    """Try to write each of them, change its owner, and replace it."""
    files = protected_files()
    return attacker.do(lambda: ways_to_change(files))


def ways_to_change(files: list[str]) -> list[str]:
    """Return the ways in which these files could be changed; nothing is."""
    directories = dict.fromkeys(str(directory) for file in files for directory in Path(file).parents)
    ways: dict[str, Callable[[], object]] = {}
    for file in files:
        ways[f"open {file} for writing"] = partial(open_file, file, os.O_WRONLY)
        ways[f"chmod {file}"] = partial(keep_mode, file)
    for directory in directories:
        ways[f"replace files in {directory}"] = partial(refuse_unwritable, directory)
    return allowed(ways)


def keep_mode(file: str) -> None:
    """Set the mode of a file to what it is, as only its owner may."""
    os.chmod(file, os.stat(file).st_mode & 0o7777)


def refuse_unwritable(directory: str) -> None:
    """Raise OSError for a directory in which we may make nothing."""
    if not os.access(directory, os.W_OK | os.X_OK):
        raise PermissionError(directory)


def have_it_read(attacker: Attacker) -> list[str]:
    """Name a secret as the password in the attacker's own configuration (CVE-2010-4345)."""
    files = protected_files()
    secret = next((file for file in files if Path(paths.SECRETS) in Path(file).parents), paths.CONFIGURATION)
    text = OWN_CONFIGURATION.format(log=attacker.write("own.log", ""), user=attacker.who.pw_name, secret=secret)
    own = attacker.write("own.toml", text)
    done = attacker.run(str(SENDMAIL), "-C", own, "-bt", "postmaster@selftest.invalid")
    refused = f"{secret}: cannot be read:".encode()
    return [] if done.status != 0 and refused in done.stdout + done.stderr else [f"sendmail -C with {secret}"]


PROOFS = (
    Proof("files", "user {user} cannot read the configuration or a secret, by any name or link", read),
    Proof("files", "user {user} can neither write nor replace them", change),
    Proof("files", "user {user}'s own configuration (-C) cannot reach a secret", have_it_read),
)

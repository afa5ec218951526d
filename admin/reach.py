"""Check that a send can use a file and that others cannot change it, for root's files and a user's own."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from admin.accounts import helper_rights
from helper.failure import ConfigError
from helper.privileged import paths, protected_files
from helper.privileged.accounts import account
from helper.privileged.protected_files import Owner

ACTIONS = {os.R_OK: ("read", "r"), os.W_OK: ("written", "w"), os.X_OK: ("executed", "x")}


def refuse_open(path: str, unreadable_by: int, owner: Owner) -> None:
    """Raise ConfigError for a file that users other than its owner can write, replace or, by these bits, read."""
    try:
        protected_files.refuse_unsafe(path, os.stat(path), unreadable_by, owner)
        protected_files.refuse_unsafe_directories(path, owner)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None


def refuse_beyond_sends(path: str, how: int, owner: Owner) -> None:
    """Raise ConfigError for a file that sends cannot use, or for the first directory above it that they cannot enter.

    The kernel decides. For root's files it is asked with the helper's rights.
    """
    if not owner.is_root:
        refuse_beyond_caller(path, how)
        return
    with helper_rights():
        if os.access(path, how, effective_ids=True):
            return
        directories = (str(each) for each in reversed(Path(path).parents))
        closed = next((each for each in directories if not os.access(each, os.X_OK, effective_ids=True)), None)
    name = account(paths.SERVICE_USER).pw_name
    if closed is not None:
        group = f"chgrp {name} {shlex.quote(closed)} && chmod g+x {shlex.quote(closed)}"
        raise ConfigError(closed, f"{name} cannot enter this directory: {group}")
    done, bit = ACTIONS[how]
    place = shlex.quote(path)
    raise ConfigError(path, f"cannot be {done} by {name}: chgrp {name} {place} && chmod g+{bit} {place}")


def refuse_beyond_caller(path: str, how: int) -> None:
    """Raise ConfigError for a file that its own user cannot use."""
    if not os.access(path, how):
        done, bit = ACTIONS[how]
        raise ConfigError(path, f"cannot be {done} by you: chmod u+{bit} {shlex.quote(path)}")


def is_open_to_all(path: str, how: int) -> bool:
    """Return whether every user may do this with a file and enter the directories above it."""
    if os.stat(path).st_mode & how != how:  # R_OK and X_OK are the bits of others
        return False
    return path == "/" or is_open_to_all(os.path.dirname(path), os.X_OK)

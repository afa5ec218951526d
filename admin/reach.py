"""Reach: may a send use a file, and may others change it? The same for root's files and for a user's own."""

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
    """Raise ConfigError for a file that others than its owner can write, exchange or, by these bits, read."""
    try:
        protected_files.refuse_unsafe(path, os.stat(path), unreadable_by, owner)
        protected_files.refuse_unsafe_directories(path, owner)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None


def refuse_beyond_sends(path: str, how: int, owner: Owner) -> None:
    """Raise ConfigError for a file that is kept from sends, or for the first directory on the way that is.

    The kernel is asked, for root's files with the helper's rights.
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
        raise ConfigError(closed, f"cannot be entered by {name}: {group}")
    done, bit = ACTIONS[how]
    place = shlex.quote(path)
    raise ConfigError(path, f"cannot be {done} by {name}: chgrp {name} {place} && chmod g+{bit} {place}")


def refuse_beyond_caller(path: str, how: int) -> None:
    """Raise ConfigError for a file that is kept from its own user."""
    if not os.access(path, how):
        done, bit = ACTIONS[how]
        raise ConfigError(path, f"cannot be {done} by you: chmod u+{bit} {shlex.quote(path)}")


def is_open_to_all(path: str, how: int) -> bool:
    """Say whether everybody may do this with a file, and enter the directories on the way."""
    if os.stat(path).st_mode & how != how:  # R_OK and X_OK are the bits of others
        return False
    return path == "/" or is_open_to_all(os.path.dirname(path), os.X_OK)

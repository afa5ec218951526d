"""gatepost check by an ordinary user: examine the files that the user's own sends read.

Every fault is reported, not only the first: the content of a file is examined even if its mode is wrong.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator

from admin.configuration import Visit, check_configuration
from admin.finding import OK, WARN, Finding, finding
from admin.machine import OLDEST_PYTHON, check_prctl
from helper.failure import SystemFault
from helper.privileged import paths, protected_files
from helper.unprivileged.own_files import is_bound, own_configuration, owner_of


def check_own(then: Visit) -> Iterator[Finding]:
    """Yield all findings about the caller's own installation; `then` goes on with a configuration."""
    yield finding("interpreter", check_own_interpreter)
    prctl = finding("prctl", check_prctl)
    yield prctl.replace(remedy=f"sudo {prctl.remedy}") if prctl.remedy else prctl
    path = own_configuration()
    if not protected_files.exists(path) and (is_set_id() or is_bound(paths.SOCKET)):
        whose = f"your mail is sent by {paths.CONFIGURATION}, which root can check (sudo gatepost check)"
        yield Finding(OK, "configuration", f"{path} does not exist and is not needed: {whose}")
        return
    if not protected_files.exists(path) and os.access(paths.CONFIGURATION, os.R_OK):
        path = paths.CONFIGURATION  # which a send without privilege reads then, as its caller
    elif is_set_id():
        text = f"{path} is used only by sendmail -C, because {paths.LAUNCHER} has its set-id bit"
        yield Finding(WARN, "configuration", text)
    yield from check_configuration(owner_of(path), then)


def check_own_interpreter() -> str:
    """Check that the interpreter is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        raise SystemFault(f"{sys.executable} is {version}, but Gatepost needs 3.11 or newer")
    return f"{sys.executable} {version}"


def is_set_id() -> bool:
    """Return whether the launcher was installed with a set-id bit."""
    try:
        return bool(os.stat(paths.LAUNCHER).st_mode & (stat.S_ISUID | stat.S_ISGID))
    except OSError:
        return False
